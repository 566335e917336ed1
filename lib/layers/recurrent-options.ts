/** The options that all recurrent layers share, and how they are checked. */
import { booleanOption, numberOption, requireInteger, requireOptions } from '../shapes.js'

/** Options of `LSTM` and `GRU`, with PyTorch's meanings and defaults. */
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
  /** For first values and dropout: the same seed gives the same bits. Another one every time unless told. */
  seed?: number
}

export type ResolvedOptions = Readonly<Required<Omit<RecurrentOptions, 'seed'>>> & {
  readonly seed: number | undefined
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
] as const

/** Greatest size of one dimension of a layer: products of two of them stay far below 2^53. */
export const MAX_SIZE = 2 ** 20

export function resolveOptions(where: string, value: unknown): ResolvedOptions {
  const given = requireOptions<RecurrentOptions>(where, 'options', value, KNOWN)
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
    dropout: numberOption(where, given, 'dropout', 0, 'a probability from 0 to 1', (p) => p >= 0 && p <= 1),
    bidirectional: booleanOption(where, given, 'bidirectional', false),
    seed: requireSeed(where, given.seed),
  }
}

/** Checks a seed: a whole number from 0 to 2^53 − 1, or undefined. */
export function requireSeed(where: string, seed: number | undefined): number | undefined {
  return seed === undefined
    ? undefined
    : requireInteger(where, 'options.seed', seed, 0, Number.MAX_SAFE_INTEGER)
}
