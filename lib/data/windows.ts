/**
 * Windows on series: T rows of inputs, and targets that lie behind the last of them (or behind every one of them). The
 * series stand in memory once, as they came; a batch of windows is gathered out of them, scaled on the way.
 */
import { zeros } from '../tensor.js'
import type { Tensor } from '../tensor.js'
import { normalise } from './scaler.js'
import type { Scale } from './scaler.js'
import type { Column } from './series.js'

/** The form of every window. */
export interface WindowForm {
  /** Rows of input, T. */
  readonly window: number
  /** Rows from an input to its first target; 1 is the next row. */
  readonly lead: number
  /** Rows with a target, one after another, H. */
  readonly horizon: number
  /** Whether every step of a window has its targets, or only the last. */
  readonly everyStep: boolean
}

/** One number per step: a column's value at the step's row, or so many rows later. */
export interface Read {
  readonly values: Column
  readonly ahead: number
  readonly scale: Scale
}

/** A series, ready to be read: what a step takes, what it is to forecast, and where windows may begin. */
export interface ReadableSeries {
  readonly inputs: readonly (Read | number)[]
  readonly targets: readonly Read[]
  /** The first row of each window, ascending. */
  readonly starts: Int32Array
}

/** Inputs [T, B, I] and targets [T, B, O] (at every step) or [B, O]; [B, T, …] where the batch comes first. */
export interface WindowBatch {
  readonly inputs: Tensor
  readonly targets: Tensor
}

/** Rows that a window needs, its targets included. */
export function rowsNeeded({ window, lead, horizon }: WindowForm): number {
  return window + lead + horizon - 1
}

/** The starts of all windows that lie, targets included, within the rows `from` to `to` (exclusive). */
export function windowStarts(from: number, to: number, form: WindowForm): Int32Array {
  const count = Math.max(0, to - from - rowsNeeded(form) + 1)
  return Int32Array.from({ length: count }, (_, index) => from + index)
}

/** The windows of one part of the data, over one series or several of the same columns. */
export class Windows {
  /** The number of windows. */
  readonly count: number
  /** Numbers per step, I. */
  readonly features: number
  /** Targets per window, or per step where every one has them, O. */
  readonly outputs: number
  // The number of the first window of each series.
  readonly #firsts: Int32Array

  constructor(
    readonly series: readonly ReadableSeries[],
    readonly form: WindowForm,
    readonly batchFirst = false,
  ) {
    this.features = series[0]?.inputs.length ?? 0
    this.outputs = series[0]?.targets.length ?? 0
    this.#firsts = new Int32Array(series.length)
    let count = 0
    for (const [at, { starts }] of series.entries()) {
      this.#firsts[at] = count
      count += starts.length
    }
    this.count = count
  }

  /** Steps of a window that have targets. */
  get targetSteps(): number {
    return this.form.everyStep ? this.form.window : 1
  }

  /** The series that a window lies in, by its number, and the window's first row there. */
  place(window: number): { readonly series: number; readonly start: number } {
    // The last series whose first window is not behind this one; those without a window share their number with the next.
    let [low, high] = [0, this.#firsts.length]
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if ((this.#firsts[middle] ?? 0) <= window) low = middle
      else high = middle
    }
    return { series: low, start: this.series[low]?.starts[window - (this.#firsts[low] ?? 0)] ?? 0 }
  }

  /** The row of a window's first target: of its step `step` where every step has one, else of its only one. */
  targetRow(window: number, step: number): number {
    const { everyStep, lead, window: steps } = this.form
    return this.place(window).start + (everyStep ? step : steps - 1) + lead
  }

  /** Memory for a batch of `size` windows. */
  batch(size: number): WindowBatch {
    const { window, everyStep } = this.form
    const axes = this.batchFirst ? [size, window] : [window, size]
    return {
      inputs: zeros([...axes, this.features]),
      targets: zeros([...(everyStep ? axes : [size]), this.outputs]),
    }
  }

  /** Copies the windows `order[from]`, `order[from + 1]`, … into a batch, as many as it holds. */
  fill({ inputs, targets }: WindowBatch, order: ArrayLike<number>, from: number): void {
    const { window: steps, everyStep } = this.form
    const size = inputs.shape[this.batchFirst ? 0 : 1] ?? 0
    const [row, step] = this.batchFirst ? [steps, 1] : [1, size]
    for (let b = 0; b < size; b++) {
      const { series, start } = this.place(order[from + b] ?? 0)
      const { inputs: reads, targets: wanted } = this.series[series] as ReadableSeries
      gather(inputs.data, b * row, step, reads, start, steps)
      if (everyStep) gather(targets.data, b * row, step, wanted, start, steps)
      else gather(targets.data, b, 1, wanted, start + steps - 1, 1)
    }
  }
}

/** Copies `steps` steps from row `start` on: step t of read i goes to `out[(place + t·step)·reads + i]`. */
function gather(
  out: Float32Array,
  place: number,
  step: number,
  reads: readonly (Read | number)[],
  start: number,
  steps: number,
): void {
  const width = reads.length
  for (const [i, read] of reads.entries()) {
    let to = place * width + i
    if (typeof read === 'number') {
      for (let t = 0; t < steps; t++, to += step * width) out[to] = read
      continue
    }
    const { values, ahead, scale } = read
    const first = start + ahead
    for (let t = 0; t < steps; t++, to += step * width) out[to] = normalise(values[first + t] ?? 0, scale)
  }
}
