/** A recurrent layer that runs one step at a time, for inference on data as it comes. */
import { ArgumentError } from '../errors.js'
import { native } from '../native/load.js'
import type { NativeStream } from '../native/binding.js'
import { describe, isFloat32Array, requireInteger, requireOptions, requireTensor } from '../shapes.js'
import type { Tensor } from '../tensor.js'
import { newTensor } from './allocate.js'
import type { CellForm } from './cell-forms.js'
import type { ResolvedOptions } from './recurrent-options.js'

/** Options of `layer.stream`. */
export interface StreamOptions {
  /** Sequences that run side by side, B; 1 unless told. */
  batchSize?: number
}

/** The state of a stream. */
export interface StreamState {
  /** [layers, B, H] */
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
  readonly #stateShape: readonly number[]

  /** @internal */
  constructor(
    where: string,
    form: CellForm,
    options: ResolvedOptions,
    weights: () => readonly (readonly Float32Array[])[],
    given: StreamOptions,
  ) {
    const { batchSize = 1 } = requireOptions<StreamOptions>(where, 'options', given, ['batchSize'])
    const batch = requireInteger(where, 'options.batchSize', batchSize, 1, 2 ** 20)
    const { inputSize, hiddenSize, numLayers, bias, bidirectional } = options
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
    this.#stream = new Stream(form.name, inputSize, hiddenSize, numLayers, bias, batch)
    this.#weights = weights
    this.#hasCell = form.hasCell
    this.#inputs = batch * inputSize
    this.#outputs = batch * hiddenSize
    this.#stateShape = [numLayers, batch, hiddenSize]
    this.refresh()
  }

  /**
   * One step.
   *
   * @param x [B, I] in a row
   * @param out takes the result; with it, nothing is allocated
   * @returns `out`, or a new array: the last layer's h, [B, H] in a row
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
    const h = newTensor(this.#stateShape)
    const c = this.#hasCell ? newTensor(this.#stateShape) : null
    this.#stream.read(h.data, c?.data ?? null)
    return { h, ...(c === null ? {} : { c }) }
  }

  /**
   * Goes on from a state, of this or another stream of the same form. `hn` and `cn` of a pass fit as `h` and `c`.
   *
   * @throws ArgumentError where a part is missing or has a wrong shape
   */
  restore(state: StreamState): void {
    const where = `${this.#where}.restore`
    const names = this.#hasCell ? (['h', 'c'] as const) : (['h'] as const)
    const given = requireOptions<StreamState>(where, 'state', state, names)
    const [h, c] = names.map(
      (name) => requireTensor(where, `state.${name}`, given[name], this.#stateShape).data,
    )
    this.#stream.write(h ?? null, c ?? null)
  }

  /** Takes the layer's weights as they are now; the state goes on. */
  refresh(): void {
    for (const [layer, parameters] of this.#weights().entries()) this.#stream.load(layer, parameters)
  }
}
