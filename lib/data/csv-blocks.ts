/** The rows of a CSV file as blocks of numbers. */
import { open } from 'node:fs/promises'
import { basename } from 'node:path'

import { cellError, isDateValue, requireCell, requireColumns } from './cells.js'
import type { WantedColumns } from './cells.js'
import { openCsv } from './csv-records.js'
import type { CsvRows } from './csv-records.js'
import type { RowBlock } from './series.js'

/** Reads a file from its beginning; memory holds a piece of it at a time. @throws DataError; Node's error where it cannot be read */
export async function* csvBlocks(path: string, wanted: WantedColumns): AsyncGenerator<RowBlock, void, void> {
  const text = (await open(path)).createReadStream({ highWaterMark: PIECE })
  try {
    const name = basename(path)
    const { header, blocks } = await openCsv(text, name)
    requireColumns(name, header, wanted)
    const dates = new Set<string>()
    for await (const rows of blocks) {
      if (rows.records.length > 0) yield blockOf(name, header, rows, wanted, dates)
    }
  } finally {
    text.destroy()
  }
}

const PIECE = 1 << 18

function blockOf(
  name: string,
  header: readonly string[],
  { records, lines }: CsvRows,
  { numbers, texts, times }: WantedColumns,
  dates: Set<string>,
): RowBlock {
  const cells = (column: string): string[] => {
    const index = header.indexOf(column)
    return records.map((record) => record[index] ?? '')
  }
  const column = (wanted: string, isTime: boolean): [string, Float64Array] => {
    const values = cells(wanted)
    if (isTime && isDateValue(values[0])) dates.add(wanted)
    const refuse = (row: number) => (problem: string) => cellError(name, wanted, lines[row] ?? 0, problem)
    return [wanted, Float64Array.from(values, (text, row) => requireCell(text, isTime, refuse(row)))]
  }
  return {
    rows: records.length,
    columns: Object.fromEntries([
      ...numbers.map((wanted) => column(wanted, false)),
      ...times.map((wanted) => column(wanted, true)),
    ]),
    texts: Object.fromEntries(texts.map((wanted) => [wanted, cells(wanted)])),
    dates: [...dates],
    lines,
  }
}
