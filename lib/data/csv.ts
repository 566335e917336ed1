/** Reads a CSV file with a header into columns of text, and turns columns into numbers or points in time. */
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'

import { DataError, FileError } from '../errors.js'
import { isMissing, parseNumber, parseTime } from './csv-values.js'

/** The text of a CSV file: a header, and the rows below it with the line on which each ends. */
export interface CsvTable {
  /** The file's name, for messages. */
  readonly name: string
  readonly header: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** The line of each row in the file, counted from 1. */
  readonly lines: readonly number[]
}

/** One time column: milliseconds where the cells are dates, else the numbers themselves. */
export interface TimeColumn {
  readonly values: Float64Array
  readonly dates: boolean
}

interface ParsedRecord {
  readonly record: readonly string[]
  readonly info: { readonly lines: number }
}

/**
 * Reads a CSV file.
 *
 * @throws FileError where the file cannot be read
 * @throws DataError where it is no well-formed CSV with a header of distinct names
 */
export async function readCsv(path: string): Promise<CsvTable> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    throw new FileError('compare', path, 'read', error)
  }
  return parseCsv(text, basename(path))
}

/** Parses the text of a CSV file; `name` stands in messages. Commas separate, or `;` or tabs where the header has no comma. */
export async function parseCsv(text: string, name: string): Promise<CsvTable> {
  const { parse } = await import('csv-parse/sync')
  let records: readonly ParsedRecord[]
  try {
    records = parse(text, {
      bom: true,
      delimiter: delimiterOf(text),
      info: true,
      relax_column_count: true,
      trim: true,
    }) as unknown as readonly ParsedRecord[]
  } catch (error) {
    const line = (error as { lines?: unknown }).lines
    throw new DataError(`${name}: not well-formed CSV: ${messageOf(error)}`, {
      line: typeof line === 'number' ? line : undefined,
    })
  }
  // Empty lines at the end are how files end; one in between would shift the series by a step unseen.
  const [first, ...body] = records.slice(0, records.findLastIndex((row) => !isEmpty(row)) + 1)
  if (first === undefined)
    throw new DataError(`${name}: the file is empty; expected a header line`, { line: 1 })
  checkHeader(name, first)
  for (const row of body) {
    const { record, info } = row
    if (isEmpty(row)) {
      const column = first.record[0]
      throw new DataError(`${name}: column "${column ?? ''}", line ${info.lines}: the line is empty`, {
        column,
        line: info.lines,
      })
    }
    if (record.length !== first.record.length) {
      const column = first.record[record.length]
      const missing = column === undefined ? '' : ` (no value for column "${column}")`
      throw new DataError(
        `${name}: line ${info.lines}: ${record.length} values where the header has ${first.record.length}${missing}`,
        { column, line: info.lines },
      )
    }
  }
  return {
    name,
    header: first.record,
    rows: body.map(({ record }) => record),
    lines: body.map(({ info }) => info.lines),
  }
}

/** A column's numbers. @throws DataError naming column and line of a missing value or of text */
export function numericColumn(table: CsvTable, column: string): Float64Array {
  const index = columnIndex(table, column)
  return Float64Array.from(table.rows, (row, at) => {
    const text = row[index] ?? ''
    const value = parseNumber(text)
    if (value !== undefined) return value
    const problem = isMissing(text) ? missingText(text) : `text "${shorten(text)}" in a numeric column`
    throw cellError(table, column, at, problem)
  })
}

/**
 * The time column, as numbers where its first cell is one, else as dates.
 *
 * @throws DataError naming column and line where a cell is neither, or does not come after the one before it
 */
export function timeColumn(table: CsvTable, column: string): TimeColumn {
  const index = columnIndex(table, column)
  const dates = parseNumber(table.rows[0]?.[index] ?? '') === undefined
  const parse = dates ? parseTime : parseNumber
  let before = -Infinity
  const values = Float64Array.from(table.rows, (row, at) => {
    const text = row[index] ?? ''
    const value = parse(text)
    if (value === undefined) {
      const problem = isMissing(text)
        ? missingText(text)
        : `"${shorten(text)}" is not ${dates ? 'a date' : 'a number, as the rows above have it'}`
      throw cellError(table, column, at, problem)
    }
    if (value <= before)
      throw cellError(table, column, at, `time "${shorten(text)}" does not come after the row before it`)
    before = value
    return value
  })
  return { values, dates }
}

/** The names of the columns whose first row holds a number: those that could be a target. */
export function numericNames(table: CsvTable): string[] {
  return table.header.filter((_, index) => parseNumber(table.rows[0]?.[index] ?? '') !== undefined)
}

function isEmpty({ record }: ParsedRecord): boolean {
  return record.length === 1 && record[0] === ''
}

function columnIndex(table: CsvTable, column: string): number {
  const index = table.header.indexOf(column)
  if (index >= 0) return index
  const names = table.header.map((name) => `"${name}"`).join(', ')
  throw new DataError(`${table.name}: line 1: no column "${column}"; the header has ${names}`, {
    column,
    line: 1,
  })
}

function checkHeader(name: string, { record, info }: ParsedRecord): void {
  for (const [index, column] of record.entries()) {
    if (column === '') {
      throw new DataError(`${name}: line ${info.lines}: column ${index + 1} has no name in the header`, {
        line: info.lines,
      })
    }
    if (record.indexOf(column) !== index) {
      throw new DataError(`${name}: line ${info.lines}: column "${column}" stands twice in the header`, {
        column,
        line: info.lines,
      })
    }
  }
  if (record.every((column) => parseNumber(column) !== undefined)) {
    throw new DataError(
      `${name}: line ${info.lines}: expected a header with the columns' names, found numbers`,
      {
        line: info.lines,
      },
    )
  }
}

function cellError(table: CsvTable, column: string, row: number, problem: string): DataError {
  const line = table.lines[row]
  return new DataError(`${table.name}: column "${column}", line ${line ?? '?'}: ${problem}`, { column, line })
}

function missingText(text: string): string {
  return text === '' ? 'a value is missing' : `a value is missing ("${text}")`
}

function delimiterOf(text: string): string {
  const header = text.slice(0, text.search(/[\r\n]|$/))
  return [',', ';', '\t'].find((candidate) => header.includes(candidate)) ?? ','
}

function shorten(text: string): string {
  return text.length > 30 ? `${text.slice(0, 30)}…` : text
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
