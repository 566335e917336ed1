/**
 * How the rows of a batch of sequences stand while the core works on them: time-major, longest sequences first, and
 * without the padding of shorter ones. Step t has the rows of all sequences longer than t.
 */
import { ArgumentError } from '../errors.js'
import { native } from '../native/load.js'
import { describe, reading } from '../shapes.js'

export class SequenceBatch {
  /** Rows in all: T·B, or the sum of the lengths. */
  readonly rows: number
  /** Rows of each step, or null where every step has B. */
  readonly counts: Int32Array | null
  /** The caller's index of each sequence, longest first, or null where the order is the caller's. */
  readonly #order: Int32Array | null
  /** Which of the caller's rows each of the core's is; made when first asked for. */
  #places: Int32Array | undefined

  /**
   * @param lengths the length of each sequence, from 1 to `steps`, or undefined where all are `steps` long
   */
  constructor(
    readonly steps: number,
    readonly batch: number,
    readonly batchFirst: boolean,
    lengths?: readonly number[],
  ) {
    if (lengths === undefined || lengths.every((length) => length === steps)) {
      this.rows = steps * batch
      this.counts = null
      this.#order = null
      return
    }
    const order = Int32Array.from({ length: batch }, (_, b) => b)
    // A stable sort: equal lengths keep the caller's order.
    order.sort((a, b) => (lengths[b] as number) - (lengths[a] as number))
    this.#order = order
    this.counts = new Int32Array(steps)
    let longer = batch
    for (let t = 0; t < steps; t++) {
      while (longer > 0 && (lengths[order[longer - 1] as number] as number) <= t) longer--
      this.counts[t] = longer
    }
    this.rows = lengths.reduce((sum, length) => sum + length, 0)
  }

  /** Steps that have rows: those of the longest sequence. */
  get activeSteps(): number {
    return this.counts === null ? this.steps : this.counts.findLastIndex((count) => count > 0) + 1
  }

  /** Whether the core's order of rows is the caller's. */
  get identical(): boolean {
    return this.counts === null && (!this.batchFirst || this.batch === 1 || this.steps === 1)
  }

  /** Copies a caller's [T, B, features] or [B, T, features] into the core's rows [N, features]. */
  gather(from: Float32Array, features: number, to: Float32Array): Float32Array {
    if (this.identical) to.set(from)
    else native().gatherRows(from, to, this.#placesOfRows(), features)
    return to
  }

  /** Copies the core's rows to a caller's array, which holds zeros where there is no row. */
  scatter(from: Float32Array, features: number, to: Float32Array): Float32Array {
    if (this.identical) to.set(from)
    else native().scatterRows(from, to, this.#placesOfRows(), features)
    return to
  }

  /** Copies states [groups, B, size] from the caller's order of sequences to the core's. */
  gatherStates(from: Float32Array, groups: number, size: number): Float32Array {
    const to = new Float32Array(from.length)
    native().gatherRows(from, to, this.#sequencesOf(groups), size)
    return to
  }

  /** Copies states [groups, B, size] from the core's order of sequences to the caller's. */
  scatterStates(from: Float32Array, groups: number, size: number): Float32Array {
    const to = new Float32Array(from.length)
    native().scatterRows(from, to, this.#sequencesOf(groups), size)
    return to
  }

  /** The caller's index of each sequence of each group. */
  #sequencesOf(groups: number): Int32Array {
    return Int32Array.from({ length: groups * this.batch }, (_, row) => {
      const b = row % this.batch
      return row - b + (this.#order?.[b] ?? b)
    })
  }

  #placesOfRows(): Int32Array {
    if (this.#places !== undefined) return this.#places
    const places = new Int32Array(this.rows)
    const [perStep, perSequence] = this.batchFirst ? [1, this.steps] : [this.batch, 1]
    let row = 0
    for (let t = 0; t < this.activeSteps; t++) {
      const count = this.counts?.[t] ?? this.batch
      for (let b = 0; b < count; b++) places[row++] = t * perStep + (this.#order?.[b] ?? b) * perSequence
    }
    this.#places = places
    return places
  }
}

/** Checks `lengths` as a user gave them: one whole number from 1 to `steps` for each of `batch` sequences. */
export function requireLengths(
  where: string,
  value: unknown,
  batch: number,
  steps: number,
): readonly number[] {
  const argument = 'options.lengths'
  const expected = `${batch} whole numbers from 1 to ${steps}`
  const lengths = reading(where, argument, expected, () => {
    if (typeof value !== 'object' || value === null || (value as ArrayLike<unknown>).length !== batch) {
      throw new ArgumentError(where, argument, expected, describe(value))
    }
    return Array.from({ length: batch }, (_, row) => (value as ArrayLike<unknown>)[row])
  })
  return lengths.map((length, row) => {
    if (typeof length !== 'number' || !Number.isInteger(length) || length < 1 || length > steps) {
      throw new ArgumentError(
        where,
        `${argument}[${row}]`,
        `a whole number from 1 to ${steps} (the steps of the input)`,
        describe(length),
      )
    }
    return length
  })
}
