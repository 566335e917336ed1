/** How far a training is: plain data, of which a checkpoint keeps all. */

/** Sums over the batches of an epoch so far. */
export interface EpochSums {
  /** Losses times sequences. */
  readonly loss: number
  /** Sequences. */
  readonly size: number
  /** Norms of the gradients. */
  readonly gradNorm: number
  readonly steps: number
  readonly skipped: number
  readonly seconds: number
}

export const EMPTY_EPOCH: EpochSums = { loss: 0, size: 0, gradNorm: 0, steps: 0, skipped: 0, seconds: 0 }

export interface Position {
  /** The present epoch, from 0, and the batches of it that are done. */
  readonly epoch: number
  readonly batch: number
  /** Of the optimiser, in all epochs. */
  readonly steps: number
  /** Batches left out, in all epochs. */
  readonly skipped: number
  readonly sums: EpochSums
}
