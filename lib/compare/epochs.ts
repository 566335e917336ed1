/** The contract between the training loop and an optimiser's way through the training part. */
import type { WindowBatch, Windows } from '../data/windows.js'
import type { Parameter } from '../layers/parameter.js'

/** A model whose gradients can be asked for. */
export interface Differentiable {
  parameters(): Parameter[]
  /** The mean squared error of a batch; adds its gradient to every parameter's. */
  addGradients(batch: WindowBatch): number
}

/** One update of the weights is done. */
export interface BatchLoss {
  /** The epoch's loss so far: the mean over its minibatches, or that of LBFGS's last closure. */
  readonly loss: number
  /** Windows that the update saw. */
  readonly windows: number
  /** Its number within the epoch, counted from 1, and how many the epoch has at most. */
  readonly batch: number
  readonly batches: number
  /** Whether it ended the epoch. */
  readonly last: boolean
  /** Seconds of LBFGS's closure: forward and backward over all windows. */
  readonly closureSeconds?: number
}

/** Endless epochs, one value per update: the caller decides when to go on, and when it is enough. */
export type Epochs = Generator<BatchLoss, never, void>

/** What an optimiser needs to know. */
export interface EpochPlan {
  readonly lr: number
  /** Windows per batch. */
  readonly batch: number
  readonly seed: number
}

/** The numbers 0 to the count of windows. */
export function inOrder(windows: Windows): Int32Array {
  return Int32Array.from({ length: windows.count }, (_, index) => index)
}
