/** First values of parameters: which scheme each parameter gets, and the cut into gates. */
import { ArgumentError } from '../errors.js'
import { Random } from '../random.js'
import { describe, requireOneOf, requireOptions } from '../shapes.js'
import { fillNormal, fillUniform } from './init-schemes.js'
import { fillOrthogonal } from './orthogonal.js'
import { ParameterValue } from './parameter-value.js'
import type { Parameter } from './parameter.js'

/**
 * How a weight's first values are drawn, for each gate's rows [H, columns] by itself. `weight_hr…` [P, H] is one gate.
 *
 * - `uniform`: in ±1/√H, as in PyTorch's recurrent layers
 * - `xavierUniform`: in ±√(6 / (columns + rows)); `xavierNormal`: of variance 2 / (columns + rows) (X. Glorot, Y. Bengio,
 *   "Understanding the difficulty of training deep feedforward neural networks", 2010)
 * - `orthogonal`: orthonormal rows, or columns where those are fewer (Saxe et al. 2013)
 * - `zeros`
 */
export type Initializer = 'uniform' | 'xavierUniform' | 'xavierNormal' | 'orthogonal' | 'zeros'

/** First values by the part that a parameter plays; what is left out is `uniform`. */
export interface InitOptions {
  /** The weights of the input, `weight_ih…`. */
  input?: Initializer
  /** The weights of the state, `weight_hh…`, and of the projection, `weight_hr…`. */
  recurrent?: Initializer
  /** All biases. */
  bias?: 'uniform' | 'zeros'
}

/**
 * First values. `pytorch`: all uniform in ±1/√H. `keras`: `xavierUniform` for the input, `orthogonal` for the state,
 * biases zero but for the forget gate's, where there is one, which are 1 unless told.
 *
 * Each gate's rows count as a matrix of their own, so that bounds and orthogonality are those of one gate's sum;
 * Keras itself takes them of all gates together.
 */
export type Init = 'pytorch' | 'keras' | InitOptions

/** A checked `Init`, with its defaults. */
export interface ResolvedInit extends Readonly<Required<InitOptions>> {
  /** The forget gate's bias unless told; undefined where `bias` says it. */
  readonly forgetBias: number | undefined
}

/** What is to be known of a cell to give its parameters first values. */
export interface GateForm {
  /** Gates: row blocks of weights and biases. */
  readonly gates: number
  /** Units, H. */
  readonly hiddenSize: number
  /** The forget gate's place among the row blocks; undefined for a cell without one. */
  readonly forgetGate: number | undefined
}

const INITIALIZERS = ['uniform', 'xavierUniform', 'xavierNormal', 'orthogonal', 'zeros'] as const

const PYTORCH: ResolvedInit = {
  input: 'uniform',
  recurrent: 'uniform',
  bias: 'uniform',
  forgetBias: undefined,
}

const KERAS: ResolvedInit = { input: 'xavierUniform', recurrent: 'orthogonal', bias: 'zeros', forgetBias: 1 }

/** A layer's generator: of the given seed, or of one that nobody knows. */
export function randomOf(seed: number | undefined): Random {
  return new Random(seed ?? Math.floor(Math.random() * 2 ** 53))
}

/** PyTorch's default for recurrent and linear layers: every parameter uniform in ±1/√size. */
export function initialiseUniform(parameters: readonly Parameter[], size: number, random: Random): void {
  const bound = 1 / Math.sqrt(size)
  for (const { value } of parameters) fillUniform(ParameterValue.write(value), bound, random)
}

/**
 * Reads the option `init`; undefined is `pytorch`.
 *
 * @throws ArgumentError where it is no known name and no object of known schemes
 */
export function requireInit(where: string, value: unknown): ResolvedInit {
  if (value === undefined || value === 'pytorch') return PYTORCH
  if (value === 'keras') return KERAS
  if (typeof value !== 'object' || value === null) {
    const expected = `'pytorch', 'keras' or an object with input, recurrent and bias`
    throw new ArgumentError(where, 'options.init', expected, describe(value))
  }
  const given = requireOptions<InitOptions>(where, 'options.init', value, ['input', 'recurrent', 'bias'])
  const scheme = <T extends Initializer>(name: keyof InitOptions, known: readonly (T | 'uniform')[]) =>
    given[name] === undefined ? 'uniform' : requireOneOf(where, `options.init.${name}`, given[name], known)
  return {
    input: scheme('input', INITIALIZERS),
    recurrent: scheme('recurrent', INITIALIZERS),
    bias: scheme('bias', ['uniform', 'zeros']),
    forgetBias: undefined,
  }
}

/**
 * Gives a recurrent layer's parameters their first values, drawn in their order, block by block and row by row. Which
 * part a parameter plays is told by its name: `norm_weight…` are ones and `norm_bias…` zeros whatever the scheme, and
 * what the scheme does not speak of (`weight_peephole…`) is uniform.
 *
 * @param forgetBias what the forget gate's two biases add up to, all in `bias_ih…` (F. Gers et al. 2000; R. Jozefowicz
 *   et al., "An empirical exploration of recurrent network architectures", 2015); where undefined, what the scheme
 *   says. It replaces numbers that were drawn, so all others are the same with and without it
 */
export function initialiseRecurrent(
  parameters: readonly Parameter[],
  form: GateForm,
  init: ResolvedInit,
  forgetBias: number | undefined,
  random: Random,
): void {
  const { gates, hiddenSize, forgetGate } = form
  const ofForget = forgetBias ?? init.forgetBias
  for (const { name, value } of parameters) {
    const data = ParameterValue.write(value)
    const isGated = name.startsWith('weight_ih') || name.startsWith('weight_hh')
    const size = isGated ? data.length / gates : data.length
    const columns = value.shape[1] ?? 1
    for (let from = 0; from < data.length; from += size) {
      fill(data.subarray(from, from + size), columns, schemeOf(name, init), hiddenSize, random)
    }
    if (name.startsWith('bias_') && forgetGate !== undefined && ofForget !== undefined) {
      const first = forgetGate * hiddenSize
      data.fill(name.startsWith('bias_ih') ? ofForget : 0, first, first + hiddenSize)
    }
  }
}

function schemeOf(name: string, init: ResolvedInit): Initializer | 'ones' {
  if (name.startsWith('weight_ih')) return init.input
  if (name.startsWith('weight_hh') || name.startsWith('weight_hr')) return init.recurrent
  if (name.startsWith('bias_')) return init.bias
  if (name.startsWith('norm_weight')) return 'ones'
  return name.startsWith('norm_bias') ? 'zeros' : 'uniform'
}

/** Fills one block [rows, columns], rows of which are the outputs of a sum over the columns. */
function fill(
  block: Float32Array,
  columns: number,
  scheme: Initializer | 'ones',
  hiddenSize: number,
  random: Random,
): void {
  const rows = block.length / columns
  switch (scheme) {
    case 'uniform':
      fillUniform(block, 1 / Math.sqrt(hiddenSize), random)
      break
    case 'xavierUniform':
      fillUniform(block, Math.sqrt(6 / (columns + rows)), random)
      break
    case 'xavierNormal':
      fillNormal(block, Math.sqrt(2 / (columns + rows)), random)
      break
    case 'orthogonal':
      fillOrthogonal(block, rows, columns, random)
      break
    case 'zeros':
      block.fill(0)
      break
    case 'ones':
      block.fill(1)
  }
}
