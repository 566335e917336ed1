/** What a layer of the reference is, and which parameters it then has. */
import type { Weights } from './cells'

/** What a layer is, in the names of the package. */
export interface ReferenceOptions {
  readonly kind: 'LSTM' | 'GRU' | 'RNN'
  readonly inputSize: number
  readonly hiddenSize: number
  readonly numLayers?: number
  readonly bidirectional?: boolean
  readonly batchFirst?: boolean
  readonly bias?: boolean
  /** RNN only; tanh unless told. */
  readonly nonlinearity?: 'tanh' | 'relu'
  /** GRU only: the reset gate acts on h before the product, not after it. */
  readonly resetBefore?: boolean
  /** LSTM only: the length R of h; 0 for none, then h has the length of c. */
  readonly projSize?: number
  /** LSTM only: the gates see c. */
  readonly peepholes?: boolean
  /** LSTM only: f = 1 − i, and no weights for f. */
  readonly coupledInputForget?: boolean
  /** LSTM only: the bound of |c|. */
  readonly cellClip?: number
  /** LSTM and GRU: products, and the LSTM's c before its tanh, are normalised. */
  readonly layerNorm?: boolean
}

/** Numbers by PyTorch's parameter names. */
export type Parameters = Readonly<Record<string, Float64Array>>

/** The length of h. */
export const stateSize = ({ projSize = 0, hiddenSize }: ReferenceOptions): number => projSize || hiddenSize

/** How many vectors of H a product with the input has. */
function gateCount({ kind, coupledInputForget = false }: ReferenceOptions): number {
  if (kind === 'LSTM') return coupledInputForget ? 3 : 4
  return kind === 'GRU' ? 3 : 1
}

/** Options that mean nothing together are errors of the test. */
function refuse(options: ReferenceOptions): void {
  const { kind, layerNorm = false, projSize = 0, peepholes = false, coupledInputForget = false } = options
  const lstmOnly = projSize > 0 || peepholes || coupledInputForget
  const refused: [boolean, string][] = [
    [kind !== 'LSTM' && (lstmOnly || options.cellClip !== undefined), `a variant of the LSTM for ${kind}`],
    [kind !== 'GRU' && options.resetBefore === true, `resetBefore for ${kind}`],
    [kind !== 'RNN' && options.nonlinearity !== undefined, `nonlinearity for ${kind}`],
    [layerNorm && kind === 'RNN', 'layerNorm for RNN'],
    [layerNorm && lstmOnly, 'layerNorm with projection, peepholes or coupled gates'],
    [layerNorm && options.resetBefore === true, 'layerNorm with resetBefore'],
  ]
  for (const [holds, what] of refused) if (holds) throw new Error(`the reference has no ${what}`)
}

/** The names and lengths of a layer's parameters: PyTorch's in its order, then those that it has not. */
export function parameterSizes(options: ReferenceOptions): [string, number][] {
  refuse(options)
  const { kind, inputSize, hiddenSize: H, numLayers = 1, bidirectional = false, bias = true } = options
  const { projSize = 0, peepholes = false, coupledInputForget = false, layerNorm = false } = options
  const R = stateSize(options)
  const GH = gateCount(options) * H
  const sizes: [string, number][] = []
  for (let layer = 0; layer < numLayers; layer++) {
    const width = layer === 0 ? inputSize : (bidirectional ? 2 : 1) * R
    for (const suffix of bidirectional ? ['', '_reverse'] : ['']) {
      const own: [string, number, boolean][] = [
        ['weight_ih', GH * width, true],
        ['weight_hh', GH * R, true],
        ['bias_ih', GH, bias],
        ['bias_hh', GH, bias],
        ['weight_hr', R * H, projSize > 0],
        ['weight_peephole', (coupledInputForget ? 2 : 3) * H, peepholes],
        ['norm_weight_ih', GH, layerNorm],
        ['norm_weight_hh', GH, layerNorm],
        ['norm_weight_c', H, layerNorm && kind === 'LSTM'],
        ['norm_bias_c', H, layerNorm && kind === 'LSTM'],
      ]
      for (const [name, size, has] of own) if (has) sizes.push([`${name}_l${layer}${suffix}`, size])
    }
  }
  return sizes
}

/** The parameters that the layer has, and no others; one that is missing or of another length is an error of the test. */
export function ownParameters(options: ReferenceOptions, parameters: Parameters): Parameters {
  const own = parameterSizes(options).map(([name, size]): [string, Float64Array] => {
    const data = parameters[name]
    if (data?.length !== size) throw new Error(`${name}: expected ${size} numbers, got ${data?.length}`)
    return [name, data]
  })
  return Object.fromEntries(own)
}

/** The weights of one layer and direction, of parameters that are its own; `suffix` names it, as in `0_reverse`. */
export function weightsOf(options: ReferenceOptions, parameters: Parameters, suffix: string): Weights {
  const H = options.hiddenSize
  const GH = gateCount(options) * H
  const own = (name: string): Float64Array | undefined => parameters[`${name}_l${suffix}`]
  const orZeros = (name: string, size: number): Float64Array => own(name) ?? new Float64Array(size)
  return {
    x: { w: own('weight_ih')!, b: orZeros('bias_ih', GH), gain: own('norm_weight_ih') },
    h: { w: own('weight_hh')!, b: orZeros('bias_hh', GH), gain: own('norm_weight_hh') },
    c: { b: orZeros('norm_bias_c', H), gain: own('norm_weight_c') },
    peephole: orZeros('weight_peephole', 3 * H),
    projection: own('weight_hr'),
  }
}
