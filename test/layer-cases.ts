/**
 * Layers with random numbers, run on the core and on the float64 reference, and how the two are compared. Every number
 * is exact in float32, so that both compute with the same ones.
 */
import { GRU, LSTM, RNN, type GRUOptions, type LSTMOptions } from '../lib'
import type { RecurrentPass } from '../lib/layers/recurrent-pass'
import type { Tensor } from '../lib/tensor'
import {
  parameterSizes,
  runReference,
  type ReferenceInput,
  type ReferenceOptions,
} from './reference/recurrent'
import { stateSize } from './reference/parameters'
import { Rng } from './reference/rng'

/** What a case is; everything that has a default is optional. */
export interface Form extends ReferenceOptions {
  readonly T: number
  readonly B: number
  readonly lengths?: readonly number[]
  /** Whether h0 and c0 are given; true unless told. */
  readonly states?: boolean
  /** Options of the layer that the reference has no word for. */
  readonly more?: Partial<LSTMOptions & GRUOptions>
}

/** Named arrays: results, or gradients as `d.input`, `d.weight_ih_l0`. */
export type Named = Record<string, ArrayLike<number>>

export type Layer = LSTM | GRU | RNN

/** The numbers of a case. */
export interface Drawn {
  readonly form: Form
  readonly parameters: Record<string, Float64Array>
  readonly input: Float64Array
  readonly h0: Float64Array | undefined
  readonly c0: Float64Array | undefined
  readonly gradients: { output: Float64Array; hn: Float64Array; cn: Float64Array }
}

/**
 * How far every unit must be from a bend of its function (relu at 0, c at its bound), so that the core has it on the
 * same side as the reference: a hundred roundings of numbers of size 1.
 */
const MARGIN = 100 * 2 ** -24

/** Draws a case; where a unit comes too near a bend, the next seed's. */
export function draw(form: Form, seed = 1): Drawn {
  for (let next = seed; ; next += 1000) {
    const drawn = drawNumbers(form, next)
    if (form.cellClip === undefined && form.nonlinearity !== 'relu') return drawn
    const { T, B, lengths } = form
    const { parameters, input, h0, c0 } = drawn
    if (runReference(form, parameters, { T, B, input, h0, c0, lengths }).margin >= MARGIN) return drawn
  }
}

function drawNumbers(form: Form, seed: number): Drawn {
  const rng = new Rng(seed)
  const { kind, inputSize, hiddenSize, T, B, numLayers = 1, bidirectional = false, states = true } = form
  const dirs = bidirectional ? 2 : 1
  const outputSize = stateSize(form)
  const [hSize, cSize] = [outputSize, hiddenSize].map((size) => numLayers * dirs * B * size) as [
    number,
    number,
  ]
  // About 1/√(fan-in), so that gates neither saturate nor idle, whatever the sizes.
  // Peepholes are weaker: a c that opens its own forget gate wide would grow with every step.
  const scaleOf = (name: string): number => {
    if (name.startsWith('weight_peephole')) return 0.3
    return name.startsWith('weight_ih') ? 1 / Math.sqrt(inputSize) : 1.2 / Math.sqrt(hiddenSize)
  }
  return {
    form,
    parameters: Object.fromEntries(
      parameterSizes(form).map(([name, n]) => [
        name,
        name.startsWith('norm_weight')
          ? rng.normals(n, 0.3).map((gain) => Math.fround(1 + gain))
          : rng.normals(n, scaleOf(name)),
      ]),
    ),
    input: rng.normals(T * B * inputSize),
    h0: states ? rng.normals(hSize, 0.6) : undefined,
    c0: states && kind === 'LSTM' ? rng.normals(cSize, 0.6) : undefined,
    gradients: {
      output: rng.normals(T * B * dirs * outputSize),
      hn: rng.normals(hSize),
      cn: rng.normals(kind === 'LSTM' ? cSize : 0),
    },
  }
}

export const f32 = (data: ArrayLike<number>, shape: readonly number[]): Tensor => ({
  data: Float32Array.from(data),
  shape: [...shape],
})

/** The shapes of a case's tensors. */
export function shapesOf({ form }: Drawn) {
  const { inputSize, hiddenSize, T, B, numLayers = 1, bidirectional = false, batchFirst = false } = form
  const dirs = bidirectional ? 2 : 1
  const lead = batchFirst ? [B, T] : [T, B]
  return {
    input: [...lead, inputSize],
    output: [...lead, dirs * stateSize(form)],
    h: [numLayers * dirs, B, stateSize(form)],
    c: [numLayers * dirs, B, hiddenSize],
  }
}

/** A layer with the case's parameters. It takes the instruction set that is in use now. */
export function makeLayer({ form, parameters }: Drawn): Layer {
  const {
    kind,
    inputSize,
    hiddenSize,
    numLayers = 1,
    bidirectional = false,
    batchFirst = false,
    bias = true,
  } = form
  const common = { inputSize, hiddenSize, numLayers, bidirectional, batchFirst, bias, ...form.more }
  const layer = madeOf(kind, form, common)
  for (const { name, value } of layer.parameters()) value.data.set(parameters[name]!)
  return layer
}

function madeOf(kind: Form['kind'], form: Form, common: LSTMOptions & GRUOptions): Layer {
  const { projSize, peepholes, coupledInputForget, cellClip, layerNorm, resetBefore, nonlinearity } = form
  if (kind === 'RNN') return new RNN({ ...common, ...(nonlinearity && { nonlinearity }) })
  if (kind === 'GRU') {
    return new GRU({ ...common, resetAfter: resetBefore !== true, ...(layerNorm && { layerNorm }) })
  }
  return new LSTM({
    ...common,
    ...(projSize && { projSize }),
    ...(peepholes && { peepholes }),
    ...(coupledInputForget && { coupledInputForget }),
    ...(cellClip && { cellClip }),
    ...(layerNorm && { layerNorm }),
  })
}

/** The options of a forward pass of the case. */
export function passOptions(drawn: Drawn) {
  const { h, c } = shapesOf(drawn)
  const { h0, c0, form } = drawn
  return {
    ...(h0 && { h0: f32(h0, h) }),
    ...(c0 && { c0: f32(c0, c) }),
    ...(form.lengths && { lengths: form.lengths }),
  }
}

export function forward(layer: Layer, drawn: Drawn): RecurrentPass {
  return layer.forward(f32(drawn.input, shapesOf(drawn).input), passOptions(drawn))
}

/** What a pass gave, copied. */
export function resultsOf(result: { output: Tensor; hn: Tensor; cn?: Tensor }): Named {
  return {
    output: result.output.data.slice(),
    hn: result.hn.data.slice(),
    ...(result.cn && { cn: result.cn.data.slice() }),
  }
}

/** The case's gradients of a pass's results. */
export function outputGradients(drawn: Drawn) {
  const shapes = shapesOf(drawn)
  const { output, hn, cn } = drawn.gradients
  return {
    output: f32(output, shapes.output),
    hn: f32(hn, shapes.h),
    ...(drawn.form.kind === 'LSTM' && { cn: f32(cn, shapes.c) }),
  }
}

/** Runs a pass back; gives the gradients of what went in, and those that the layer's parameters have now. */
export function backward(pass: RecurrentPass, layer: Layer, drawn: Drawn): Named {
  const { input, h0, c0 } = pass.backward(outputGradients(drawn))
  return {
    'd.input': input.data,
    'd.h0': h0.data,
    ...(c0 && { 'd.c0': c0.data }),
    ...gradientsOf(layer),
  }
}

/** Copies of the gradients of a layer's parameters. */
export function gradientsOf(layer: { parameters: Layer['parameters'] }): Named {
  return Object.fromEntries(layer.parameters().map(({ name, grad }) => [`d.${name}`, grad.data.slice()]))
}

export function zeroGradients(layer: { parameters: Layer['parameters'] }): void {
  for (const { grad } of layer.parameters()) grad.data.fill(0)
}

/** Everything that a fresh layer gives for the case: results and all gradients. */
export function runAll(drawn: Drawn): Named {
  const layer = makeLayer(drawn)
  const pass = forward(layer, drawn)
  return { ...resultsOf(pass), ...backward(pass, layer, drawn) }
}

/** The masks of a pass's noise, as the reference takes them. */
export type Noise = Pick<ReferenceInput, 'dropout' | 'zoneout'>

/** The same from the reference. */
export function referenceOf(drawn: Drawn, noise: Noise = {}): Named {
  const { form, parameters, input, h0, c0, gradients } = drawn
  const lstm = form.kind === 'LSTM'
  const { T, B, lengths } = form
  const pass = runReference(form, parameters, { T, B, input, h0, c0, lengths, ...noise })
  if (pass.margin < MARGIN) throw new Error(`a bend is ${pass.margin} away: take another seed`)
  const back = pass.backward(gradients)
  return {
    output: pass.output,
    hn: pass.hn,
    ...(lstm && { cn: pass.cn }),
    'd.input': back.input,
    'd.h0': back.h0,
    ...(lstm && { 'd.c0': back.c0 }),
    ...Object.fromEntries(Object.entries(back.parameters).map(([name, data]) => [`d.${name}`, data])),
  }
}

/** The names of arrays whose bits differ, with the first place; empty where all are the same, NaN included. */
export function differentBits(actual: Named, expected: Named): string[] {
  const names = new Set([...Object.keys(actual), ...Object.keys(expected)])
  const { is } = Object // a look-up of a global is slow in a test's context
  return [...names].flatMap((name) => {
    const [a, b] = [actual[name], expected[name]]
    if (a?.length !== b?.length || !a || !b) return [`${name}: lengths ${a?.length} and ${b?.length}`]
    for (let i = 0; i < a.length; i++) {
      if (!is(a[i], b[i])) return [`${name}[${i}]: ${a[i]} and ${b[i]}`]
    }
    return []
  })
}
