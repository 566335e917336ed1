/** Windows over series that are in memory, as batches for training, validation and forecasting. */
import { ArgumentError, DataError } from '../errors.js'
import { describe, requireInteger } from '../shapes.js'
import type { Batch, BatchSource } from './batch.js'
import { BATCHING_OPTIONS, batchCount, readBatching } from './batching.js'
import type { Batching, BatchingOptions } from './batching.js'
import { epochOrder } from './order.js'
import { formOf, readSeries } from './readable.js'
import { Scaler } from './scaler.js'
import { requireSeriesList } from './series.js'
import type { Series } from './series.js'
import { inputNames, readLayout } from './window-layout.js'
import type { WindowLayout, WindowLayoutOptions } from './window-layout.js'
import { Windows, rowsNeeded } from './windows.js'
import type { WindowBatch } from './windows.js'

/** Options of `windows`. */
export interface WindowOptions extends WindowLayoutOptions, BatchingOptions {
  /** Scales inputs and targets; fitted on the training part, it serves all parts. */
  scaler?: Scaler
  /** Rows from the start of a window to that of the next; 1 unless told. */
  stride?: number
}

/** What the options of all windows say, checked. */
export interface WindowSettings {
  readonly layout: WindowLayout
  readonly batching: Batching
  readonly scaler: Scaler | undefined
  readonly stride: number
}

/** A source of batches of windows. */
export interface WindowSource extends BatchSource {
  readonly length: number
  /** Windows in all. */
  readonly count: number
  /** Windows that were left out for what is missing in them. */
  readonly dropped: number
  /** Numbers per step, I: the model's input size. */
  readonly inputSize: number
  /** What each of them is, as `holiday+2`. */
  readonly inputNames: readonly string[]
  /** Targets per window, or per step: H times the number of target columns. Row by row, within a row column by column. */
  readonly outputSize: number
  /** What a window holds, every default filled in. */
  readonly layout: WindowLayout
  batches(epoch: number, from?: number): Iterable<Batch>
  /**
   * Where a window lies.
   *
   * @param window its number in the unshuffled order, from 0
   */
  place(window: number): {
    /** The number of its series among those that were given, from 0. */
    readonly series: number
    /** The row of its first input in that series, from 0. */
    readonly row: number
    /** The row of its first target there. */
    readonly targetRow: number
  }
}

/** Checks the options that all windows share. */
export function readWindowOptions(where: string, options: WindowOptions): WindowSettings {
  if (typeof options !== 'object' || (options as unknown) === null)
    throw new ArgumentError(where, 'options', 'an object', describe(options))
  const { scaler, stride = 1, ...rest } = options
  const { batching, layout } = apart(rest)
  if (scaler !== undefined && !(scaler instanceof Scaler))
    throw new ArgumentError(where, 'options.scaler', 'a Scaler', describe(scaler))
  return {
    layout: readLayout(where, layout as unknown as WindowLayoutOptions),
    batching: readBatching(where, batching),
    scaler,
    stride: requireInteger(where, 'options.stride', stride, 1),
  }
}

/** Batching options and all others. */
function apart(options: object): { batching: BatchingOptions; layout: Record<string, unknown> } {
  const isBatching = (name: string): boolean => (BATCHING_OPTIONS as readonly string[]).includes(name)
  const entries = Object.entries(options)
  return {
    batching: Object.fromEntries(entries.filter(([name]) => isBatching(name))),
    layout: Object.fromEntries(entries.filter(([name]) => !isBatching(name))),
  }
}

/**
 * Cuts series into windows, each series for itself: no window reaches from one into another, or beyond either end.
 *
 * A batch's input is [T, B, I], its target [B, O] or, with `targets: 'every'`, [T, B, O], where O is the horizon times
 * the number of target columns. Classes are integers, [B] and [T, B] where O is 1.
 *
 * @param series one or several; their columns are read in place, and must not change meanwhile
 * @throws ArgumentError where an option, or a name in it, is not what it must be
 * @throws DataError where a value is missing or infinite that must not be, or no window is left
 */
export function windows(series: Series | readonly Series[], options: WindowOptions): WindowSource {
  const where = 'windows'
  const list = requireSeriesList(where, 'series', series)
  const settings = readWindowOptions(where, options)
  const { layout, batching } = settings
  const read = list.map((one) => readSeries(one, { where, ...settings }))
  const cut = new Windows(read, formOf(layout), batching.batchFirst)
  const dropped = read.reduce((sum, one) => sum + one.dropped, 0)
  if (cut.count === 0) {
    const needed = `a window and its targets need ${rowsNeeded(cut.form)} rows on end`
    throw new DataError(`${where}: no window: ${needed}, ${dropped} were left out for missing values`)
  }
  const length = batchCount(cut.count, batching)
  return {
    length,
    count: cut.count,
    dropped,
    inputSize: cut.features,
    inputNames: inputNames(layout),
    outputSize: cut.outputs,
    layout,
    *batches(epoch, from = 0) {
      const order = epochOrder(cut.count, batching.seed, epoch, batching.shuffle)
      for (let batch = from; batch < length; batch++) yield gatherBatch(cut, order, batch, settings)
    },
    place(window) {
      const { series: at, start } = cut.place(window)
      return { series: at, row: start, targetRow: cut.targetRow(window, 0) }
    },
  }
}

/** The batch of a number in an order. */
export function gatherBatch(
  cut: Windows,
  order: Int32Array,
  batch: number,
  { layout, batching }: WindowSettings,
): Batch {
  const from = batch * batching.batchSize
  const memory = cut.batch(Math.min(batching.batchSize, order.length - from))
  cut.fill(memory, order, from)
  return asBatch(memory, layout)
}

/** A filled batch as training takes it. */
function asBatch({ inputs, targets }: WindowBatch, { classes }: WindowLayout): Batch {
  if (!classes) return { input: inputs, target: targets }
  const shape = targets.shape.at(-1) === 1 ? targets.shape.slice(0, -1) : targets.shape
  return { input: inputs, target: { data: Int32Array.from(targets.data), shape } }
}
