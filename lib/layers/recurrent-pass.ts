/** One forward pass of a recurrent layer, and its way back. */
import { StateError } from '../errors.js'
import type { NativeScan, SequenceArguments } from '../native/binding.js'
import { booleanOption, requireOptions, requireTensor } from '../shapes.js'
import type { Tensor } from '../tensor.js'
import { newTensor } from './allocate.js'
import { applyDropout } from './dropout.js'
import type { InferResult } from './recurrent.js'
import type { SequenceBatch } from './sequence-batch.js'
import type { Workspace } from './workspace.js'

/** What one direction of a layer left behind. */
export interface ScanRecord {
  readonly scan: NativeScan
  readonly sequence: SequenceArguments
  readonly tape: Float32Array
  /** The gradients of its parameters. */
  readonly grads: readonly Float32Array[]
}

/** What one layer of the stack left behind. */
export interface LayerRecord {
  /** One for each direction; none where nothing was kept. */
  readonly scans: readonly ScanRecord[]
  /** [N, features] */
  readonly input: Float32Array
  readonly features: number
  /** [N, width], before dropout */
  readonly output: Float32Array
  readonly width: number
  readonly dropout: { readonly p: number; readonly key: number } | undefined
}

/** What a pass keeps for backward. */
export interface PassRecord {
  readonly where: string
  readonly sequence: SequenceBatch
  readonly inputShape: readonly number[]
  readonly outputShape: readonly number[]
  readonly stateShape: readonly number[]
  readonly h0: Float32Array | null
  readonly c0: Float32Array | null
  readonly hasCell: boolean
  readonly layers: readonly LayerRecord[]
  readonly workspace: Workspace
  readonly requireIntact: () => void
}

/** Gradients of a loss with respect to what a pass gave; those left out are zero. */
export interface OutputGradients {
  /** Of the shape of `pass.output`. */
  output?: Tensor
  /** [layers·directions, B, H] */
  hn?: Tensor
  /** [layers·directions, B, H], for a cell with a cell state. */
  cn?: Tensor
}

/** Gradients with respect to what a pass was given. */
export interface InputGradients {
  /** Of the input's shape. */
  readonly input: Tensor
  /** [layers·directions, B, H] */
  readonly h0: Tensor
  /** [layers·directions, B, H], for a cell with a cell state. */
  readonly c0?: Tensor
}

/** What backward need not compute. */
export interface BackwardOptions {
  /** Whether the input's gradient is wanted; true unless told. Without it the first layer's share of the time is saved. */
  input?: boolean
}

/**
 * A forward pass: its results, and what backward needs. It is independent of later passes and of later changes of the
 * parameters' values: backward differentiates with the weights that forward saw.
 */
export class RecurrentPass {
  /** [T, B, directions·H], or [B, T, …]: the last layer's h of every step; zero past a sequence's end. */
  readonly output: Tensor
  /** [layers·directions, B, H]: h after each sequence's last step. */
  readonly hn: Tensor
  /** Likewise c, for a cell that has it. */
  declare readonly cn?: Tensor
  #record: PassRecord | undefined

  /** @internal */
  constructor(record: PassRecord, result: InferResult) {
    this.#record = record
    this.output = result.output
    this.hn = result.hn
    if (result.cn !== undefined) this.cn = result.cn
  }

  /**
   * Gradients through the whole sequence: adds into the `grad` of every parameter. May be called more than once.
   *
   * @param gradients of the loss, with respect to `output`, `hn` and `cn`
   * @returns those with respect to the input and the first states; without `input` where that was not wanted
   * @throws ArgumentError where a gradient has a wrong shape; StateError after `release`
   */
  backward(
    gradients: OutputGradients,
    options: BackwardOptions & { input: false },
  ): Omit<InputGradients, 'input'>
  backward(gradients: OutputGradients, options?: BackwardOptions): InputGradients
  backward(
    gradients: OutputGradients,
    options: BackwardOptions = {},
  ): InputGradients | Omit<InputGradients, 'input'> {
    const record = this.#record
    const where = `${this.#record?.where ?? 'Pass'}.backward`
    if (record === undefined) throw new StateError(where, 'the pass was released')
    const { sequence, inputShape, outputShape, stateShape, hasCell, layers, workspace } = record
    const [groups = 0, , hiddenSize = 0] = stateShape

    const known = ['output', 'hn', ...(hasCell ? ['cn'] : [])] as (keyof OutputGradients)[]
    const given = requireOptions<OutputGradients>(where, 'gradients', gradients, known)
    const wanted = requireOptions<BackwardOptions>(where, 'options', options, ['input'])
    const inputWanted = booleanOption(where, wanted, 'input', true)
    const check = (name: keyof OutputGradients, shape: readonly number[]): Float32Array | null =>
      given[name] === undefined ? null : requireTensor(where, `gradients.${name}`, given[name], shape).data
    const output = check('output', outputShape)
    const states = { hn: check('hn', stateShape), cn: hasCell ? check('cn', stateShape) : null }
    record.requireIntact()

    const inCoreOrder = (data: Float32Array | null): Float32Array | null =>
      data === null || sequence.counts === null ? data : sequence.gatherStates(data, groups, hiddenSize)
    const dhn = inCoreOrder(states.hn)
    const dcn = inCoreOrder(states.cn)
    const dh0 = newTensor(stateShape)
    const dc0 = hasCell ? newTensor(stateShape) : null

    const width = layers.at(-1)?.width ?? 0
    let dout = output
    if (output && !sequence.identical) {
      dout = sequence.gather(output, width, workspace.take(sequence.rows * width))
    }
    for (const [index, layer] of [...layers.entries()].reverse()) {
      const dx = index > 0 || inputWanted ? workspace.take(sequence.rows * layer.features) : null
      for (const [direction, { scan, sequence: call, tape, grads }] of layer.scans.entries()) {
        // The second direction adds to what the first has written.
        scan.backward(grads, tape, ...call, dout, dhn, dcn, dx, direction > 0, dh0.data, dc0?.data ?? null)
      }
      if (dout && dout !== output) workspace.give(dout)
      const below = layers[index - 1]
      if (dx && below?.dropout) applyDropout(dx, dx, below.dropout.p, below.dropout.key)
      dout = dx
    }

    const inUserOrder = ({ data, shape }: Tensor): Tensor =>
      sequence.counts === null
        ? { data, shape }
        : { data: sequence.scatterStates(data, groups, hiddenSize), shape }
    const found = { h0: inUserOrder(dh0), ...(dc0 === null ? {} : { c0: inUserOrder(dc0) }) }
    if (!dout) return found
    const input = newTensor(inputShape)
    sequence.scatter(dout, inputShape[2] ?? 0, input.data)
    workspace.give(dout)
    return { input, ...found }
  }

  /** Gives the pass's memory back now rather than when it is collected. Its results stay; backward is over. */
  release(): void {
    const record = this.#record
    this.#record = undefined
    if (record === undefined) return
    record.workspace.giveAll(
      record.layers.flatMap(({ input, output, scans }) => [input, output, ...scans.map(({ tape }) => tape)]),
    )
  }

  [Symbol.dispose](): void {
    this.release()
  }
}
