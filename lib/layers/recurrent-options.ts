/** The options that all recurrent layers share, and how they are checked. */
import { ArgumentError } from '../errors.js'
import { booleanOption, describe, numberOption, requireInteger, requireOptions } from '../shapes.js'
import type { Tensor } from '../tensor.js'
import { requireInit, type Init, type ResolvedInit } from './initialise.js'

/** Options of all recurrent layers, with PyTorch's meanings and defaults where PyTorch has them. */
export interface RecurrentOptions {
  /** Features of the input, I. */
  inputSize: number
  /** Units of each layer and direction, H. */
  hiddenSize: number
  /** Layers in the stack; 1 unless told. */
  numLayers?: number
  /** Whether there are biases; true unless told. */
  bias?: boolean
  /** Whether inputs and outputs are [batch, time, features]; false unless told: [time, batch, features]. */
  batchFirst?: boolean
  /** The probability with which outputs of every layer but the last are zeroed while training; 0 unless told. */
  dropout?: number
  /** Whether each layer also runs from the last step to the first, its outputs beside the other's; false unless told. */
  bidirectional?: boolean
  /** For first values and all that is random: the same seed gives the same bits. Another one every time unless told. */
  seed?: number
  /**
   * The probability with which a unit's h is zeroed on its way into W_hh while training, one draw for a whole sequence,
   * the others scaled by 1/(1 − p) (Gal and Ghahramani 2016). One draw for all gates; Keras may draw for each. 0 unless
   * told.
   */
  recurrentDropout?: number
  /**
   * The probability with which a unit keeps its h of the step before while training; in inference that much of it is
   * kept (Krueger et al. 2017); 0 unless told.
   */
  zoneout?: number
  /**
   * The probability with which a weight of W_hh is zeroed for a whole pass while training, the others scaled by 1/(1 − p)
   * (Wan et al. 2013, Merity et al. 2018); 0 unless told.
   */
  dropConnect?: number
  /** First values; `'pytorch'` unless told. */
  init?: Init
  /** The parameters' values, as `stateDict` gives them, instead of first values. */
  weights?: Record<string, Tensor>
  /** Whether each call goes on from the states that the last one ended with (Keras' `stateful`); false unless told. */
  stateful?: boolean
}

/** The common options, checked and with their defaults. */
export interface ResolvedOptions extends Readonly<
  Required<Omit<RecurrentOptions, 'seed' | 'init' | 'weights'>>
> {
  readonly seed: number | undefined
  readonly init: ResolvedInit
  readonly weights: Record<string, Tensor> | undefined
  /** What only some layers have. */
  readonly own: OwnOptions
}

/** Options that only some layers have, with what stands for their absence. */
export interface OwnOptions {
  /** R; 0 without a projection. */
  readonly projSize: number
  /** Infinity for none. */
  readonly cellClip: number
  readonly zoneoutCell: number
  readonly forgetBias: number | undefined
}

export const NO_OWN_OPTIONS: OwnOptions = {
  projSize: 0,
  cellClip: Infinity,
  zoneoutCell: 0,
  forgetBias: undefined,
}

const KNOWN = [
  'inputSize',
  'hiddenSize',
  'numLayers',
  'bias',
  'batchFirst',
  'dropout',
  'bidirectional',
  'seed',
  'recurrentDropout',
  'zoneout',
  'dropConnect',
  'init',
  'weights',
  'stateful',
] as const

/** Greatest size of one dimension of a layer: products of two of them stay far below 2^53. */
export const MAX_SIZE = 2 ** 20

/** Reads an object of options: those that all layers have, and others that this one has. */
export function readOptions<Options extends RecurrentOptions>(
  where: string,
  value: unknown,
  more: readonly (keyof Options & string)[],
): Partial<Options> {
  return requireOptions<Options>(where, 'options', value, [...KNOWN, ...more])
}

export function resolveOptions(
  where: string,
  given: Partial<RecurrentOptions>,
  own: OwnOptions = NO_OWN_OPTIONS,
): ResolvedOptions {
  const option = (name: keyof RecurrentOptions) => `options.${name}`
  return {
    inputSize: requireInteger(where, option('inputSize'), given.inputSize, 1, MAX_SIZE),
    hiddenSize: requireInteger(where, option('hiddenSize'), given.hiddenSize, 1, MAX_SIZE),
    numLayers:
      given.numLayers === undefined
        ? 1
        : requireInteger(where, option('numLayers'), given.numLayers, 1, 1024),
    bias: booleanOption(where, given, 'bias', true),
    batchFirst: booleanOption(where, given, 'batchFirst', false),
    dropout: probabilityOption(where, given, 'dropout'),
    bidirectional: booleanOption(where, given, 'bidirectional', false),
    seed: requireSeed(where, given.seed),
    recurrentDropout: probabilityOption(where, given, 'recurrentDropout'),
    zoneout: probabilityOption(where, given, 'zoneout'),
    dropConnect: probabilityOption(where, given, 'dropConnect'),
    init: requireInit(where, withoutWeights(where, given, 'init')),
    weights: requireWeights(where, given.weights),
    stateful: booleanOption(where, given, 'stateful', false),
    own,
  }
}

/** Checks that what is given as `weights` can have entries; `loadStateDict` checks those. */
function requireWeights(where: string, weights: unknown): Record<string, Tensor> | undefined {
  if (weights !== undefined && (typeof weights !== 'object' || weights === null)) {
    throw new ArgumentError(where, 'options.weights', 'an object, as stateDict gives it', describe(weights))
  }
  return weights as Record<string, Tensor> | undefined
}

/** An option that says what first values are: refused beside `weights`, which are the values. */
export function withoutWeights<T extends Partial<RecurrentOptions>, Name extends keyof T & string>(
  where: string,
  given: T,
  name: Name,
): T[Name] | undefined {
  const value = given[name]
  if (value !== undefined && given.weights !== undefined) {
    throw new ArgumentError(where, `options.${name}`, 'none beside weights', describe(value))
  }
  return value
}

/** Whether anything happens within the recurrence that the plain cells do not do. */
export function hasNoise(given: Partial<RecurrentOptions>): boolean {
  return [given.recurrentDropout, given.zoneout].some((p) => p !== undefined && p !== 0)
}

/** Reads a probability; 0 unless told. */
export function probabilityOption<T extends object>(
  where: string,
  options: T,
  name: keyof T & string,
): number {
  return numberOption(where, options, name, 0, 'a probability from 0 to 1', (p) => p >= 0 && p <= 1)
}

/** Checks a seed: a whole number from 0 to 2^53 − 1, or undefined. */
export function requireSeed(where: string, seed: number | undefined): number | undefined {
  return seed === undefined
    ? undefined
    : requireInteger(where, 'options.seed', seed, 0, Number.MAX_SAFE_INTEGER)
}
