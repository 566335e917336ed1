/** How examples become batches: the options that all sources share. */
import { booleanOption, requireInteger } from '../shapes.js'

/** Options of every source. */
export interface BatchingOptions {
  /** Examples per batch, B; 32 unless told. */
  batchSize?: number
  /** Whether each epoch has an order of its own; true unless told. Else the order is that of the data. */
  shuffle?: boolean
  /** Of that order, from 0 to 2^32 − 1; 0 unless told. */
  seed?: number
  /** Whether the last batch is left out where it would be smaller; false unless told. */
  dropLast?: boolean
  /** Whether batches are [B, T, …], for a model that is so; false unless told: [T, B, …]. */
  batchFirst?: boolean
}

/** The same with nothing left open. */
export type Batching = Readonly<Required<BatchingOptions>>

/** The names of these options. */
export const BATCHING_OPTIONS = [
  'batchSize',
  'shuffle',
  'seed',
  'dropLast',
  'batchFirst',
] as const satisfies readonly (keyof BatchingOptions)[]

/** Checks the options and fills in what was left open. */
export function readBatching(where: string, options: BatchingOptions): Batching {
  return {
    batchSize: requireInteger(where, 'options.batchSize', options.batchSize ?? 32, 1),
    shuffle: booleanOption(where, options, 'shuffle', true),
    seed: requireInteger(where, 'options.seed', options.seed ?? 0, 0, 2 ** 32 - 1),
    dropLast: booleanOption(where, options, 'dropLast', false),
    batchFirst: booleanOption(where, options, 'batchFirst', false),
  }
}

/** Batches of so many examples. */
export function batchCount(examples: number, { batchSize, dropLast }: Batching): number {
  return dropLast ? Math.floor(examples / batchSize) : Math.ceil(examples / batchSize)
}
