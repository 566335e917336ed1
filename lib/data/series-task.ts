/** A series as a task: three parts in time order, windows within each, scales from the training part alone. */
import { DataError } from '../errors.js'
import { zeros } from '../tensor.js'
import { fitScale, normalise } from './scaler.js'
import type { Scale } from './scaler.js'
import { PARTS, splitRows } from './series.js'
import type { TableSeries } from './table-series.js'
import type { FreeRunTask, Task } from './task.js'
import { Windows, rowsNeeded, windowStarts } from './windows.js'
import type { Read, WindowForm } from './windows.js'

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
export function seriesTask(series: TableSeries, { window, horizon, split }: SeriesTaskOptions): Task {
  const form: WindowForm = { window, lead: horizon, horizon: 1, everyStep: false }
  const spans = splitRows(series.rows, split)
  const needed = rowsNeeded(form)
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
  const inputs = series.columns.map((values, at): Read => ({ values, ahead: 0, scale: scales[at] ?? scale }))
  const targets: Read[] = [{ values: truth, ahead: horizon, scale }]
  const windowsOf = (part: (typeof PARTS)[number]): Windows =>
    new Windows([{ inputs, targets, starts: windowStarts(spans[part].from, spans[part].to, form) }], form)
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
    freeRun: freeRunOf(series, scales, spans.test.from, needed - 1),
  }
}

function freeRunOf(
  { columns, positions }: TableSeries,
  scales: readonly Scale[],
  from: number,
  known: number,
): FreeRunTask {
  const truth = columns[0] ?? new Float64Array()
  const start = from + known
  const end = Math.min(truth.length, start + LONGEST_FREE_RUN)
  const context = zeros([known, 1, columns.length])
  for (const [feature, scale] of scales.entries()) {
    for (const [step, value] of columns[feature]?.subarray(from, start).entries() ?? [])
      context.data[step * columns.length + feature] = normalise(value, scale)
  }
  return {
    context,
    past: [truth.subarray(0, start)],
    future: [truth.subarray(start, end)],
    positions: positions.subarray(0, end),
  }
}

function tooFew(series: TableSeries, why: string): DataError {
  const column = series.features[0]
  const line = series.lines.at(-1) ?? 1
  return new DataError(
    `${series.name}: column "${column ?? ''}", line ${line}: the file ends with too few rows (${series.rows}): ${why}`,
    { column, line },
  )
}
