/** A recurrent layer that runs one step at a time, for inference on data as it comes. */
import { ArgumentError } from '../errors.js'
import { newTensor } from '../memory/allocate.js'
import { native } from '../native/load.js'
import type { NativeStream, ScanArguments } from '../native/binding.js'
import { describe, isFloat32Array, requireInteger, requireOptions, requireTensor } from '../shapes.js'
import type { Tensor } from '../tensor.js'
import { requirePrecision, type Precision } from './recurrent-input.js'

/** Options of `layer.stream`. */
export interface StreamOptions {
  /** Sequences that run side by side, B; 1 unless told. */
  batchSize?: number
  /** How the matrices W_ih and W_hh are kept, as in `infer`; `'float32'` unless told. */
  precision?: Precision
}

/** What is to be known of a layer to make a stream of it. */
export interface StreamForm {
  /** Of the first layer's scan. */
  readonly form: ScanArguments
  readonly numLayers: number
  readonly hasCell: boolean
  readonly bidirectional: boolean
}

/** The state of a stream. */
export interface StreamState {
  /** [layers, B, R] */
  readonly h: Tensor
  /** [layers, B, H], for a cell that has it. */
  readonly c?: Tensor
}

/**
 * A running state and the weights that it was made with. Its outputs are, bit for bit, those of `layer.infer` over the
 * steps so far. Made by `layer.stream`.
 */
export class RecurrentStream {
  readonly #where: string
  readonly #stream: NativeStream
  readonly #weights: () => readonly (readonly Float32Array[])[]
  readonly #hasCell: boolean
  readonly #inputs: number
  readonly #outputs: number
  readonly #hShape: readonly number[]
  readonly #cShape: readonly number[]

  /** @internal */
  constructor(
    where: string,
    { form, numLayers, hasCell, bidirectional }: StreamForm,
    weights: () => readonly (readonly Float32Array[])[],
    given: StreamOptions,
  ) {
    const options = requireOptions<StreamOptions>(where, 'options', given, ['batchSize', 'precision'])
    const { batchSize = 1 } = options
    const precision = requirePrecision(where, options.precision)
    const batch = requireInteger(where, 'options.batchSize', batchSize, 1, 2 ** 20)
    const [, inputSize, hiddenSize, outputSize] = form
    if (bidirectional) {
      throw new ArgumentError(
        where,
        'bidirectional',
        'a layer of one direction',
        'one that needs the end first',
      )
    }
    const { Stream } = native()
    this.#where = where
    this.#stream = new Stream(...form, numLayers, batch, precision)
    this.#weights = weights
    this.#hasCell = hasCell
    this.#inputs = batch * inputSize
    this.#outputs = batch * outputSize
    this.#hShape = [numLayers, batch, outputSize]
    this.#cShape = [numLayers, batch, hiddenSize]
    this.refresh()
  }

  /**
   * One step.
   *
   * @param x [B, I] in a row
   * @param out takes the result; with it, nothing is allocated
   * @returns `out`, or a new array: the last layer's h, [B, R] in a row
   * @throws ArgumentError where an array has a wrong type or length, before the state changes
   */
  step(x: Float32Array, out?: Float32Array): Float32Array {
    if (!isFloat32Array(x) || x.length !== this.#inputs) this.#refuse('x', x, this.#inputs)
    const result = out ?? new Float32Array(this.#outputs)
    if (!isFloat32Array(result) || result.length !== this.#outputs) this.#refuse('out', result, this.#outputs)
    this.#stream.step(x, result)
    return result
  }

  #refuse(argument: string, value: unknown, length: number): never {
    throw new ArgumentError(
      `${this.#where}.step`,
      argument,
      `a Float32Array of length ${length}`,
      describe(value),
    )
  }

  /** Begins a new sequence: all states zero. */
  reset(): void {
    this.#stream.write(null, null)
  }

  /** A copy of the state, which `restore` takes. */
  state(): StreamState {
    const h = newTensor(this.#hShape)
    const c = this.#hasCell ? newTensor(this.#cShape) : null
    this.#stream.read(h.data, c?.data ?? null)
    return { h, ...(c === null ? {} : { c }) }
  }

  /**
   * Goes on from a state, of this or another stream of the same form. `hn` and `cn` of a pass fit as `h` and `c`.
   *
   * @throws ArgumentError where a part is missing or has a wrong shape
   */
  restore(state: StreamState): void {
    this.write(this.read(state))
  }

  /** @internal Checks a state; gives its h, and c where there is one. */
  read(state: StreamState): Float32Array[] {
    const where = `${this.#where}.restore`
    const names = this.#hasCell ? (['h', 'c'] as const) : (['h'] as const)
    const given = requireOptions<StreamState>(where, 'state', state, names)
    return names.map((name) => {
      const shape = name === 'h' ? this.#hShape : this.#cShape
      return requireTensor(where, `state.${name}`, given[name], shape).data
    })
  }

  /** @internal Takes what `read` gave. */
  write([h, c]: readonly Float32Array[]): void {
    this.#stream.write(h ?? null, c ?? null)
  }

  /** Takes the layer's weights as they are now; the state goes on. */
  refresh(): void {
    for (const [layer, parameters] of this.#weights().entries()) this.#stream.load(layer, parameters)
  }
}
