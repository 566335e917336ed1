/**
 * A subject as an ONNX model: a node LSTM or GRU for every layer (https://onnx.ai/onnx/operators/onnx__LSTM.html), and between
 * them what brings the directions side by side.
 */
import type { Cell, Subject } from '../cases.js'
import type { Tensors } from './serve.js'

/** The little of onnx-proto that is used. */
export interface OnnxProto {
  readonly onnx: {
    readonly ModelProto: {
      create(fields: object): object
      encode(model: object): { finish(): Uint8Array }
    }
  }
}

/** onnx.proto's numbers. */
const [FLOAT, INT32, INT64] = [1, 6, 7]
const [ATTRIBUTE_INT, ATTRIBUTE_STRING, ATTRIBUTE_INTS] = [2, 3, 7]
const IR_VERSION = 8
const OPSET = 14

/** Which of PyTorch's gates stand where in ONNX: i, f, g, o become i, o, f, c, and r, z, n become z, r, h. */
const GATES: Readonly<Record<Cell, readonly number[]>> = { LSTM: [0, 3, 1, 2], GRU: [1, 0, 2] }

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array | BigInt64Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength)

const integer = (name: string, i: number) => ({ name, i, type: ATTRIBUTE_INT })
const text = (name: string, s: string) => ({ name, s: Buffer.from(s), type: ATTRIBUTE_STRING })
const integers = (name: string, ints: readonly number[]) => ({ name, ints, type: ATTRIBUTE_INTS })

/** A dimension by its size, or by a name. */
function value(name: string, elemType: number, dims: readonly (number | string)[]) {
  const dim = dims.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }))
  return { name, type: { tensorType: { elemType, shape: { dim } } } }
}

/**
 * The model's bytes. Inputs: `x`, with lengths `lengths` [B], and with `states` `h0` and `c0`. Outputs: `output`, and for
 * layer l `hn{l}` and `cn{l}` [directions, B, H].
 */
export function onnxModel(
  { onnx }: OnnxProto,
  subject: Subject,
  tensors: Tensors,
  states: boolean,
): Uint8Array {
  const { cell, T, B, I, H, layers, bidirectional, lengths } = subject
  const suffixes = bidirectional ? ['', '_reverse'] : ['']
  const D = suffixes.length
  const G = GATES[cell].length * H
  const initializer: object[] = []
  const node: object[] = []
  const constant = (name: string, dims: readonly number[], data: Float32Array) =>
    initializer.push({ name, dims, dataType: FLOAT, rawData: bytesOf(data) })

  /** PyTorch's arrays of all directions, gates in ONNX's order. */
  const gathered = (names: readonly string[], row: number): Float32Array => {
    const all = new Float32Array(names.length * G * row)
    names.forEach((name, at) => {
      const { data } = tensors[name] as { data: Float32Array }
      GATES[cell].forEach((gate, to) =>
        all.set(data.subarray(gate * H * row, (gate + 1) * H * row), (at * G + to * H) * row),
      )
    })
    return all
  }

  let x = 'x'
  for (let layer = 0; layer < layers; layer++) {
    const width = layer === 0 ? I : D * H
    const all = (name: string): string[] => suffixes.map((suffix) => `${name}_l${layer}${suffix}`)
    constant(`W${layer}`, [D, G, width], gathered(all('weight_ih'), width))
    constant(`R${layer}`, [D, G, H], gathered(all('weight_hh'), H))
    const biases = suffixes.flatMap((suffix) =>
      ['bias_ih', 'bias_hh'].map((name) => `${name}_l${layer}${suffix}`),
    )
    constant(`B${layer}`, [D, 2 * G], gathered(biases, 1))
    node.push({
      opType: cell,
      input: [
        x,
        `W${layer}`,
        `R${layer}`,
        `B${layer}`,
        lengths === undefined ? '' : 'lengths',
        ...(states ? ['h0', ...(cell === 'LSTM' ? ['c0'] : [])] : []),
      ],
      output: [`Y${layer}`, `hn${layer}`, ...(cell === 'LSTM' ? [`cn${layer}`] : [])],
      attribute: [
        integer('hidden_size', H),
        text('direction', bidirectional ? 'bidirectional' : 'forward'),
        // PyTorch's GRU, where the reset gate comes after the product.
        ...(cell === 'GRU' ? [integer('linear_before_reset', 1)] : []),
      ],
    })
    // [T, D, B, H] → [T, B, D·H]
    const last = layer === layers - 1
    const next = last ? 'output' : `x${layer + 1}`
    node.push(
      {
        opType: 'Transpose',
        input: [`Y${layer}`],
        output: [`Z${layer}`],
        attribute: [integers('perm', [0, 2, 1, 3])],
      },
      { opType: 'Reshape', input: [`Z${layer}`, 'flat'], output: [next] },
    )
    x = next
  }
  initializer.push({
    name: 'flat',
    dims: [3],
    dataType: INT64,
    rawData: bytesOf(new BigInt64Array([0n, 0n, -1n])),
  })

  const state = (name: string) => value(name, FLOAT, [D, B, H])
  const ofLayers = (name: string) => Array.from({ length: layers }, (_, layer) => state(`${name}${layer}`))
  const model = onnx.ModelProto.create({
    irVersion: IR_VERSION,
    opsetImport: [{ domain: '', version: OPSET }],
    graph: {
      name: 'subject',
      node,
      initializer,
      input: [
        value('x', FLOAT, [T, B, I]),
        ...(lengths === undefined ? [] : [value('lengths', INT32, [B])]),
        ...(states ? [state('h0'), ...(cell === 'LSTM' ? [state('c0')] : [])] : []),
      ],
      output: [
        value('output', FLOAT, [T, B, D * H]),
        ...ofLayers('hn'),
        ...(cell === 'LSTM' ? ofLayers('cn') : []),
      ],
    },
  })
  return onnx.ModelProto.encode(model).finish()
}
