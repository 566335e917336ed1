/**
 * Memory for batches on their way to another thread, which hands it back with its answers: fresh memory for each batch would
 * be as many page faults and collections of garbage, beside threads that compute.
 */

/** Batches of all groups that may be under way have an input and a target each. */
const MOST = 128

export class SpareBuffers {
  readonly #buffers = new Map<number, ArrayBuffer[]>()
  #count = 0

  /** A buffer of the size, with any content. */
  take(bytes: number): ArrayBuffer {
    const buffer = this.#buffers.get(bytes)?.pop()
    if (buffer === undefined) return new ArrayBuffer(bytes)
    this.#count--
    return buffer
  }

  /** Takes buffers that are of no more use elsewhere. */
  give(buffers: readonly ArrayBuffer[]): void {
    // Sizes come and go with lengths; what is left of those that do not come again is let go with the rest.
    if (this.#count + buffers.length > MOST) {
      this.#buffers.clear()
      this.#count = 0
    }
    for (const buffer of buffers) {
      const spare = this.#buffers.get(buffer.byteLength)
      if (spare === undefined) this.#buffers.set(buffer.byteLength, [buffer])
      else spare.push(buffer)
    }
    this.#count += buffers.length
  }
}
