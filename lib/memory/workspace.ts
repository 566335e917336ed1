/**
 * Arrays that one pass is through with and the next takes up again, so that a training loop allocates nothing. Those of
 * about the same length share memory, since batches of unequal lengths have another number of rows each time.
 */
import { newArray, wholeOf } from './allocate.js'

/** From this length on, memory comes in eighths of a power of two. */
const COARSE = 256

/** What is allocated for a length: at most an eighth more. */
function capacityFor(length: number): number {
  if (length <= COARSE) return length
  const step = 2 ** (Math.floor(Math.log2(length)) - 3)
  return Math.ceil(length / step) * step
}

export class Workspace {
  /** Whole memories by their capacity. */
  readonly #spare = new Map<number, Float32Array[]>()
  readonly #limit: number

  /** @param limit how many arrays of one capacity are kept */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** An array of the length, with any content. */
  take(length: number): Float32Array {
    const whole = this.#spareFor(length) ?? newArray(capacityFor(length))
    return whole.length === length ? whole : whole.subarray(0, length)
  }

  /** The smallest that has room, and is not twice as long as is needed. */
  #spareFor(length: number): Float32Array | undefined {
    const most = length <= COARSE ? length : 2 * length
    for (let capacity = capacityFor(length); capacity <= most; capacity = capacityFor(capacity + 1)) {
      const spare = this.#spare.get(capacity)?.pop()
      if (spare !== undefined) return spare
    }
    return undefined
  }

  /** Takes arrays back, each once however often it is named. The caller must not touch them any more. */
  giveAll(arrays: Iterable<Float32Array>): void {
    const given = new Set<ArrayBufferLike>()
    for (const array of arrays) {
      if (!given.has(array.buffer)) this.give(array)
      given.add(array.buffer)
    }
  }

  /** Takes an array of its own back. The caller must not touch it any more. */
  give(given: Float32Array): void {
    const array = wholeOf(given)
    const spare = this.#spare.get(array.length)
    if (spare === undefined) {
      // Capacities come and go with batches; what the last few of them left is enough.
      if (this.#spare.size >= 64) this.#spare.clear()
      this.#spare.set(array.length, [array])
    } else if (spare.length < this.#limit) {
      spare.push(array)
    }
  }
}
