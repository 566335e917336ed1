/** Keeps a copy of the weights that have the least error so far. */
import { ParameterValue } from '../layers/parameter-value.js'
import type { Parameter } from '../layers/parameter.js'
import { sizeOf } from '../shapes.js'

export class BestWeights {
  readonly #parameters: readonly Parameter[]
  readonly #copies: readonly Float32Array[]
  #error = Infinity
  #epoch = 0

  constructor(parameters: readonly Parameter[]) {
    this.#parameters = parameters
    this.#copies = parameters.map(({ value }) => new Float32Array(sizeOf(value.shape)))
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
    for (const [index, { value }] of this.#parameters.entries()) {
      this.#copies[index]?.set(ParameterValue.read(value))
    }
  }

  /** Puts the kept weights back, where there are some. */
  restore(): void {
    if (this.#epoch === 0) return
    for (const [index, { value }] of this.#parameters.entries()) {
      ParameterValue.write(value).set(this.#copies[index] as Float32Array)
    }
  }
}
