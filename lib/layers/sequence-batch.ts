/**
 * How the rows of a batch of sequences stand while the core works on them: time-major, longest sequences first, and
 * without the padding of shorter ones. Step t has the rows of all sequences longer than t.
 */
import { ArgumentError } from '../errors.js'
import { newTensor } from '../memory/allocate.js'
import { newUnfilledResult } from '../memory/recycler.js'
import type { Workspace } from '../memory/workspace.js'
import type { NativePlaces } from '../native/binding.js'
import { native } from '../native/load.js'
import { describe, reading, sizeOf } from '../shapes.js'
import type { Tensor } from '../tensor.js'

export class SequenceBatch {
  /** Rows in all: T·B, or the sum of the lengths. */
  readonly rows: number
  /** Rows of each step, or null where every step has B. */
  readonly counts: Int32Array | null
  /** Where the caller has the core's rows; null where they stand alike. */
  readonly places: NativePlaces
  #statePlaces: Int32Array | undefined
  /** The caller's sequences, longest first; null where they stand alike, as states then do. */
  readonly #sorted: Int32Array | null
  readonly #workspace: Workspace
  /** What `release` gives back. */
  readonly #held: Float32Array[] = []

  /**
   * @param workspace where its memory comes from
   * @param lengths the length of each sequence, from 1 to `steps`, or undefined where all are `steps` long
   */
  constructor(
    readonly steps: number,
    readonly batch: number,
    readonly batchFirst: boolean,
    workspace: Workspace,
    lengths?: readonly number[],
  ) {
    this.#workspace = workspace
    this.rows = steps * batch
    this.counts = null
    this.places = null
    this.#sorted = null
    const packed = lengths?.some((length) => length < steps) ? lengths : undefined
    if (packed === undefined && (!batchFirst || batch === 1 || steps === 1)) return

    const order = this.#takeIntegers(batch)
    if (packed) {
      this.#sorted = order
      this.counts = this.#takeIntegers(steps)
      this.rows = sortByLength(packed, order, this.counts, this.#takeIntegers(steps + 1))
    } else {
      for (let b = 0; b < batch; b++) order[b] = b
    }
    this.places = this.#placesOf(order, batchFirst ? [steps, 1, steps] : [steps, batch, 1])
  }

  /** Steps that have rows: those of the longest sequence. */
  get activeSteps(): number {
    return this.counts === null ? this.steps : this.counts.findLastIndex((count) => count > 0) + 1
  }

  /** Room for a result as the caller has rows: [T, B, features] or [B, T, features]. */
  newRows(features: number): Tensor {
    const { steps, batch } = this
    return newUnfilledResult([...(this.batchFirst ? [batch, steps] : [steps, batch]), features])
  }

  /** A copy of the caller's states, [groups, B, size], in the core's order. */
  statesOf({ data, shape: [groups = 0, , size = 0] }: Tensor): Float32Array {
    const copy = this.#take(data.length)
    const places = this.#placesOfStates(groups)
    if (places === null) copy.set(data)
    else native().gatherRows(data, copy, places, size)
    return copy
  }

  /** Room for the core's states, of the shape [groups, B, size], which `inCallersOrder` then turns into a result. */
  newStates(shape: readonly number[]): Tensor {
    return this.#sorted === null ? newTensor(shape) : { data: this.#take(sizeOf(shape)), shape }
  }

  /** States as the caller has them; where no sequence has moved, the same ones. */
  inCallersOrder(states: Tensor): Tensor {
    const [groups = 0, , size = 0] = states.shape
    const places = this.#placesOfStates(groups)
    if (places === null) return states
    const result = newTensor(states.shape)
    native().scatterRows(states.data, result.data, places, size)
    return result
  }

  /** Gives the memory back: the batch is of no use any more. */
  release(): void {
    this.#workspace.giveAll(this.#held.splice(0))
  }

  #placesOf(
    order: Int32Array,
    extents: readonly [steps: number, perStep: number, perSequence: number],
  ): Int32Array {
    const places = this.#takeIntegers(extents.length + order.length)
    places.set(extents)
    places.set(order, extents.length)
    return places
  }

  /**
   * Where the caller has states, each group of which is like a step; null where sequences stand alike. All states of a layer
   * have as many groups.
   */
  #placesOfStates(groups: number): NativePlaces {
    if (this.#sorted === null) return null
    this.#statePlaces ??= this.#placesOf(this.#sorted, [groups, this.batch, 1])
    return this.#statePlaces
  }

  #take(length: number): Float32Array {
    const array = this.#workspace.take(length)
    this.#held.push(array)
    return array
  }

  #takeIntegers(length: number): Int32Array {
    const { buffer, byteOffset } = this.#take(length)
    return new Int32Array(buffer, byteOffset, length)
  }
}

/**
 * Counts sequences by their lengths, which also sorts them.
 *
 * @param order takes the sequences, longest first; those of one length in the caller's order
 * @param counts takes, for each step, how many sequences have it
 * @param next room for a number more than there are steps
 * @returns the sum of the lengths
 */
function sortByLength(
  lengths: readonly number[],
  order: Int32Array,
  counts: Int32Array,
  next: Int32Array,
): number {
  counts.fill(0)
  for (const length of lengths) counts[length - 1] = (counts[length - 1] as number) + 1
  // next[n]: where the next sequence of length n goes, behind all that are longer.
  let longer = 0
  let sum = 0
  for (let t = counts.length - 1; t >= 0; t--) {
    next[t + 1] = longer
    longer += counts[t] as number
    counts[t] = longer
    sum += longer
  }
  for (const [b, length] of lengths.entries()) {
    const place = next[length] as number
    order[place] = b
    next[length] = place + 1
  }
  return sum
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
  return reading(where, argument, expected, () => {
    if (typeof value !== 'object' || value === null || (value as ArrayLike<unknown>).length !== batch) {
      throw new ArgumentError(where, argument, expected, describe(value))
    }
    const lengths: number[] = []
    for (let row = 0; row < batch; row++) {
      const length = (value as ArrayLike<unknown>)[row]
      if (typeof length !== 'number' || !Number.isInteger(length) || length < 1 || length > steps) {
        throw new ArgumentError(
          where,
          `${argument}[${row}]`,
          `a whole number from 1 to ${steps} (the steps of the input)`,
          describe(length),
        )
      }
      lengths.push(length)
    }
    return lengths
  })
}
