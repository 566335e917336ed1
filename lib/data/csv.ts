/** Reads a CSV file with a header into columns of text, and turns columns into numbers or points in time. */
import type { ReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { basename } from 'node:path'

import { DataError, FileError } from '../errors.js'
import { shorten } from './cells.js'
import { openCsv } from './csv-records.js'
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

/**
 * Reads a CSV file.
 *
 * @throws FileError where the file cannot be read
 * @throws DataError where it is no well-formed CSV with a header of distinct names
 */
export async function readCsv(path: string): Promise<CsvTable> {
  let text: ReadStream | undefined
  try {
    text = (await open(path)).createReadStream()
    return await tableOf(text, basename(path))
  } catch (error) {
    if (error instanceof DataError) throw error
    throw new FileError('compare', path, 'read', error)
  } finally {
    text?.destroy()
  }
}

/** Parses the text of a CSV file; `name` stands in messages. Commas separate, or `;` or tabs where the header has no comma. */
export async function parseCsv(text: string, name: string): Promise<CsvTable> {
  return tableOf([text], name)
}

async function tableOf(
  chunks: AsyncIterable<Uint8Array> | Iterable<string>,
  name: string,
): Promise<CsvTable> {
  const { header, blocks } = await openCsv(chunks, name)
  const rows: (readonly string[])[] = []
  const lines: number[] = []
  for await (const block of blocks) {
    for (const record of block.records) rows.push(record)
    for (const line of block.lines) lines.push(line)
  }
  return { name, header, rows, lines }
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

function columnIndex(table: CsvTable, column: string): number {
  const index = table.header.indexOf(column)
  if (index >= 0) return index
  const names = table.header.map((name) => `"${name}"`).join(', ')
  throw new DataError(`${table.name}: line 1: no column "${column}"; the header has ${names}`, {
    column,
    line: 1,
  })
}

function cellError(table: CsvTable, column: string, row: number, problem: string): DataError {
  const line = table.lines[row]
  return new DataError(`${table.name}: column "${column}", line ${line ?? '?'}: ${problem}`, { column, line })
}

function missingText(text: string): string {
  return text === '' ? 'a value is missing' : `a value is missing ("${text}")`
}
