/** A series: columns of numbers in time order, one number per row. What stands in them is used in place, never copied. */
import { ArgumentError } from '../errors.js'
import { describe, reading } from '../shapes.js'

/** The numbers of a column: any typed array of numbers, or a plain one. NaN is a missing value. */
export type Column =
  | Float64Array
  | Float32Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array
  | readonly number[]

/** Columns of equal length in time order, the oldest row first. */
export interface Series {
  /** Tells one series from another, in messages. */
  readonly name?: string
  /** By name; at least one. */
  readonly columns: Readonly<Record<string, Column>>
  /** What holds for all rows, as a shop's size: one number per name. */
  readonly statics?: Readonly<Record<string, number>>
  /** The line of each row in its file, for messages; without it, rows are counted from 0. */
  readonly lines?: Column
  /** The number of the first row where they are a part of more, for messages; 0 unless told. */
  readonly firstRow?: number
}

/** Some rows that follow one another, on their way from a file. */
export interface RowBlock {
  /** How many. */
  readonly rows: number
  /** Numbers and points in time by column name, `rows` of them in each. */
  readonly columns: Readonly<Record<string, Column>>
  /** Columns that hold text, as the one that tells several series apart. */
  readonly texts?: Readonly<Record<string, readonly string[]>>
  /** Those among the columns that are dates, in milliseconds since 1970. */
  readonly dates?: readonly string[]
  /** The line of each row in its file, from 1, for messages; none where the file has no lines, as Parquet. */
  readonly lines?: Column
}

/** The first row of a part and the row after its last. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** The parts of a series or of a set of rows, in time order. */
export type PartName = 'train' | 'validation' | 'test'

/** Every part's name, in time order. */
export const PARTS: readonly PartName[] = ['train', 'validation', 'test']

/** The number of rows. */
export function rowsOf({ columns }: Series): number {
  return Object.values(columns)[0]?.length ?? 0
}

/** The rows `from` to `to` (exclusive) of a series, on the same memory where columns are typed arrays. */
export function sliceSeries(series: Series, { from, to }: Span): Series {
  const columns = Object.fromEntries(
    Object.entries(series.columns).map(([name, column]) => [name, viewOf(column, from, to)]),
  )
  const { lines } = series
  const kept = lines === undefined ? {} : { lines: viewOf(lines, from, to) }
  return { ...series, ...kept, firstRow: (series.firstRow ?? 0) + from, columns }
}

function viewOf(column: Column, from: number, to: number): Column {
  return 'subarray' in column ? column.subarray(from, to) : column.slice(from, to)
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

/**
 * Cuts every series into three parts in time order, each series by its own length. Parts share the series' memory, and
 * no row is in two of them.
 *
 * @param shares of training, validation and test part; at least 0, and 1 together
 * @throws ArgumentError where the series or a share is not what it must be
 */
export function splitSeries(
  series: Series | readonly Series[],
  shares: readonly [number, number, number] = [0.7, 0.15, 0.15],
): Record<PartName, Series[]> {
  const where = 'splitSeries'
  const list = requireSeriesList(where, 'series', series)
  const given: readonly unknown[] = Array.isArray(shares) ? shares : []
  const isShare = (share: unknown): share is number => typeof share === 'number' && share >= 0
  const sum = given.filter(isShare).reduce((total, share) => total + share, 0)
  if (given.length !== 3 || !given.every(isShare) || Math.abs(sum - 1) > 1e-6)
    throw new ArgumentError(where, 'shares', 'three shares of at least 0 that sum to 1', String(shares))
  const spans = list.map((one) => splitRows(rowsOf(one), shares))
  const part = (name: PartName): Series[] =>
    list.map((one, at) => sliceSeries(one, spans[at]?.[name] ?? { from: 0, to: 0 }))
  return { train: part('train'), validation: part('validation'), test: part('test') }
}

/** Checks that a value is a series, or a list of at least one: columns of numbers, of equal length within a series. */
export function requireSeriesList(where: string, argument: string, value: unknown): readonly Series[] {
  const list: readonly unknown[] = Array.isArray(value) ? (value as readonly unknown[]) : [value]
  if (list.length === 0) throw new ArgumentError(where, argument, 'at least one series', 'none')
  for (const [at, series] of list.entries())
    requireSeries(where, Array.isArray(value) ? `${argument}[${at}]` : argument, series)
  return list as readonly Series[]
}

function requireSeries(where: string, argument: string, value: unknown): void {
  const expected = 'a series, as { columns: { name: numbers } }'
  if (typeof value !== 'object' || value === null)
    throw new ArgumentError(where, argument, expected, describe(value))
  reading(where, argument, expected, () => {
    const { columns, statics = {} } = value as Partial<Series>
    if (typeof columns !== 'object' || (columns as unknown) === null)
      throw new ArgumentError(where, `${argument}.columns`, 'an object of columns', describe(columns))
    let rows: number | undefined
    for (const [name, column] of Object.entries(columns)) {
      const at = `${argument}.columns.${name}`
      if (!isColumn(column)) throw new ArgumentError(where, at, 'an array of numbers', describe(column))
      rows ??= column.length
      if (column.length !== rows)
        throw new ArgumentError(where, at, `${rows} numbers, as the first column has`, describe(column))
    }
    if (rows === undefined)
      throw new ArgumentError(where, `${argument}.columns`, 'at least one column', 'none')
    for (const [name, constant] of Object.entries(statics)) {
      const at = `${argument}.statics.${name}`
      if (typeof constant !== 'number') throw new ArgumentError(where, at, 'a number', describe(constant))
      if (Object.hasOwn(columns, name))
        throw new ArgumentError(where, at, 'a name of its own', 'that of a column')
    }
  })
}

function isColumn(value: unknown): value is Column {
  return (
    Array.isArray(value) ||
    (ArrayBuffer.isView(value) && typeof (value as { length?: unknown }).length === 'number')
  )
}
