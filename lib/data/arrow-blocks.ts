/** The rows of an Arrow file or stream (Feather version 2 is one), a record batch at a time. */
import { open } from 'node:fs/promises'
import { basename } from 'node:path'

import { DataError } from '../errors.js'
import { requireColumns } from './cells.js'
import type { WantedColumns } from './cells.js'
import { columnarBlock } from './columnar-block.js'
import type { FileColumn } from './columnar-block.js'
import { notInstalled } from './optional-package.js'
import type { Column, RowBlock } from './series.js'

/** Reads a file from its beginning. @throws DataError; Node's error where it cannot be read */
export async function* arrowBlocks(
  path: string,
  wanted: WantedColumns,
): AsyncGenerator<RowBlock, void, void> {
  const { RecordBatchReader } = await import('apache-arrow').catch(
    notInstalled('apache-arrow', 'reading Arrow files'),
  )
  const name = basename(path)
  const file = (await open(path)).createReadStream()
  // A file that cannot be read is to be said so, and not found to be no Arrow.
  let failure: Error | undefined
  file.on('error', (error) => (failure = error))
  try {
    const reader = await RecordBatchReader.from(file)
    await reader.open()
    const header = reader.schema.fields.map((field) => field.name)
    requireColumns(name, header, wanted)
    let firstRow = 0
    for await (const batch of reader) {
      const columnOf = (column: string): FileColumn => {
        const held = batch.getChild(column)
        const field = batch.schema.fields.find((known) => known.name === column)
        const values = held?.nullCount === 0 ? (held.toArray() as unknown) : undefined
        return {
          get: (row) => held?.get(row) as unknown,
          isDate: /^(Date|Timestamp)/.test(String(field?.type)),
          numbers:
            isNumbers(values) && !/^(Date|Timestamp|Decimal)/.test(String(field?.type)) ? values : undefined,
        }
      }
      yield columnarBlock(name, firstRow, batch.numRows, wanted, columnOf)
      firstRow += batch.numRows
    }
  } catch (error) {
    if (error instanceof DataError || error === failure) throw error
    if (failure !== undefined) throw failure
    throw new DataError(
      `${name}: not a readable Arrow file: ${error instanceof Error ? error.message : String(error)}`,
    )
  } finally {
    file.destroy()
  }
}

/** Whether values are a typed array of numbers that arithmetic takes as they are. */
function isNumbers(values: unknown): values is Column {
  const kind = Object.prototype.toString.call(values).slice(8, -1)
  return /^(Float64|Float32|Int32|Uint32|Int16|Uint16|Int8|Uint8)Array$/.test(kind)
}
