/** A series as a task: three parts in time order, windows within each, scales from the training part alone. */
import { DataError } from '../errors.js'
import { zeros } from '../tensor.js'
import { fitScale, normalise } from './scaler.js'
import type { Series } from './series.js'
import type { FreeRunTask, Task } from './task.js'
import { PARTS, Windows, splitRows, windowStarts } from './windows.js'
import type { Rows, WindowForm } from './windows.js'

/** Free running goes at most so far: beyond it, errors only repeat themselves. */
const LONGEST_FREE_RUN = 1000

/** How a series becomes windows. */
export interface SeriesTaskOptions {
  readonly window: number
  readonly horizon: number
  /** The shares of training, validation and test part. */
  readonly split: readonly [number, number, number]
}

/**
 * Makes a task of a series: each window has one target, `horizon` rows after its last.
 *
 * @throws DataError where a part has too few rows for one window and its target
 */
export function seriesTask(series: Series, { window, horizon, split }: SeriesTaskOptions): Task {
  const form: WindowForm = { window, horizon, everyStep: false }
  const spans = splitRows(series.rows, split)
  const needed = window + horizon
  for (const part of PARTS) {
    const held = spans[part].to - spans[part].from
    if (held < needed)
      throw tooFew(
        series,
        `the ${part} part has ${held}, and a window of ${window} with horizon ${horizon} needs ${needed}`,
      )
  }
  const scales = series.columns.map((column) => fitScale(column, spans.train.from, spans.train.to))
  const [scale] = scales
  const [truth] = series.columns
  if (scale === undefined || truth === undefined) throw tooFew(series, 'no column is read')
  const features = series.columns.length
  const inputs = new Float32Array(series.rows * features)
  for (const [feature, column] of series.columns.entries()) {
    const columnScale = scales[feature] ?? scale
    for (const [row, value] of column.entries())
      inputs[row * features + feature] = normalise(value, columnScale)
  }
  const rows: Rows = {
    features,
    inputs,
    targets: Float32Array.from(truth, (value) => normalise(value, scale)),
  }
  const windowsOf = (part: (typeof PARTS)[number]): Windows =>
    new Windows(rows, windowStarts(spans[part].from, spans[part].to, form), form)
  return {
    name: series.name,
    features: series.features,
    rows: series.rows,
    form,
    parts: { train: windowsOf('train'), validation: windowsOf('validation'), test: windowsOf('test') },
    scales,
    scale,
    truth,
    continuous: true,
    positions: series.positions,
    dates: series.dates,
    // The state needs a window behind the earliest output that is fed back, which lies a horizon before the start.
    freeRun: freeRunOf(rows, truth, series.positions, spans.test.from, needed - 1),
  }
}

function freeRunOf(
  rows: Rows,
  truth: Float64Array,
  positions: Float64Array,
  from: number,
  known: number,
): FreeRunTask {
  const start = from + known
  const end = Math.min(truth.length, start + LONGEST_FREE_RUN)
  const context = zeros([known, 1, rows.features])
  context.data.set(rows.inputs.subarray(from * rows.features, start * rows.features))
  return {
    context,
    past: [truth.subarray(0, start)],
    future: [truth.subarray(start, end)],
    positions: positions.subarray(0, end),
  }
}

function tooFew(series: Series, why: string): DataError {
  const column = series.features[0]
  const line = series.lines.at(-1) ?? 1
  return new DataError(
    `${series.name}: column "${column ?? ''}", line ${line}: the file ends with too few rows (${series.rows}): ${why}`,
    { column, line },
  )
}
