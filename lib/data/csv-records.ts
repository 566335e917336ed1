/**
 * Reads CSV text piece by piece, as long as a file may be: the header first, and then rows in blocks. A piece ends where a
 * record does, so that each is parsed for itself, several times faster than csv-parse's own stream gives its records.
 */
import { DataError } from '../errors.js'
import { parseNumber } from './csv-values.js'

/** Some rows of a file, with the line on which each ends, counted from 1. */
export interface CsvRows {
  readonly records: readonly (readonly string[])[]
  readonly lines: readonly number[]
}

/** A CSV file that is being read. */
export interface CsvReader {
  readonly header: readonly string[]
  readonly blocks: AsyncIterable<CsvRows>
}

interface Record {
  readonly record: readonly string[]
  readonly line: number
}

type Parse = (text: string, options: object) => unknown

/**
 * Begins to read: gives the header, and what follows as it is asked for.
 *
 * @param name stands in messages
 * @throws DataError where it is no well-formed CSV with a header of distinct names, now or while blocks are read
 */
export async function openCsv(
  chunks: AsyncIterable<string | Uint8Array> | Iterable<string>,
  name: string,
): Promise<CsvReader> {
  const { parse } = await import('csv-parse/sync')
  const blocks = records(pieces(chunks), name, parse)
  const first = await blocks.next()
  const [head, ...others] = first.done === true ? [] : first.value
  if (head === undefined)
    throw new DataError(`${name}: the file is empty; expected a header line`, { line: 1 })
  checkHeader(name, head)
  return { header: head.record, blocks: checkedRows(name, head.record, others, blocks) }
}

/** Text cut behind line ends that are no part of a quoted value. */
async function* pieces(
  chunks: AsyncIterable<string | Uint8Array> | Iterable<string>,
): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder() // which also takes a byte order mark away
  let pending = ''
  let isFirst = true
  for await (const chunk of chunks) {
    const text = typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true })
    pending += isFirst ? text.replace(/^\ufeff/, '') : text
    isFirst = false
    const end = lastRecordEnd(pending)
    if (end === 0) continue
    yield pending.slice(0, end)
    pending = pending.slice(end)
  }
  pending += decoder.decode()
  if (pending !== '') yield pending
}

/** Where the last whole record of a text ends that begins with a record; 0 where none does. */
function lastRecordEnd(text: string): number {
  if (!text.includes('"')) return text.lastIndexOf('\n') + 1
  let end = 0
  let quoted = false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) quoted = !quoted
    else if (code === LINE_END && !quoted) end = at + 1
  }
  return end
}

const QUOTE = 34
const LINE_END = 10

async function* records(
  texts: AsyncIterable<string>,
  name: string,
  parse: Parse,
): AsyncGenerator<Record[], void, void> {
  let delimiter: string | undefined
  let line = 0
  for await (const text of texts) {
    delimiter ??= delimiterOf(text)
    // csv-parse's count of lines costs more than its parsing, and only a quoted value spans several.
    const info = text.includes('"')
    try {
      const options = { delimiter, info, relax_column_count: true, trim: true }
      const parsed = parse(text, options) as readonly unknown[]
      const before = line
      yield parsed.map((given, at): Record => {
        if (!info) return { record: given as string[], line: before + at + 1 }
        const { record, info: place } = given as { record: string[]; info: { lines: number } }
        return { record, line: before + place.lines }
      })
      line += text.split('\n').length - 1
    } catch (error) {
      if (error instanceof DataError) throw error
      const within = (error as { lines?: unknown }).lines
      const message = error instanceof Error ? error.message.replace(/ (on|at) line \d+/, '') : String(error)
      throw new DataError(`${name}: not well-formed CSV: ${message}`, {
        line: typeof within === 'number' ? line + within : undefined,
      })
    }
  }
}

/** The rows behind the header, each held to it. */
async function* checkedRows(
  name: string,
  header: readonly string[],
  first: readonly Record[],
  others: AsyncIterable<Record[]>,
): AsyncGenerator<CsvRows, void, void> {
  // Empty lines at the end are how files end; one in between would shift the series by a step unseen.
  let empty: number | undefined
  const check = (rows: readonly Record[]): CsvRows => {
    const records: (readonly string[])[] = []
    const lines: number[] = []
    for (const row of rows) {
      if (isEmpty(row)) {
        empty ??= row.line
        continue
      }
      if (empty !== undefined) {
        const column = header[0]
        const message = `${name}: column "${column ?? ''}", line ${empty}: the line is empty`
        throw new DataError(message, { column, line: empty })
      }
      checkLength(name, header, row)
      records.push(row.record)
      lines.push(row.line)
    }
    return { records, lines }
  }
  yield check(first)
  for await (const rows of others) yield check(rows)
}

function isEmpty({ record }: Record): boolean {
  return record.length === 1 && record[0] === ''
}

function checkLength(name: string, header: readonly string[], { record, line }: Record): void {
  if (record.length === header.length) return
  const column = header[record.length]
  const missing = column === undefined ? '' : ` (no value for column "${column}")`
  throw new DataError(
    `${name}: line ${line}: ${record.length} values where the header has ${header.length}${missing}`,
    { column, line },
  )
}

function checkHeader(name: string, row: Record): void {
  const { record, line } = row
  if (isEmpty(row)) throw new DataError(`${name}: the file is empty; expected a header line`, { line: 1 })
  for (const [index, column] of record.entries()) {
    if (column === '')
      throw new DataError(`${name}: line ${line}: column ${index + 1} has no name in the header`, { line })
    if (record.indexOf(column) !== index) {
      throw new DataError(`${name}: line ${line}: column "${column}" stands twice in the header`, {
        column,
        line,
      })
    }
  }
  if (record.every((column) => parseNumber(column) !== undefined)) {
    const message = `${name}: line ${line}: expected a header with the columns' names, found numbers`
    throw new DataError(message, { line })
  }
}

/** Commas separate, or `;` or tabs where the header has no comma. */
function delimiterOf(text: string): string {
  const header = text.slice(0, text.search(/[\r\n]|$/))
  return [',', ';', '\t'].find((candidate) => header.includes(candidate)) ?? ','
}
