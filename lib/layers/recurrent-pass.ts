/** One forward pass of a recurrent layer, and its way back. */
import { ArgumentError, StateError } from '../errors.js'
import type { Workspace } from '../memory/workspace.js'
import { booleanOption, describe, requireOptions, requireTensor } from '../shapes.js'
import type { Tensor } from '../tensor.js'
import type { ColumnPass, StateGradients } from './column.js'
import { applyDropout } from './dropout.js'
import { partOf, type FinalResult } from './recurrent-input.js'
import type { SequenceBatch } from './sequence-batch.js'

/** What layers that were run together left behind: all of one direction, or one of two. */
export interface GroupRecord {
  /** One for each direction. */
  readonly columns: readonly ColumnPass[]
  readonly features: number
  /** What of input and output is the workspace's. */
  readonly held: readonly Float32Array[]
  /** Which of the states are those of each column's layers. */
  readonly states: readonly (readonly number[])[]
  /** Of the output on its way into the next group. */
  readonly dropout: { readonly p: number; readonly key: number } | undefined
}

/** What a pass keeps for backward. */
export interface PassRecord {
  readonly where: string
  readonly sequence: SequenceBatch
  /** undefined where the output was not wanted. */
  readonly outputShape: readonly number[] | undefined
  readonly hShape: readonly number[]
  /** undefined for a cell without c. */
  readonly cShape: readonly number[] | undefined
  readonly groups: readonly GroupRecord[]
  readonly workspace: Workspace
  readonly requireIntact: () => void
}

/** Gradients of a loss with respect to what a pass gave; those left out are zero. */
export interface OutputGradients {
  /** Of the shape of `pass.output`. */
  output?: Tensor
  /** [layers·directions, B, R] */
  hn?: Tensor
  /** [layers·directions, B, H], for a cell with a cell state. */
  cn?: Tensor
}

/** Gradients with respect to what a pass was given. */
export interface InputGradients {
  /** Of the input's shape. */
  readonly input: Tensor
  /** [layers·directions, B, R] */
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
  /**
   * [T, B, directions·R], or [B, T, …]: the last layer's h of every step; zero past a sequence's end. Not there where
   * forward was told `output: false`.
   */
  declare readonly output: Tensor
  /** h after each sequence's last step: [layers·directions, B, R]. */
  readonly hn: Tensor
  /** c likewise, for a cell that has it: [layers·directions, B, H]. */
  declare readonly cn?: Tensor
  #record: PassRecord | undefined

  /** @internal */
  constructor(record: PassRecord, result: FinalResult) {
    this.#record = record
    if (result.output !== undefined) this.output = result.output
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
    const { sequence, outputShape, hShape, cShape, groups, workspace } = record

    const known: (keyof OutputGradients)[] = ['output', 'hn']
    if (cShape !== undefined) known.push('cn')
    const given = requireOptions<OutputGradients>(where, 'gradients', gradients, known)
    const wanted = requireOptions<BackwardOptions>(where, 'options', options, ['input'])
    const inputWanted = booleanOption(where, wanted, 'input', true)
    if (given.output !== undefined && outputShape === undefined) {
      const expected = 'none, as forward was told output: false'
      throw new ArgumentError(where, 'gradients.output', expected, describe(given.output))
    }
    const check = (name: keyof OutputGradients, shape: readonly number[] | undefined): Tensor | null =>
      given[name] === undefined || shape === undefined
        ? null
        : requireTensor(where, `gradients.${name}`, given[name], shape)
    const output = check('output', outputShape)?.data ?? null
    const states = { hn: check('hn', hShape), cn: check('cn', cShape) }
    record.requireIntact()

    const dhn = states.hn && sequence.statesOf(states.hn)
    const dcn = states.cn && sequence.statesOf(states.cn)
    const dh0 = sequence.newStates(hShape)
    const dc0 = cShape === undefined ? null : sequence.newStates(cShape)
    const statesOf = (group: number): StateGradients => {
      const part = (data: Float32Array, shape: readonly number[]): Float32Array =>
        partOf(data, group, sequence.batch * (shape[2] ?? 0))
      return {
        dhn: dhn && part(dhn, hShape),
        dcn: dcn && part(dcn, cShape ?? []),
        dh0: part(dh0.data, hShape),
        dc0: dc0 && part(dc0.data, dc0.shape),
      }
    }

    const { places } = sequence
    const input = inputWanted ? sequence.newRows(groups[0]?.features ?? 0) : null
    let dout = output && { data: output, places }
    for (const [index, group] of [...groups.entries()].reverse()) {
      const inner = index > 0 ? workspace.take(sequence.rows * group.features) : null
      const dx = inner ? { data: inner, places: null } : input && { data: input.data, places }
      for (const [direction, column] of group.columns.entries()) {
        // The second direction adds to what the first has written.
        column.backward(dout, (group.states[direction] ?? []).map(statesOf), dx, direction > 0)
      }
      if (dout && dout.data !== output) workspace.give(dout.data)
      const below = groups[index - 1]
      if (inner && below?.dropout) applyDropout(inner, inner, below.dropout.p, below.dropout.key)
      dout = dx
    }

    const found = {
      h0: sequence.inCallersOrder(dh0),
      ...(dc0 === null ? {} : { c0: sequence.inCallersOrder(dc0) }),
    }
    return input ? { input, ...found } : found
  }

  /** Gives the pass's memory back now rather than when it is collected. Its results stay; backward is over. */
  release(): void {
    const record = this.#record
    this.#record = undefined
    if (record === undefined) return
    giveBack(record.groups, record.sequence, record.workspace)
  }

  /** `release`, at the end of a block that holds it with `using`. */
  [Symbol.dispose](): void {
    this.release()
  }
}

/** Gives back what records and their batch hold of the workspace. */
export function giveBack(
  groups: readonly GroupRecord[],
  sequence: SequenceBatch,
  workspace: Workspace,
): void {
  sequence.release()
  const all: Float32Array[] = []
  for (const { columns, held } of groups) {
    all.push(...held)
    for (const column of columns) column.listHeld(all)
  }
  workspace.giveAll(all)
}
