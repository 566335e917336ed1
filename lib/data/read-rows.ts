/** Rows out of files: CSV, Arrow and Parquet by the name's ending, in blocks, and series put together from such blocks. */
import { ArgumentError, DataError, FileError, GatewiseError } from '../errors.js'
import { describe, requireOptions } from '../shapes.js'
import { cellError } from './cells.js'
import type { WantedColumns } from './cells.js'
import type { Column, RowBlock, Series } from './series.js'

/** Which columns of a file to read. */
export interface ReadRowsOptions {
  /** Columns of numbers. An empty cell, a null and words such as `NA` are missing values, NaN. */
  numbers: readonly string[]
  /** Columns of text, as the one that tells several series apart. */
  texts?: readonly string[]
  /** Columns of points in time: numbers as they are, and dates in milliseconds since 1970. */
  times?: readonly string[]
}

/** The endings of names, and what reads such a file. Each reader is loaded with the first file that wants it. */
const READERS = [
  { endings: ['csv', 'tsv', 'txt'], load: async () => (await import('./csv-blocks.js')).csvBlocks },
  { endings: ['arrow', 'feather', 'ipc'], load: async () => (await import('./arrow-blocks.js')).arrowBlocks },
  { endings: ['parquet'], load: async () => (await import('./parquet-blocks.js')).parquetBlocks },
] as const

/**
 * Reads a file's rows from its beginning, block after block; how large it is does not matter.
 *
 * Arrow needs the package `apache-arrow`, Parquet `hyparquet`, and where it is compressed by anything but Snappy
 * `hyparquet-compressors`.
 *
 * @param path ends in `.csv`, `.tsv`, `.txt`, `.arrow`, `.feather`, `.ipc` or `.parquet`
 * @throws ArgumentError where an argument is not what it must be
 * @throws FileError where the file cannot be read; DataError where it does not hold what it must, with column and line
 * @throws GatewiseError with the code `ERR_GATEWISE_MISSING_PACKAGE` where a package is not installed
 */
export async function* readRows(
  path: string,
  options: ReadRowsOptions,
): AsyncGenerator<RowBlock, void, void> {
  const where = 'readRows'
  const given = requireOptions<ReadRowsOptions>(where, 'options', options, ['numbers', 'texts', 'times'])
  const wanted: WantedColumns = {
    numbers: names(where, 'numbers', given.numbers),
    texts: names(where, 'texts', given.texts ?? []),
    times: names(where, 'times', given.times ?? []),
  }
  const reader = readerOf(where, path)
  const blocks = await reader.load()
  try {
    yield* blocks(path, wanted)
  } catch (error) {
    if (error instanceof GatewiseError) throw error
    throw new FileError(where, path, 'read', error)
  }
}

/** Checks that a file's name says how to read it. */
export function readerOf(where: string, path: unknown): (typeof READERS)[number] {
  const ending = typeof path === 'string' ? /\.([^./\\]+)$/.exec(path)?.[1]?.toLowerCase() : undefined
  const reader = READERS.find(({ endings }) => (endings as readonly unknown[]).includes(ending))
  if (reader !== undefined) return reader
  const known = READERS.flatMap(({ endings }) => endings.map((one) => `.${one}`)).join(', ')
  throw new ArgumentError(where, 'path', `a file that ends in one of ${known}`, describe(path))
}

/** Which columns have a part of their own. */
export interface CollectOptions {
  /** The column that names the series a row belongs to; without it all rows are one series. Rows of several may mix. */
  series?: string
  /** The column of points in time, which must ascend within each series. It stays among the columns. */
  time?: string
}

/**
 * Puts rows together to series, one for each name in order of appearance.
 *
 * @throws DataError where a time does not come after the one before it, or there is no row
 */
export async function collectSeries(
  rows: AsyncIterable<RowBlock> | Iterable<RowBlock>,
  options: CollectOptions = {},
): Promise<Series[]> {
  const where = 'collectSeries'
  const { series: by, time } = requireOptions<CollectOptions>(where, 'options', options, ['series', 'time'])
  const parts = new Map<string, SeriesParts>()
  for await (const block of rows) {
    for (const [name, indices] of rowsBySeries(where, block, by)) {
      const part = parts.get(name) ?? new SeriesParts()
      parts.set(name, part)
      part.add(block, indices)
    }
  }
  if (parts.size === 0) throw new DataError(`${where}: no rows`)
  const list = [...parts].map(([name, part]) => part.series(by === undefined ? {} : { name }))
  if (time !== undefined) for (const one of list) requireAscending(where, one, time)
  return list
}

/** The rows of each series in a block; undefined for all of them. */
function rowsBySeries(
  where: string,
  block: RowBlock,
  by: string | undefined,
): Map<string, number[] | undefined> {
  if (by === undefined) return new Map([['', undefined]])
  const found = new Map<string, number[]>()
  for (let row = 0; row < block.rows; row++) {
    const name = seriesName(where, block, by, row)
    const rows = found.get(name)
    if (rows === undefined) found.set(name, [row])
    else rows.push(row)
  }
  return found
}

/** The name of the series that a row belongs to. */
export function seriesName(where: string, { columns, texts }: RowBlock, by: string, row: number): string {
  const name = texts?.[by]?.[row] ?? columns[by]?.[row]
  if (name === undefined)
    throw new ArgumentError(where, 'options.series', 'the name of a column', describe(by))
  return String(name)
}

/** The columns of one series, growing block by block. */
class SeriesParts {
  readonly #columns = new Map<string, Column[]>()
  readonly #lines: Column[] = []

  add(block: RowBlock, rows: readonly number[] | undefined): void {
    const pick = (column: Column): Column =>
      rows === undefined ? column : Float64Array.from(rows, (row) => column[row] ?? Number.NaN)
    for (const [name, column] of Object.entries(block.columns)) {
      const parts = this.#columns.get(name) ?? []
      this.#columns.set(name, parts)
      parts.push(pick(column))
    }
    if (block.lines !== undefined) this.#lines.push(pick(block.lines))
  }

  series(named: { name?: string }): Series {
    const columns = Object.fromEntries([...this.#columns].map(([name, parts]) => [name, joined(parts)]))
    return { ...named, columns, ...(this.#lines.length === 0 ? {} : { lines: joined(this.#lines) }) }
  }
}

function joined(parts: readonly Column[]): Float64Array {
  const whole = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

function requireAscending(where: string, { name, columns, lines }: Series, time: string): void {
  const times = columns[time]
  if (times === undefined)
    throw new ArgumentError(where, 'options.time', 'the name of a column', describe(time))
  for (let row = 1; row < times.length; row++) {
    if ((times[row] ?? 0) > (times[row - 1] ?? 0)) continue
    const place = lines === undefined ? row : (lines[row] ?? row)
    const which = name === undefined ? where : `series ${name}`
    const problem = 'the time does not come after that of the row before it'
    throw cellError(which, time, place, problem, lines === undefined ? 'row' : 'line')
  }
}

function names(where: string, option: string, value: unknown): readonly string[] {
  if (!Array.isArray(value) || value.some((name) => typeof name !== 'string'))
    throw new ArgumentError(where, `options.${option}`, 'names of columns', describe(value))
  return value as readonly string[]
}
