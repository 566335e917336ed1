/** Keeps a copy of the weights that have the least error so far. */
import type { Parameter } from '../layers/parameter.js'

export class BestWeights {
  readonly #kept: readonly { readonly from: Float32Array; readonly copy: Float32Array }[]
  #error = Infinity
  #epoch = 0

  constructor(parameters: readonly Parameter[]) {
    this.#kept = parameters.map(({ value }) => ({
      from: value.data,
      copy: new Float32Array(value.data.length),
    }))
  }

  /** The epoch whose weights are kept; 0 where there is none yet. */
  get epoch(): number {
    return this.#epoch
  }

  /** Copies the present weights where their error is less than every one before. */
  consider(error: number, epoch: number): void {
    if (!(error < this.#error)) return
    this.#error = error
    this.#epoch = epoch
    for (const { from, copy } of this.#kept) copy.set(from)
  }

  /** Puts the kept weights back, where there are some. */
  restore(): void {
    if (this.#epoch === 0) return
    for (const { from, copy } of this.#kept) from.set(copy)
  }
}
