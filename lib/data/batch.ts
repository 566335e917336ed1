/**
 * What training is fed with. A source gives an epoch's batches in an order that depends on nothing but the epoch, so that
 * a run that is resumed sees what it would have seen.
 */
import type { Tensor } from '../tensor.js'

/** Classes, one for each place of a prediction: any integer array, bare or with a shape. */
export type ClassTargets =
  | ArrayLike<number>
  | {
      /** Row-major. */
      readonly data: ArrayLike<number>
      /** The prediction's, without its axis of classes. */
      readonly shape: readonly number[]
    }

/** What one step of training takes. */
export interface Batch {
  /** [T, B, I], or [B, T, I] for a model that is `batchFirst`. */
  readonly input: Tensor
  /** What the loss takes beside the prediction. */
  readonly target: Tensor | ClassTargets
  /** Steps of each sequence, B whole numbers from 1 to T; all T unless told. */
  readonly lengths?: ArrayLike<number>
}

/** Batches, an epoch at a time. */
export interface BatchSource {
  /** Batches of an epoch; undefined where that is not known ahead. */
  readonly length?: number
  /**
   * The batches of an epoch, the same at every call for the same epoch.
   *
   * @param epoch from 0 on
   * @param from so many batches are left out, as a resumed run has seen them
   */
  batches(epoch: number, from?: number): Iterable<Batch> | AsyncIterable<Batch>
}
