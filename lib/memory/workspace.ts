/** Arrays that one pass is through with and the next takes up again, so that a training loop allocates nothing. */
import { newArray } from './allocate.js'

export class Workspace {
  readonly #spare = new Map<number, Float32Array[]>()
  readonly #limit: number

  /** @param limit how many arrays of one length are kept */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** An array of the length, with any content. */
  take(length: number): Float32Array {
    return this.#spare.get(length)?.pop() ?? newArray(length)
  }

  /** Takes arrays back, each once however often it is named. The caller must not touch them any more. */
  giveAll(arrays: Iterable<Float32Array>): void {
    for (const array of new Set(arrays)) this.give(array)
  }

  /** Takes an array back. The caller must not touch it any more. */
  give(array: Float32Array): void {
    const spare = this.#spare.get(array.length)
    if (spare === undefined) {
      // Lengths come and go with batches; what the last few of them left is enough.
      if (this.#spare.size >= 16) this.#spare.clear()
      this.#spare.set(array.length, [array])
    } else if (spare.length < this.#limit) {
      spare.push(array)
    }
  }
}
