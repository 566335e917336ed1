/** Small layers of every variant with random numbers, for what the reference itself is held to. */
import {
  parameterSizes,
  runReference,
  type ReferenceInput,
  type ReferenceOptions,
  type ReferenceStates,
} from './recurrent'
import { Rng } from './rng'

/** What a variant is; I = 4, T = 5, B = 3. */
export interface Variant extends Omit<ReferenceOptions, 'inputSize' | 'hiddenSize'> {
  readonly hiddenSize?: number
  readonly lengths?: readonly number[]
  /** Whether there are masks of recurrent dropout. */
  readonly dropout?: boolean
  /** Whether there is zoneout, and of what its masks are: anything between 0 and 1, or one of the two. Projected, of c only. */
  readonly zoneout?: 'shares' | 'choices'
}

/** The numbers of a layer, all of them the caller's to change. */
export interface Drawn {
  readonly options: ReferenceOptions
  parameters: Record<string, Float64Array>
  readonly given: ReferenceInput & Record<'h0' | 'c0', Float64Array>
  /** The gradients of the results, which also are the weights of `scalar`. */
  readonly weights: ReferenceStates
}

export const [T, B, I] = [5, 3, 4] as const

/** The length of h, the number of directions, and that of places. */
export function sizesOf({
  hiddenSize,
  projSize = 0,
  numLayers = 1,
  bidirectional = false,
}: ReferenceOptions) {
  const dirs = bidirectional ? 2 : 1
  return { R: projSize || hiddenSize, H: hiddenSize, dirs, places: numLayers * dirs }
}

export function drawVariant(variant: Variant, seed = 17): Drawn {
  const rng = new Rng(seed)
  const { lengths, dropout = false, zoneout, hiddenSize = 2, ...form } = variant
  const options: ReferenceOptions = { ...form, inputSize: I, hiddenSize }
  const { R, H, dirs, places } = sizesOf(options)
  const C = options.kind === 'LSTM' ? H : 0
  const uniforms = (count: number, value: (u: number) => number): Float64Array[] =>
    Array.from({ length: places }, () => Float64Array.from({ length: count }, () => value(rng.uniform())))
  const share = (u: number): number => (zoneout === 'choices' ? Math.round(u) : u)
  const parameters = parameterSizes(options).map(([name, n]): [string, Float64Array] => [
    name,
    name.startsWith('norm_weight') ? rng.normals(n, 0.3).map((x) => 1 + x) : rng.normals(n, 0.7),
  ])
  return {
    options,
    parameters: Object.fromEntries(parameters),
    given: {
      T,
      B,
      input: rng.normals(T * B * I),
      h0: rng.normals(places * B * R, 0.5),
      c0: rng.normals(places * B * C, 0.5),
      lengths,
      dropout: dropout ? uniforms(B * R, (u) => (u < 0.4 ? 0 : 1 / 0.6)) : undefined,
      zoneout: zoneout && {
        h: R === H ? uniforms(T * B * H, share) : undefined,
        c: C > 0 ? uniforms(T * B * C, share) : undefined,
      },
    },
    weights: {
      output: rng.normals(T * B * dirs * R),
      hn: rng.normals(places * B * R),
      cn: rng.normals(places * B * C),
    },
  }
}

/** Runs a layer; what is in `changes` takes the place of what was drawn. */
export const run = ({ options, parameters, given }: Drawn, changes: Partial<ReferenceInput> = {}) =>
  runReference(options, parameters, { ...given, ...changes })

/** All that a layer computes from, by name. */
export const pointOf = ({ given: { input, h0, c0 }, parameters }: Drawn): Record<string, Float64Array> => ({
  input,
  h0,
  c0,
  ...parameters,
})

/** One number that all results go into, and its gradients by the names of `pointOf`. */
export function scalar(drawn: Drawn): number {
  const pass = run(drawn)
  let sum = 0
  for (const part of ['output', 'hn', 'cn'] as const) {
    for (const [index, value] of pass[part].entries()) sum += value * drawn.weights[part][index]!
  }
  return sum
}

export function gradientsOf(drawn: Drawn): Record<string, Float64Array> {
  const { input, h0, c0, parameters } = run(drawn).backward(drawn.weights)
  return { input, h0, c0, ...parameters }
}
