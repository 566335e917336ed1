/** A layer in words: its kind and options, as plain data that JSON and messages take. */
import type { Tensor } from '../tensor.js'

/** The layers that can be told so. */
export const LAYER_KINDS = ['LSTM', 'GRU', 'RNN', 'Linear'] as const

export type LayerKind = (typeof LAYER_KINDS)[number]

export interface LayerDefinition {
  readonly kind: LayerKind
  /** Those that were given, but for what only says the first values. */
  readonly options: Readonly<Record<string, unknown>>
}

/** What a layer's next call depends on beside its parameters. */
export interface LayerMemory {
  /** Where the generator of its noise is. */
  readonly random: readonly number[]
  /** Where it is stateful: the states that the last call ended with. */
  readonly h?: Tensor
  readonly c?: Tensor
}

const OF_FIRST_VALUES = ['weights', 'init', 'forgetBias']

/** @param options checked ones, of which all that stays are numbers, words and truth values */
export function defineLayer(kind: string, options: object): LayerDefinition {
  const kept = Object.entries(options).filter(([name]) => !OF_FIRST_VALUES.includes(name))
  return Object.freeze({ kind: kind as LayerKind, options: Object.freeze(Object.fromEntries(kept)) })
}
