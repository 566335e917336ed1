/** Rows of one series out of a stream: they come at the end, and go at the front when no window needs them any more. */
import { ArgumentError } from '../errors.js'
import { describe } from '../shapes.js'
import { formOf } from './readable.js'
import type { Column, RowBlock, Series } from './series.js'
import type { WindowLayout } from './window-layout.js'
import { rowsNeeded } from './windows.js'

/** Rows of a block, and where they stand in the stream. */
interface SegmentRun {
  readonly block: RowBlock
  readonly series: string
  readonly from: number
  readonly to: number
  readonly row: number
}

interface SegmentForm {
  readonly layout: WindowLayout
  readonly stride: number
}

export class Segment {
  readonly series: string
  /** The last value of each column before the first row, for filling forward. */
  readonly before = new Map<string, number>()
  readonly #named: boolean
  readonly #columns: Map<string, Float64Array>
  #lines: Float64Array | undefined
  #firstRow: number
  #rows = 0
  /** Rows that are still to be left out, where windows start further apart than they are long. */
  #skip = 0
  readonly #needed: number
  readonly #stride: number

  /** @param named whether the series has a name that errors should say */
  constructor({ series, row, block }: SegmentRun, named: boolean, { layout, stride }: SegmentForm) {
    this.series = series
    this.#named = named
    this.#firstRow = row
    const { past, known, statics, target } = layout
    const names = new Set([...past, ...known, ...statics, ...target])
    for (const name of names) {
      if (block.columns[name] === undefined) {
        const there = Object.keys(block.columns).join(', ')
        throw new ArgumentError(
          'streamWindows',
          'options',
          `names among the columns ${there}`,
          describe(name),
        )
      }
    }
    this.#columns = new Map([...names].map((name) => [name, new Float64Array()]))
    if (block.lines !== undefined) this.#lines = new Float64Array()
    this.#needed = rowsNeeded(formOf(layout))
    this.#stride = stride
  }

  /** Windows that the rows have room for. */
  get possible(): number {
    return Math.max(0, Math.floor((this.#rows - this.#needed) / this.#stride) + 1)
  }

  /** The first row of the first window that the rows have no room for. */
  get nextStart(): number {
    return this.possible * this.#stride
  }

  add({ block, from, to }: SegmentRun): void {
    const skipped = Math.min(this.#skip, to - from)
    this.#skip -= skipped
    this.#firstRow += skipped
    const [first, rows] = [from + skipped, this.#rows]
    const append = (held: Float64Array, column: Column): Float64Array => {
      const memory = held.length >= rows + to - first ? held : grown(held, rows + to - first)
      for (let row = first; row < to; row++) memory[rows + row - first] = column[row] ?? Number.NaN
      return memory
    }
    for (const [name, held] of this.#columns) {
      const column = block.columns[name] ?? new Float64Array()
      this.#passOver(name, column, from, first)
      this.#columns.set(name, append(held, column))
    }
    if (this.#lines !== undefined) this.#lines = append(this.#lines, block.lines ?? new Float64Array())
    this.#rows += to - first
  }

  /** Lets go of so many rows at the front, also of some that are yet to come. */
  drop(rows: number): void {
    const gone = Math.min(rows, this.#rows)
    this.#skip += rows - gone
    const kept = this.#rows - gone
    // A copy, and not moved in place: batches of the windows given out last are yet to be read out of the old memory.
    const rest = (held: Float64Array): Float64Array => grown(held.subarray(gone, this.#rows), kept)
    for (const [name, held] of this.#columns) {
      this.#passOver(name, held, 0, gone)
      this.#columns.set(name, rest(held))
    }
    if (this.#lines !== undefined) this.#lines = rest(this.#lines)
    this.#firstRow += gone
    this.#rows = kept
  }

  /** Remembers the last value among rows that are left behind. */
  #passOver(name: string, column: Column, from: number, to: number): void {
    for (let row = to - 1; row >= from; row--) {
      const value = column[row] ?? Number.NaN
      if (Number.isNaN(value)) continue
      this.before.set(name, value)
      return
    }
  }

  /** The rows as a series. */
  rows(): Series {
    const columns = [...this.#columns].map(([name, held]) => [name, held.subarray(0, this.#rows)] as const)
    return {
      ...(this.#named ? { name: this.series } : {}),
      columns: Object.fromEntries(columns),
      firstRow: this.#firstRow,
      ...(this.#lines === undefined ? {} : { lines: this.#lines.subarray(0, this.#rows) }),
    }
  }
}

/** A copy with room for at least so many numbers. */
function grown(held: Float64Array, least: number): Float64Array {
  const memory = new Float64Array(Math.max(least, 2 * held.length, 1024))
  memory.set(held)
  return memory
}
