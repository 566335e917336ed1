/** What a call of a recurrent layer is given and gives: its options, checked and in the core's order. */
import { ArgumentError } from '../errors.js'
import type { Workspace } from '../memory/workspace.js'
import {
  booleanOption,
  describe,
  requireInteger,
  requireOneOf,
  requireOptions,
  requireTensor,
  sizeOf,
} from '../shapes.js'
import type { Tensor } from '../tensor.js'
import { requireLengths, SequenceBatch } from './sequence-batch.js'

/** Options of a forward pass of a cell without a cell state. R is H, or with a projection `projSize`. */
export interface ForwardOptions {
  /** First hidden state, [layers·directions, B, R]; zeros unless told, or where `stateful` the last call's. */
  h0?: Tensor
  /** Steps of each sequence, in any order, each from 1 to T; all T unless told. */
  lengths?: ArrayLike<number>
  /** Whether dropout and other noise apply; true unless told. `infer` never applies it. */
  training?: boolean
  /**
   * Keeps the state of every so many steps instead of the gates of all, and makes the gates anew in backward: the same
   * bits for memory O(T / k + k) beside input and output. `forward` only.
   */
  checkpointEvery?: number
  /**
   * How the matrices W_ih and W_hh are kept, `'float32'` unless told; `infer` only. With fewer bits, less has to be read:
   * `'bfloat16'` and `'float16'` a half, `'int8'`, with one scale for each row, a quarter. Sums are float32 in any case.
   */
  precision?: Precision
  /** Whether the output of every step is wanted; true unless told. Without it, only the last states are given. */
  output?: boolean
}

/** Options of a forward pass of a cell with a cell state. */
export interface CellForwardOptions extends ForwardOptions {
  /** First cell state, [layers·directions, B, H]; likewise. */
  c0?: Tensor
}

/** What `infer` gives with `output: false`. */
export interface FinalResult {
  /** Not there. */
  readonly output?: Tensor
  /** h after each sequence's last step: [layers·directions, B, R]. */
  readonly hn: Tensor
  /** c likewise, for a cell that has it: [layers·directions, B, H]. */
  readonly cn?: Tensor
}

/** What `infer` gives. */
export interface InferResult extends FinalResult {
  /** [T, B, directions·R], or [B, T, …]: the last layer's h of every step; zero past a sequence's end. */
  readonly output: Tensor
}

const OF_ALL = ['lengths', 'training', 'output', 'checkpointEvery', 'precision'] as const
const WITHOUT_CELL = ['h0', ...OF_ALL] as const
const WITH_CELL = ['h0', 'c0', ...OF_ALL] as const

const PRECISIONS = ['float32', 'bfloat16', 'float16', 'int8'] as const
/** How matrices are kept for inference. */
export type Precision = (typeof PRECISIONS)[number]

/** Checks `precision` as a user gave it. */
export function requirePrecision(where: string, value: unknown = 'float32'): Precision {
  return requireOneOf(where, 'options.precision', value, PRECISIONS)
}

/** What is to be known of a layer to read a call of it. */
export interface CallShape {
  readonly inputSize: number
  readonly hiddenSize: number
  readonly outputSize: number
  readonly numLayers: number
  readonly directions: number
  readonly batchFirst: boolean
  readonly hasCell: boolean
}

/** What a call hands to the core. */
export interface Prepared {
  readonly sequence: SequenceBatch
  readonly input: Tensor
  readonly h0: Float32Array | null
  readonly c0: Float32Array | null
  readonly training: boolean
  readonly checkpointEvery: number | undefined
  readonly outputWanted: boolean
  readonly precision: Precision
}

/**
 * Checks a call's arguments.
 *
 * @param keeps whether backward may follow
 * @param workspace where memory for the call comes from
 * @param carried the states to begin with where none is given
 */
export function prepareForward(
  where: string,
  shape: CallShape,
  keeps: boolean,
  workspace: Workspace,
  given: Tensor,
  settings: CellForwardOptions = {},
  carried?: { readonly h: Tensor; readonly c: Tensor | null },
): Prepared {
  const { inputSize, hiddenSize, outputSize, batchFirst } = shape
  const input = requireTensor(
    where,
    'input',
    given,
    batchFirst ? ['B', 'T', inputSize] : ['T', 'B', inputSize],
  )
  const [first = 0, second = 0] = input.shape
  const [steps, batch] = batchFirst ? [second, first] : [first, second]
  const known = shape.hasCell ? WITH_CELL : WITHOUT_CELL
  const options = requireOptions<CellForwardOptions>(where, 'options', settings, known)
  if (!keeps && options.checkpointEvery !== undefined) {
    const received = describe(options.checkpointEvery)
    throw new ArgumentError(where, 'options.checkpointEvery', 'it for forward only', received)
  }
  if (keeps && options.precision !== undefined) {
    throw new ArgumentError(where, 'options.precision', 'it for infer only', describe(options.precision))
  }
  const precision = requirePrecision(where, options.precision)
  const training = booleanOption(where, options, 'training', true)
  const outputWanted = booleanOption(where, options, 'output', true)
  const checkpointEvery =
    options.checkpointEvery === undefined
      ? undefined
      : requireInteger(where, 'options.checkpointEvery', options.checkpointEvery, 1, Number.MAX_SAFE_INTEGER)
  const lengths =
    options.lengths === undefined ? undefined : requireLengths(where, options.lengths, batch, steps)
  const sequence = new SequenceBatch(steps, batch, batchFirst, workspace, lengths)
  const groups = shape.numLayers * shape.directions
  const fresh = options.h0 === undefined && options.c0 === undefined
  if (fresh && carried && carried.h.shape[1] !== batch) {
    const expected = `a batch of ${String(carried.h.shape[1])}, as the states that the last call left (resetStates() drops them)`
    throw new ArgumentError(where, 'input', expected, `one of ${batch}`)
  }
  const state = (name: 'h0' | 'c0', own: Tensor | null | undefined, width: number): Float32Array | null => {
    const value = fresh ? (own ?? undefined) : options[name]
    if (value === undefined) return null
    return sequence.statesOf(requireTensor(where, `options.${name}`, value, [groups, batch, width]))
  }
  if (sizeOf([sequence.rows, Math.max(inputSize, 8 * hiddenSize)]) > 2 ** 34) {
    throw new ArgumentError(where, 'input', 'fewer rows than would need 64 GiB', describe(input.data))
  }
  return {
    sequence,
    input,
    h0: state('h0', carried?.h, outputSize),
    c0: state('c0', carried?.c, hiddenSize),
    training,
    checkpointEvery,
    outputWanted,
    precision,
  }
}

/** Part `index` of an array that is made of parts of one size. */
export function partOf(whole: Float32Array, index: number, size: number): Float32Array {
  return whole.length === size ? whole : whole.subarray(index * size, (index + 1) * size)
}
