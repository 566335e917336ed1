/** Single steps of a GRU and an LSTM, for loops that are written by hand. */
import { StateError } from '../errors.js'
import { newArray, newTensor } from '../memory/allocate.js'
import { native } from '../native/load.js'
import type { NativeScan, SequenceArguments } from '../native/binding.js'
import { requireBoolean, requireInteger, requireOptions, requireTensor } from '../shapes.js'
import type { Tensor } from '../tensor.js'
import { GRU_FORM, LSTM_FORM, type CellForm } from './cell-forms.js'
import { initialiseUniform, randomOf } from './initialise.js'
import { Module } from './module.js'
import { ParameterValue } from './parameter-value.js'
import { MAX_SIZE, requireSeed } from './recurrent-options.js'

/** Options of `GRUCell` and `LSTMCell`, with PyTorch's meanings and defaults. */
export interface CellOptions {
  /** Features of the input, I. */
  inputSize: number
  /** Units, H. */
  hiddenSize: number
  /** Whether there are biases; true unless told. */
  bias?: boolean
  /** For first values: the same seed gives the same bits. Another one every time unless told. */
  seed?: number
}

/** The state before a step, or gradients with respect to the one after it; what is left out is zero. */
export interface CellState {
  /** [B, H] */
  h?: Tensor
  /** [B, H], for a cell that has it. */
  c?: Tensor
}

/** The names of a state of the cell: h, and c where it has one. */
const stateNames = (hasCell: boolean): readonly (keyof CellState)[] => (hasCell ? ['h', 'c'] : ['h'])

/** Gradients with respect to what a step was given. */
export interface CellGradients {
  /** [B, I] */
  readonly input: Tensor
  /** [B, H] */
  readonly h: Tensor
  /** [B, H], for a cell that has it. */
  readonly c?: Tensor
}

interface StepRecord {
  readonly scan: NativeScan
  readonly sequence: SequenceArguments
  readonly tape: Float32Array
  readonly tiles: boolean
  readonly grads: readonly Float32Array[]
  readonly inputShape: readonly number[]
  readonly hasCell: boolean
  readonly where: string
  readonly requireIntact: () => void
}

/** One step: the state after it, and the way back. */
export class CellStep {
  /** [B, H] */
  readonly h: Tensor
  /** [B, H], for a cell that has it. */
  declare readonly c?: Tensor
  #record: StepRecord | undefined

  /** @internal */
  constructor(record: StepRecord, h: Tensor, c: Tensor | null) {
    this.#record = record
    this.h = h
    if (c !== null) this.c = c
  }

  /**
   * Adds into the `grad` of every parameter. May be called more than once.
   *
   * @param gradients of the loss with respect to `h` and `c`
   * @returns those with respect to the input and the state before
   * @throws ArgumentError where a gradient has a wrong shape; StateError after `release`
   */
  backward(gradients: CellState): CellGradients {
    const record = this.#record
    const where = `${record?.where ?? 'CellStep'}.backward`
    if (record === undefined) throw new StateError(where, 'the step was released')
    const { shape } = this.h
    const given = requireOptions<CellState>(where, 'gradients', gradients, stateNames(record.hasCell))
    const check = (name: keyof CellState): Float32Array | null =>
      given[name] === undefined ? null : requireTensor(where, `gradients.${name}`, given[name], shape).data
    const [dh, dc] = [check('h'), record.hasCell ? check('c') : null]
    record.requireIntact()
    const input = newTensor(record.inputShape)
    const h = newTensor(shape)
    const c = record.hasCell ? newTensor(shape) : null
    const { scan, sequence, tape, tiles, grads } = record
    const results = [input.data, null, false, h.data, c?.data ?? null] as const
    scan.backward(grads, tape, ...sequence, null, null, dh, dc, ...results, null, 0, 0, true, true, tiles)
    return { input, h, ...(c === null ? {} : { c }) }
  }

  /** Lets go of what backward needs. The results stay; backward is over. */
  release(): void {
    this.#record = undefined
  }

  /** `release`, at the end of a block that holds it with `using`. */
  [Symbol.dispose](): void {
    this.release()
  }
}

abstract class RecurrentCell extends Module {
  /** I, features of an input. */
  readonly inputSize: number
  /** H, units. */
  readonly hiddenSize: number
  readonly #form: CellForm
  readonly #scan: NativeScan

  protected constructor(where: string, form: CellForm, options: CellOptions) {
    const given = requireOptions<CellOptions>(where, 'options', options, [
      'inputSize',
      'hiddenSize',
      'bias',
      'seed',
    ])
    const inputSize = requireInteger(where, 'options.inputSize', given.inputSize, 1, MAX_SIZE)
    const hiddenSize = requireInteger(where, 'options.hiddenSize', given.hiddenSize, 1, MAX_SIZE)
    const bias = requireBoolean(where, 'options.bias', given.bias ?? true)
    const random = randomOf(requireSeed(where, given.seed))
    const rows = form.gates * hiddenSize
    super(where, [
      { name: 'weight_ih', shape: [rows, inputSize] },
      { name: 'weight_hh', shape: [rows, hiddenSize] },
      ...(bias
        ? [
            { name: 'bias_ih', shape: [rows] },
            { name: 'bias_hh', shape: [rows] },
          ]
        : []),
    ])
    this.inputSize = inputSize
    this.hiddenSize = hiddenSize
    this.#form = form
    initialiseUniform(this.parameters(), hiddenSize, random)
    const { Scan } = native()
    this.#scan = new Scan(form.name, inputSize, hiddenSize, hiddenSize, bias, Infinity, 0, 0)
  }

  /**
   * One step of a batch.
   *
   * @param input [B, I]; copied
   * @param state before the step, each [B, H]; copied
   * @throws ArgumentError where the input or a state has a wrong type or shape
   */
  forward(input: Tensor, state: CellState = {}): CellStep {
    const where = `${this.where}.forward`
    const checked = requireTensor(where, 'input', input, ['B', this.inputSize])
    const batch = checked.shape[0] ?? 0
    const shape = [batch, this.hiddenSize]
    const { hasCell } = this.#form
    const given = requireOptions<CellState>(where, 'state', state, stateNames(hasCell))
    const copy = (name: keyof CellState): Float32Array | null =>
      given[name] === undefined
        ? null
        : requireTensor(where, `state.${name}`, given[name], shape).data.slice()
    const [h0, c0] = [copy('h'), hasCell ? copy('c') : null]
    const named = this.named()
    this.requireIntact(where, named)
    const x = checked.data.slice()
    const h = newTensor(shape)
    const c = hasCell ? newTensor(shape) : null
    const out = newTensor(shape).data
    const tiles = this.#scan.suitsTiles(batch)
    const tape = newArray(this.#scan.tapeSize(batch, 0, tiles))
    const rows = [x, h0, c0, out, this.hiddenSize, 0] as const
    const call: SequenceArguments = [1, batch, null, false, ...rows, null, -1, 0, 0]
    const values = named.map(({ parameter }) => ParameterValue.read(parameter.value))
    this.#scan.forward(values, tape, ...call, h.data, c?.data ?? null, null, null, null, null, tiles)
    const record: StepRecord = {
      scan: this.#scan,
      sequence: call,
      tape,
      tiles,
      hasCell,
      grads: named.map(({ parameter }) => parameter.grad.data),
      inputShape: [batch, this.inputSize],
      where: this.where,
      requireIntact: () => this.requireIntact(`${this.where}.backward`, named),
    }
    return new CellStep(record, h, c)
  }
}

/** A step of an LSTM: `c` is always there. */
export interface LSTMCellStep extends CellStep {
  readonly c: Tensor
  backward(gradients: CellState): Required<CellGradients>
}

/**
 * One step of an LSTM, as `torch.nn.LSTMCell`: parameters `weight_ih` [4H, I], `weight_hh` [4H, H], `bias_ih` and
 * `bias_hh` [4H], gate order i, f, g, o.
 */
export class LSTMCell extends RecurrentCell {
  /** @throws ArgumentError where an option is missing, unknown or out of range */
  constructor(options: CellOptions) {
    super('LSTMCell', LSTM_FORM, options)
  }

  override forward(input: Tensor, state?: CellState): LSTMCellStep {
    return super.forward(input, state) as LSTMCellStep
  }
}

/**
 * One step of a GRU in the reset-after form, as `torch.nn.GRUCell`: parameters `weight_ih` [3H, I], `weight_hh`
 * [3H, H], `bias_ih` and `bias_hh` [3H], gate order r, z, n.
 */
export class GRUCell extends RecurrentCell {
  /** @throws ArgumentError where an option is missing, unknown or out of range */
  constructor(options: CellOptions) {
    super('GRUCell', GRU_FORM, options)
  }

  override forward(input: Tensor, state?: Omit<CellState, 'c'>): CellStep {
    return super.forward(input, state)
  }
}
