/** Turns columns of an Arrow or Parquet file, whatever their types, into a block of numbers. */
import { cellError, isDateValue, requireCell, textOf } from './cells.js'
import type { WantedColumns } from './cells.js'
import type { Column, RowBlock } from './series.js'

/** A column as a file has it. */
export interface FileColumn {
  /** The value of a row, whatever it is; null where it is missing. */
  get(row: number): unknown
  /** All values at once, where they are numbers and none is missing. */
  readonly numbers?: Column | undefined
  /** Whether its type says that it holds dates. */
  readonly isDate?: boolean
}

/** Makes a block of so many rows, the first of which is `firstRow` in the file. */
export function columnarBlock(
  name: string,
  firstRow: number,
  rows: number,
  { numbers, texts, times }: WantedColumns,
  columnOf: (name: string) => FileColumn,
): RowBlock {
  const each = <T>(convert: (row: number) => T): T[] => Array.from({ length: rows }, (_, row) => convert(row))
  const column = (wanted: string, isTime: boolean): [string, Column] => {
    const held = columnOf(wanted)
    if (held.numbers !== undefined) return [wanted, held.numbers]
    const refuse = (row: number) => (problem: string) =>
      cellError(name, wanted, firstRow + row, problem, 'row')
    return [wanted, Float64Array.from(each((row) => requireCell(held.get(row), isTime, refuse(row))))]
  }
  return {
    rows,
    columns: Object.fromEntries([
      ...numbers.map((wanted) => column(wanted, false)),
      ...times.map((wanted) => column(wanted, true)),
    ]),
    texts: Object.fromEntries(
      texts.map((wanted) => [wanted, each((row) => textOf(columnOf(wanted).get(row)))]),
    ),
    dates: times.filter((wanted) => columnOf(wanted).isDate ?? isDateValue(columnOf(wanted).get(0))),
  }
}
