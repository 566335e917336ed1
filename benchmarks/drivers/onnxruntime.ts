/** ONNX Runtime: inference and streams. */
import type { Mode, Subject } from '../cases.js'
import { INPUT } from '../protocol.js'
import { onnxModel, type OnnxProto } from './onnx-model.js'
import { peer, serve, type Row, type Tensor, type Tensors } from './serve.js'

/** The little of onnxruntime-node that is used. */
interface OrtTensor {
  readonly data: Float32Array
  readonly dims: readonly number[]
}
interface Session {
  run(feeds: Record<string, OrtTensor>): Promise<Record<string, OrtTensor>>
  release(): Promise<void>
}
interface Ort {
  readonly env: { readonly versions: { readonly node?: string; readonly common: string } }
  readonly InferenceSession: { create(model: Uint8Array, options: object): Promise<Session> }
  readonly Tensor: new (type: string, data: Float32Array | Int32Array, dims: readonly number[]) => OrtTensor
}

interface Loaded {
  readonly ort: Ort
  readonly proto: OnnxProto
}

const toOurs = ({ data, dims }: OrtTensor): Tensor => ({ data, shape: dims })

/** hn0, hn1, … of the layers as one [layers·directions, B, H]. */
function stacked(found: Record<string, OrtTensor>, name: string, { B, H, layers }: Subject): Tensor {
  const parts = Array.from({ length: layers }, (_, layer) => (found[`${name}${layer}`] as OrtTensor).data)
  const data = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0))
  parts.forEach((part, layer) => data.set(part, layer * part.length))
  return { data, shape: [data.length / (B * H), B, H] }
}

const rowOf =
  ({ ort, proto }: Loaded) =>
  async (subject: Subject, tensors: Tensors, mode: Mode, threads: number): Promise<Row | string> => {
    if (mode === 'train') return 'inference only'
    const { cell, B, H, lengths } = subject
    const session = await ort.InferenceSession.create(onnxModel(proto, subject, tensors, mode === 'stream'), {
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      graphOptimizationLevel: 'all',
    })
    const { data, shape } = tensors[INPUT] as Tensor
    const feeds: Record<string, OrtTensor> = { x: new ort.Tensor('float32', data, shape) }
    if (lengths !== undefined) feeds['lengths'] = new ort.Tensor('int32', Int32Array.from(lengths), [B])
    const close = () => session.release()
    if (mode === 'infer') {
      return {
        call: async () => {
          await session.run(feeds)
        },
        results: async () => {
          const found = await session.run(feeds)
          return {
            output: toOurs(found['output'] as OrtTensor),
            hn: stacked(found, 'hn', subject),
            ...(cell === 'LSTM' ? { cn: stacked(found, 'cn', subject) } : {}),
          }
        },
        close,
      }
    }
    const states = ['h', ...(cell === 'LSTM' ? ['c'] : [])]
    const begin = () => {
      for (const name of states)
        feeds[`${name}0`] = new ort.Tensor('float32', new Float32Array(B * H), [1, B, H])
    }
    const step = async () => {
      const found = await session.run(feeds)
      for (const name of states) feeds[`${name}0`] = found[`${name}n0`] as OrtTensor
      return found
    }
    begin()
    return {
      call: async () => {
        await step()
      },
      results: async () => {
        begin()
        return { output: toOurs((await step())['output'] as OrtTensor) }
      },
      close,
    }
  }

async function main(): Promise<void> {
  const loaded = await peer<Loaded>('ONNX Runtime', () => ({
    ort: require('onnxruntime-node') as Ort,
    proto: require('onnx-proto') as OnnxProto,
  }))
  if ('missing' in loaded) return serve({ hello: loaded })
  const { versions } = loaded.ort.env
  await serve({ hello: { version: versions.node ?? versions.common }, row: rowOf(loaded) })
}

void main()
