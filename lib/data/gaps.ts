/** Missing values: where they are, and what is put in their place. A column without any is used as it is. */
import type { DataError } from '../errors.js'
import type { Column } from './series.js'

/** What is put in the place of a missing value: the last value before it, or always the same. */
export type Filling = 'forward' | number

/** The rows of a column that are missing, as ones; undefined where there are none. @throws DataError where one is infinite */
export function gapsOf(
  column: Column,
  message: (row: number, what: string) => DataError,
): Uint8Array | undefined {
  let gaps: Uint8Array | undefined
  for (let row = 0; row < column.length; row++) {
    const value = column[row] ?? Number.NaN
    if (Number.isFinite(value)) continue
    if (!Number.isNaN(value)) throw message(row, 'a value is infinite')
    gaps ??= new Uint8Array(column.length)
    gaps[row] = 1
  }
  return gaps
}

/**
 * A copy of a column with its gaps filled. A gap at the front, with nothing before it, stays.
 *
 * @param before the last value before the first row, where there is one
 */
export function filled(column: Column, filling: Filling, before = Number.NaN): Float64Array {
  let last = before
  return Float64Array.from(column as ArrayLike<number>, (value) => {
    if (!Number.isNaN(value)) {
      last = value
      return value
    }
    return filling === 'forward' ? last : filling
  })
}

/** Counts rows that are missing in any of some columns, between any two rows. */
export class GapCount {
  // Of the rows before each; undefined where none is missing.
  #before: Int32Array | undefined

  constructor(rows: number, gaps: readonly (Uint8Array | undefined)[]) {
    const some = gaps.filter((column) => column !== undefined)
    if (some.length === 0) return
    this.#before = new Int32Array(rows + 1)
    for (let row = 0; row < rows; row++)
      this.#before[row + 1] = (this.#before[row] ?? 0) + (some.some((column) => column[row] === 1) ? 1 : 0)
  }

  /** Whether a row from `from` to `to` (exclusive) is missing. */
  within(from: number, to: number): boolean {
    return this.#before !== undefined && (this.#before[to] ?? 0) > (this.#before[from] ?? 0)
  }
}
