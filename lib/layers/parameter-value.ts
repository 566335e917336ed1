/**
 * The value of a parameter: a tensor that knows whether its numbers may have changed.
 *
 * Who holds an array may write it at any time, and no one is told. So a value notes that its `data` was read by who may
 * hold it from then on. Until then only this package writes it, which counts its writes, and inference need not go
 * through all weights before each call to see whether those that it keeps packed are still the same.
 */
import type { Tensor } from '../tensor.js'

export class ParameterValue implements Tensor {
  /** Reading it says that the reader may write it whenever it likes. */
  declare readonly data: Float32Array
  declare readonly shape: readonly number[]
  readonly #data: Float32Array
  #isHandedOut = false
  #writes = 0

  constructor({ data, shape }: Tensor) {
    this.#data = data
    // Its own and enumerable, as those of any other tensor, for who copies, compares or prints tensors.
    Object.defineProperties(this, {
      data: { enumerable: true, get: ParameterValue.#handOut },
      shape: { enumerable: true, value: shape },
    })
    Object.freeze(this)
  }

  static #handOut(this: ParameterValue): Float32Array {
    this.#isHandedOut = true
    return this.#data
  }

  /** The numbers, for who reads them now, writes none and hands them to no one. Any other tensor's are its `data`. */
  static read(value: Tensor): Float32Array {
    return #data in value ? value.#data : value.data
  }

  /** The numbers, for who writes them before any other call of this package, and keeps no hold of them. */
  static write(value: Tensor): Float32Array {
    if (!(#data in value)) return value.data
    value.#writes++
    return value.#data
  }

  /** A number that is another after each write; undefined where there may be writes that are not counted. */
  static writes(value: Tensor): number | undefined {
    return #data in value && !value.#isHandedOut ? value.#writes : undefined
  }

  /** For who checks what a user gave: a parameter's value as a plain tensor, not to be handed on; anything else as it is. */
  static plain(value: unknown): unknown {
    const isOwn = typeof value === 'object' && value !== null && #data in value
    return isOwn ? { data: value.#data, shape: value.shape } : value
  }

  /** `console.log` shows the numbers, not that there is a getter. */
  [Symbol.for('nodejs.util.inspect.custom')](): Tensor {
    return { data: this.data, shape: this.shape }
  }
}
