/**
 * Windows on rows of numbers: T rows of inputs, and the target `horizon` rows after the last of them (or after
 * every one of them). Windows are views; a batch of them is copied out time-major, [T, B, I], into memory that
 * the next batch reuses.
 */
import { zeros } from '../tensor.js'
import type { Tensor } from '../tensor.js'

/** Normalised rows: what a model reads, and what it is to forecast. */
export interface Rows {
  readonly features: number
  /** [rows, features], row-major; the target is feature 0. */
  readonly inputs: Float32Array
  /** One target per row. */
  readonly targets: Float32Array
}

/** Inputs [T, B, I] and targets [S, B, 1], where S is T (a target at every step) or 1. */
export interface Batch {
  readonly inputs: Tensor
  readonly targets: Tensor
}

/** The form of every window of a part. */
export interface WindowForm {
  /** Rows of input, T. */
  readonly window: number
  /** Rows from an input to its target; 1 is the next row. */
  readonly horizon: number
  /** Whether every step of a window has a target, or only the last. */
  readonly everyStep: boolean
}

/** The windows of one part of the data. */
export class Windows {
  constructor(
    readonly rows: Rows,
    /** The first row of each window. */
    readonly starts: Int32Array,
    readonly form: WindowForm,
  ) {}

  /** The number of windows. */
  get count(): number {
    return this.starts.length
  }

  /** Targets per window. */
  get targetSteps(): number {
    return this.form.everyStep ? this.form.window : 1
  }

  /** The row of a window's target: of its step `step` where every step has one, else of its only one. */
  targetRow(window: number, step: number): number {
    const { everyStep, horizon, window: steps } = this.form
    return (this.starts[window] ?? 0) + (everyStep ? step : steps - 1) + horizon
  }

  /** Memory for a batch of `size` windows. */
  batch(size: number): Batch {
    return {
      inputs: zeros([this.form.window, size, this.rows.features]),
      targets: zeros([this.targetSteps, size, 1]),
    }
  }

  /** Copies the windows `order[from]`, `order[from + 1]`, … into a batch, as many as it holds. */
  fill(batch: Batch, order: ArrayLike<number>, from: number): void {
    const { features, inputs, targets } = this.rows
    const size = batch.inputs.shape[1] ?? 0
    for (let b = 0; b < size; b++) {
      const window = order[from + b] ?? 0
      const start = this.starts[window] ?? 0
      for (let t = 0; t < this.form.window; t++) {
        for (let i = 0; i < features; i++) {
          batch.inputs.data[(t * size + b) * features + i] = inputs[(start + t) * features + i] ?? 0
        }
      }
      for (let s = 0; s < this.targetSteps; s++) {
        batch.targets.data[s * size + b] = targets[this.targetRow(window, s)] ?? 0
      }
    }
  }
}

/** The starts of all windows that lie, targets included, within the rows `from` to `to` (exclusive). */
export function windowStarts(from: number, to: number, { window, horizon }: WindowForm): Int32Array {
  const count = Math.max(0, to - from - window - horizon + 1)
  return Int32Array.from({ length: count }, (_, index) => from + index)
}

/** The parts of a series or of a set of rows, in time order. */
export type PartName = 'train' | 'validation' | 'test'

/** Every part's name, in time order. */
export const PARTS: readonly PartName[] = ['train', 'validation', 'test']

/** The first row of a part and the row after its last. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** Cuts `rows` into three in order, by the shares of each, which sum to 1. */
export function splitRows(rows: number, shares: readonly [number, number, number]): Record<PartName, Span> {
  const first = Math.round(rows * shares[0])
  const second = Math.round(rows * (shares[0] + shares[1]))
  return {
    train: { from: 0, to: first },
    validation: { from: first, to: second },
    test: { from: second, to: rows },
  }
}
