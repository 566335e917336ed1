/** The rows of a Parquet file, a row group at a time. */
import { basename } from 'node:path'

import { DataError } from '../errors.js'
import { requireColumns } from './cells.js'
import type { WantedColumns } from './cells.js'
import { columnarBlock } from './columnar-block.js'
import type { FileColumn } from './columnar-block.js'
import { notInstalled } from './optional-package.js'
import type { RowBlock } from './series.js'

/** Reads a file from its beginning. @throws DataError; Node's error where it cannot be read */
export async function* parquetBlocks(
  path: string,
  wanted: WantedColumns,
): AsyncGenerator<RowBlock, void, void> {
  const { asyncBufferFromFile, parquetMetadataAsync, parquetRead, parquetSchema } =
    await import('hyparquet').catch(notInstalled('hyparquet', 'reading Parquet files'))
  const name = basename(path)
  const file = await asyncBufferFromFile(path)
  try {
    const metadata = await parquetMetadataAsync(file)
    const header = parquetSchema(metadata).children.map(({ element }) => element.name)
    requireColumns(name, header, wanted)
    const columns = [...new Set([...wanted.numbers, ...wanted.texts, ...wanted.times])]
    const compressors = await compressorsFor(metadata.row_groups)
    let rowStart = 0
    for (const { num_rows: held } of metadata.row_groups) {
      const rows = Number(held)
      const values = new Map<string, unknown[]>(columns.map((column) => [column, []]))
      const first = rowStart
      await parquetRead({
        file,
        metadata,
        columns,
        rowStart,
        rowEnd: rowStart + rows,
        ...compressors,
        onChunk({ columnName, columnData, rowStart: from }) {
          const column = values.get(columnName)
          for (let row = 0; row < columnData.length; row++) {
            if (column !== undefined) column[from - first + row] = columnData[row] as unknown
          }
        },
      })
      const columnOf = (column: string): FileColumn => ({ get: (row) => values.get(column)?.[row] })
      yield columnarBlock(name, rowStart, rows, wanted, columnOf)
      rowStart += rows
    }
  } catch (error) {
    if (error instanceof DataError || (error as { code?: unknown }).code !== undefined) throw error
    throw new DataError(
      `${name}: not a readable Parquet file: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}

/** hyparquet itself undoes Snappy alone. */
async function compressorsFor(
  groups: readonly { readonly columns: readonly { readonly meta_data?: { readonly codec: string } }[] }[],
): Promise<object> {
  const codecs = new Set(groups.flatMap(({ columns }) => columns.map(({ meta_data }) => meta_data?.codec)))
  codecs.delete('UNCOMPRESSED')
  codecs.delete('SNAPPY')
  if (codecs.size === 0) return {}
  const { compressors } = await import('hyparquet-compressors').catch(
    notInstalled('hyparquet-compressors', `reading Parquet files compressed with ${[...codecs].join(', ')}`),
  )
  return { compressors }
}
