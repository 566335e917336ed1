/** What a comparison forecasts: the parts of the data as windows, the truth, and where free running starts. */
import type { Tensor } from '../tensor.js'
import type { Scale } from './scaler.js'
import type { PartName } from './series.js'
import type { WindowForm, Windows } from './windows.js'

/** One forecasting task, ready for training. */
export interface Task {
  /** A file's name, or `sine`. */
  readonly name: string
  /** The inputs by name; the first is the target. */
  readonly features: readonly string[]
  /** Rows of the file, or rows (sequences) of the sine. */
  readonly rows: number
  readonly form: WindowForm
  readonly parts: Readonly<Record<PartName, Windows>>
  /** The scale of each input, as fitted on the training part. */
  readonly scales: readonly Scale[]
  /** The target's among them. */
  readonly scale: Scale
  /** The target in its own units, one value per row of the windows' rows. */
  readonly truth: Float64Array
  /** Whether the rows before a window are its past; else they belong to another sequence. */
  readonly continuous: boolean
  /** Where each row stands for a reader: a step, a row number or a time stamp. */
  readonly positions: Float64Array
  /** Whether positions are dates, in milliseconds. */
  readonly dates: boolean
  readonly freeRun: FreeRunTask
}

/** Where free running starts, and what it is compared with. */
export interface FreeRunTask {
  /** The known inputs that lead up to it, normalised: [N, B, I] for B sequences side by side. */
  readonly context: Tensor
  /** The target's known values of each sequence, the latest last, in its own units. */
  readonly past: readonly Float64Array[]
  /** What came next, for each sequence. */
  readonly future: readonly Float64Array[]
  /** Positions of the first sequence, its past and then its future. */
  readonly positions: Float64Array
}
