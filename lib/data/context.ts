/** What a forecast reads: the last window of each series, and the values over the horizon that are known ahead. */
import { DataError } from '../errors.js'
import { zeros } from '../tensor.js'
import type { Tensor } from '../tensor.js'
import { readInputs } from './readable.js'
import type { Scaler } from './scaler.js'
import { rowsOf } from './series.js'
import type { Series } from './series.js'
import type { WindowLayout } from './window-layout.js'
import { Windows } from './windows.js'

/** How the model was trained to read. */
export interface ContextForm {
  readonly layout: WindowLayout
  readonly scaler: Scaler | undefined
}

/** The rows up to the last that has a value of every target: a forecast begins behind it. 0 where none has. */
export function knownRows({ columns }: Series, { target }: WindowLayout): number {
  const lengths = target.map((name) => {
    const values = columns[name] ?? []
    let rows = values.length
    while (rows > 0 && Number.isNaN(values[rows - 1])) rows--
    return rows
  })
  return Math.min(...lengths)
}

/**
 * Lays out the input of a forecast for each series: its last window that ends where the targets end.
 *
 * @returns [T, B, I], a row of the batch for each series
 * @throws DataError where a series has too few rows, or a value that is read is missing and the layout does not say what
 *   to do about that
 */
export function contextOf(where: string, list: readonly Series[], { layout, scaler }: ContextForm): Tensor {
  const { window, lead, horizon, past, known } = layout
  const inputs = list.map((series) => {
    const rows = knownRows(series, layout)
    const which = series.name ?? where
    if (rows < window) {
      const names = layout.target.join(', ')
      throw new DataError(
        `${which}: ${rows} rows up to the last value of ${names}; the model reads ${window}`,
      )
    }
    const end = rows + lead + horizon - 1
    for (const name of known) requireAhead(which, series, name, rows, end)
    // Behind the last value of the target nothing is read but what is known ahead.
    const cut = ([name, column]: [string, Series['columns'][string]]) =>
      [name, column.slice(0, past.includes(name) ? rows : end)] as const
    const columns = Object.fromEntries(Object.entries(series.columns).map(cut))
    const read = readInputs({ ...series, columns }, { where, layout, scaler, stride: 1 })
    const start = rows - window
    const isLeft = (gaps: Uint8Array | undefined): boolean => gaps?.includes(1, start) === true
    const gap = [...past, ...known].find((_, at) => isLeft([...read.past, ...read.known][at]))
    if (gap !== undefined || read.isUnknown) {
      const what = gap === undefined ? 'a static' : `column "${gap}"`
      throw new DataError(`${which}: ${what}: a value that the forecast reads is missing`, { column: gap })
    }
    return { inputs: read.inputs, targets: [], starts: Int32Array.of(start) }
  })
  const windows = new Windows(inputs, { window, lead, horizon, everyStep: false })
  const batch = { inputs: zeros([window, list.length, windows.features]), targets: zeros([list.length, 0]) }
  windows.fill(batch, Int32Array.from(list.keys()), 0)
  return batch.inputs
}

function requireAhead(which: string, series: Series, name: string, rows: number, end: number): void {
  const values = series.columns[name] ?? []
  let there = rows
  while (there < Math.min(end, rowsOf(series)) && !Number.isNaN(values[there])) there++
  if (there >= end) return
  throw new DataError(
    `${which}: column "${name}": a forecast needs its values in ${end - rows} rows behind the last value of the target; there are ${there - rows}`,
    { column: name },
  )
}
