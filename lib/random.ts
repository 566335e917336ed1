/** A small seeded generator: the same seed gives the same numbers on every machine. Not for secrets. */

const { imul } = Math // in jest and other contexts of node:vm, a look-up of a global is many times slower

/** Spreads one 32-bit seed over as many words as a generator's state needs (splitmix32). */
function splitmix32(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x9e3779b9) >>> 0
    let word = state
    word = imul(word ^ (word >>> 16), 0x21f0aaad)
    word = imul(word ^ (word >>> 15), 0x735a2d97)
    return (word ^ (word >>> 15)) >>> 0
  }
}

function rotateLeft(word: number, by: number): number {
  return ((word << by) | (word >>> (32 - by))) >>> 0
}

/** Random numbers by xoshiro128**: a period of 2^128 - 1 and no dependence on the platform. */
export class Random {
  #a: number
  #b: number
  #c: number
  #d: number

  /** @param seed a whole number; its lower 32 bits and the next 21 both count */
  constructor(seed: number) {
    const next = splitmix32((seed >>> 0) ^ imul(Math.floor(seed / 2 ** 32) >>> 0, 0x85ebca6b))
    this.#a = next()
    this.#b = next()
    this.#c = next()
    this.#d = next()
  }

  /** Where the generator is: four words, which `restore` takes. */
  state(): readonly number[] {
    return [this.#a, this.#b, this.#c, this.#d]
  }

  /** Goes to where a generator was when `state` gave these words. */
  restore([a = 0, b = 0, c = 0, d = 0]: readonly number[]): void {
    this.#a = a
    this.#b = b
    this.#c = c
    this.#d = d
  }

  /** A whole number from 0 to 2^32 - 1. */
  word(): number {
    const result = imul(rotateLeft(imul(this.#b, 5) >>> 0, 7), 9) >>> 0
    const shifted = (this.#b << 9) >>> 0
    this.#c = (this.#c ^ this.#a) >>> 0
    this.#d = (this.#d ^ this.#b) >>> 0
    this.#b = (this.#b ^ this.#c) >>> 0
    this.#a = (this.#a ^ this.#d) >>> 0
    this.#c = (this.#c ^ shifted) >>> 0
    this.#d = rotateLeft(this.#d, 11)
    return result
  }

  /** A number in [0, 1), with 24 random bits, so that it is exact in float32 too. */
  uniform(): number {
    return (this.word() >>> 8) / 2 ** 24
  }

  /** A whole number in [0, n). */
  integer(n: number): number {
    // 53 bits, so that the bias for any practical n is far below what a test could see.
    return Math.floor((((this.word() >>> 6) * 2 ** 27 + (this.word() >>> 5)) / 2 ** 53) * n)
  }

  /** Puts the elements in random order, in place. */
  shuffle(indices: Int32Array | Uint32Array): void {
    for (let last = indices.length - 1; last > 0; last--) {
      const other = this.integer(last + 1)
      const held = indices[last] ?? 0
      indices[last] = indices[other] ?? 0
      indices[other] = held
    }
  }
}
