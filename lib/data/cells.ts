/** What a value out of a file is as a number: of a column of numbers, or of one of points in time. */
import { DataError } from '../errors.js'
import { isMissing, parseNumber, parseTime } from './csv-values.js'

/** What a reader is to take out of a file. */
export interface WantedColumns {
  /** Columns of numbers; a cell that is empty, or a word such as `NA`, is missing. */
  readonly numbers: readonly string[]
  /** Columns of text. */
  readonly texts: readonly string[]
  /** Columns of points in time: numbers as they are, dates in milliseconds since 1970. */
  readonly times: readonly string[]
}

/** The number that a value is, NaN where it is missing; undefined where it is none. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  if (value === null || value === undefined) return Number.NaN
  if (typeof value === 'bigint' || typeof value === 'boolean') return Number(value)
  if (typeof value === 'string') return parseNumber(value) ?? (isMissing(value) ? Number.NaN : undefined)
  return isDate(value) ? value.getTime() : undefined
}

/** The same of a point in time. */
export function timeOf(value: unknown): number | undefined {
  return typeof value === 'string' ? (parseNumber(value) ?? parseTime(value)) : numberOf(value)
}

/** Whether a value is a date and no mere number. */
export function isDateValue(value: unknown): boolean {
  return isDate(value) || (typeof value === 'string' && parseNumber(value) === undefined)
}

/** The text that a value is. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  if (value === null || value === undefined) return ''
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean')
    return String(value)
  return isDate(value) ? value.toISOString() : Object.prototype.toString.call(value)
}

/** An error about one cell. `line` is that of the file, or the row where it has no lines. */
export function cellError(
  name: string,
  column: string,
  line: number,
  problem: string,
  unit = 'line',
): DataError {
  return new DataError(`${name}: column "${column}", ${unit} ${line}: ${problem}`, { column, line })
}

/** A number column's cell. @throws DataError where it holds something else */
export function requireCell(value: unknown, isTime: boolean, refuse: (problem: string) => DataError): number {
  const number = isTime ? timeOf(value) : numberOf(value)
  if (number !== undefined && !(isTime && Number.isNaN(number))) return number
  if (isTime)
    throw refuse(number === undefined ? `"${shorten(textOf(value))}" is not a date` : 'a value is missing')
  throw refuse(`text "${shorten(textOf(value))}" in a numeric column`)
}

/** Checks that columns are there. @throws DataError with those that are */
export function requireColumns(
  name: string,
  header: readonly string[],
  { numbers, texts, times }: WantedColumns,
): void {
  const column = [...numbers, ...texts, ...times].find((wanted) => !header.includes(wanted))
  if (column === undefined) return
  const there = header.map((known) => `"${known}"`).join(', ')
  throw new DataError(`${name}: no column "${column}"; there are ${there}`, { column, line: 1 })
}

/** A text of a cell, cut where it is long. */
export function shorten(text: string): string {
  return text.length > 30 ? `${text.slice(0, 30)}…` : text
}

function isDate(value: unknown): value is Date {
  return Object.prototype.toString.call(value) === '[object Date]'
}
