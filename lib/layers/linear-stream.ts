/** A linear layer within a stream. */
import { native } from '../native/load.js'
import type { NativeLinearStream } from '../native/binding.js'
import type { Linear } from './linear.js'

/** Keeps the weights that it took last. */
export class LinearStream {
  readonly #stream: NativeLinearStream
  readonly #layer: Linear

  constructor(layer: Linear, batch: number) {
    this.#layer = layer
    this.#stream = new (native().LinearStream)(layer.inFeatures, layer.outFeatures, batch)
    this.refresh()
  }

  /** x [B, in]; out [B, out] */
  step(x: Float32Array, out: Float32Array): void {
    this.#stream.step(x, out)
  }

  refresh(): void {
    const [weight, bias] = this.#layer.currentValues('stream')
    this.#stream.load(weight, bias)
  }
}
