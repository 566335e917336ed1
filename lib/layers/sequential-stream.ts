/** A sequence of layers that runs one step at a time. */
import { ArgumentError } from '../errors.js'
import { describe, isFloat32Array, requireInteger, requireOptions } from '../shapes.js'
import { Linear } from './linear.js'
import { LinearStream } from './linear-stream.js'
import { requirePrecision } from './recurrent-input.js'
import type { Recurrent } from './recurrent.js'
import { RecurrentStream, type StreamOptions, type StreamState } from './stream.js'

/** One layer of a stream, and where its output waits for the next one. */
interface Stage {
  readonly stream: RecurrentStream | LinearStream
  readonly out: Float32Array
}

/**
 * A running state of several layers and the weights that they had when it was made. Its outputs are, bit for bit, those of
 * `model.infer` over the steps so far. Made by `model.stream`.
 */
export class SequentialStream {
  readonly #stages: readonly Stage[]
  readonly #inputs: number
  readonly #outputs: number

  /** @internal */
  constructor(layers: readonly (Recurrent | Linear)[], options: StreamOptions) {
    const where = 'Sequential.stream'
    const given = requireOptions<StreamOptions>(where, 'options', options, ['batchSize', 'precision'])
    const { batchSize = 1 } = given
    const precision = requirePrecision(where, given.precision)
    const batch = requireInteger(where, 'options.batchSize', batchSize, 1, 2 ** 20)
    this.#stages = layers.map((layer) =>
      layer instanceof Linear
        ? { stream: new LinearStream(layer, batch), out: new Float32Array(batch * layer.outFeatures) }
        : {
            stream: layer.stream({ batchSize: batch, precision }),
            out: new Float32Array(batch * layer.outputSize),
          },
    )
    const [first] = layers
    this.#inputs = batch * (first instanceof Linear ? first.inFeatures : (first?.options.inputSize ?? 0))
    this.#outputs = this.#stages.at(-1)?.out.length ?? 0
  }

  /**
   * One step.
   *
   * @param x [B, features of the first layer] in a row
   * @param out takes the result; with it, nothing is allocated
   * @returns `out`, or a new array: what the last layer gives, [B, its features] in a row
   * @throws ArgumentError where an array has a wrong type or length, before the state changes
   */
  step(x: Float32Array, out?: Float32Array): Float32Array {
    requireNumbers('x', x, this.#inputs)
    const result = out ?? new Float32Array(this.#outputs)
    requireNumbers('out', result, this.#outputs)
    const last = this.#stages.length - 1
    for (let place = 0; place <= last; place++) {
      const { stream, out: own } = this.#stages[place] as Stage
      const before = place === 0 ? x : (this.#stages[place - 1] as Stage).out
      stream.step(before, place === last ? result : own)
    }
    return result
  }

  /** Begins a new sequence: all states zero. */
  reset(): void {
    for (const stream of this.#recurrent()) stream.reset()
  }

  /** Copies of the states of the recurrent layers, in their order, which `restore` takes. */
  state(): StreamState[] {
    return this.#recurrent().map((stream) => stream.state())
  }

  /**
   * Goes on from states, of this or another stream of the same form.
   *
   * @throws ArgumentError where there is not one for each recurrent layer, or one has a wrong shape
   */
  restore(states: readonly StreamState[]): void {
    const streams = this.#recurrent()
    if (!Array.isArray(states) || states.length !== streams.length) {
      const expected = `an array of ${streams.length} states, one for each recurrent layer`
      throw new ArgumentError('Sequential.stream.restore', 'states', expected, describe(states))
    }
    // All are looked at before any is taken.
    const taken = streams.map((stream, place) => stream.read(states[place] as StreamState))
    for (const [place, stream] of streams.entries()) stream.write(taken[place] ?? [])
  }

  /** Takes the layers' weights as they are now; the states go on. */
  refresh(): void {
    for (const { stream } of this.#stages) stream.refresh()
  }

  #recurrent(): RecurrentStream[] {
    return this.#stages.flatMap(({ stream }) => (stream instanceof RecurrentStream ? [stream] : []))
  }
}

function requireNumbers(argument: string, value: unknown, length: number): void {
  if (isFloat32Array(value) && value.length === length) return
  const expected = `a Float32Array of length ${length}`
  throw new ArgumentError('Sequential.stream.step', argument, expected, describe(value))
}
