/** A series out of a table of text, for a comparison: the target's column first, the other inputs behind it. */
import { DataError } from '../errors.js'
import { numericColumn, numericNames, timeColumn } from './csv.js'
import type { CsvTable } from './csv.js'

/** Columns of equal length in time order. */
export interface TableSeries {
  readonly name: string
  /** The columns that a forecast reads; the first is the target, whose past is always an input. */
  readonly features: readonly string[]
  /** One array per feature. */
  readonly columns: readonly Float64Array[]
  readonly rows: number
  /** Where each row stands: its number, counted from 0, or the time column. */
  readonly positions: Float64Array
  /** Whether positions are dates, in milliseconds. */
  readonly dates: boolean
  /** The line of each row in its file, for messages. */
  readonly lines: readonly number[]
}

/** Which columns of a table make the series. */
export interface TableColumns {
  /** May be left out where the file has one numeric column besides the time. */
  readonly target?: string | undefined
  /** The inputs besides the target. */
  readonly features?: readonly string[] | undefined
  readonly time?: string | undefined
}

/**
 * Takes a series out of a table.
 *
 * @throws DataError where a column is unknown, does not hold numbers throughout, or the time does not ascend
 */
export function seriesOf(table: CsvTable, { target, features = [], time }: TableColumns): TableSeries {
  const name = target ?? onlyCandidate(table, time)
  const names = [name, ...features.filter((feature) => feature !== name)]
  const columns = names.map((column) => numericColumn(table, column))
  const stamps = time === undefined ? undefined : timeColumn(table, time)
  return {
    name: table.name,
    features: names,
    columns,
    rows: table.rows.length,
    positions: stamps?.values ?? Float64Array.from(table.rows.keys()),
    dates: stamps?.dates ?? false,
    lines: table.lines,
  }
}

function onlyCandidate(table: CsvTable, time: string | undefined): string {
  const [candidate, ...others] = numericNames(table).filter((column) => column !== time)
  if (candidate === undefined) {
    throw new DataError(`${table.name}: line 2: no column holds numbers; nothing could be the target`, {
      line: 2,
    })
  }
  if (others.length === 0) return candidate
  const names = [candidate, ...others].map((column) => `"${column}"`).join(', ')
  throw new DataError(
    `${table.name}: line 1: name the column to forecast with --target; it could be ${names}`,
    {
      line: 1,
    },
  )
}
