/** Tensors in memory as batches: cut along the axis of the sequences, in a new order each epoch. */
import type { Batch, BatchSource, ClassTargets } from '../data/batch.js'
import { ArgumentError } from '../errors.js'
import { Random } from '../random.js'
import { describe, isFloat32Array, requireAnyTensor, sizeOf } from '../shapes.js'
import type { Tensor } from '../tensor.js'
import { batchAxis } from './model.js'

/** Data in memory. */
export interface TensorData {
  /** [T, N, I], or [N, T, I] for a model that is `batchFirst`; [N, I] for a linear layer. */
  readonly input: Tensor
  /** What the loss takes, for all N: [T, N, O] or [N, O], or in the model's order of axes; integers for classes. */
  readonly target: Tensor | ClassTargets
  /** Steps of each of the N sequences; all T unless told. */
  readonly lengths?: ArrayLike<number>
}

/** How batches are cut. */
export interface Cut {
  readonly batchSize: number
  /** Of the order; undefined to keep the data's. */
  readonly seed: number | undefined
  readonly batchFirst: boolean
}

/** Rows of numbers that belong to the sequences: `outer` blocks of N rows of `inner` numbers. */
interface Rows {
  readonly data: ArrayLike<number>
  /** undefined for a bare array. */
  readonly shape: readonly number[] | undefined
  readonly axis: number
  readonly outer: number
  readonly inner: number
}

/** Batches of tensors in memory; the last one of an epoch has what is left. */
export class TensorBatches implements BatchSource {
  readonly length: number
  readonly #count: number
  readonly #input: Rows
  readonly #target: Rows
  readonly #lengths: ArrayLike<number> | undefined
  readonly #cut: Cut

  /** @throws ArgumentError where input, target and lengths are not of one number of sequences */
  constructor(where: string, argument: string, { input, target, lengths }: TensorData, cut: Cut) {
    const given = requireAnyTensor(where, `${argument}.input`, input)
    const axis = batchAxis(cut.batchFirst, given.shape.length)
    const count = given.shape[axis] ?? 0
    if (count === 0) throw new ArgumentError(where, `${argument}.input`, 'a sequence or more', 'none')
    this.#count = count
    this.#input = rowsOf(given.data, given.shape, axis)
    this.#target = targetRows(where, `${argument}.target`, target, given.shape, axis)
    if (lengths !== undefined && lengths.length !== count) {
      throw new ArgumentError(where, `${argument}.lengths`, `${count} numbers`, describe(lengths))
    }
    this.#lengths = lengths
    this.#cut = cut
    this.length = Math.ceil(count / cut.batchSize)
  }

  *batches(epoch: number, from = 0): Generator<Batch> {
    const order = Int32Array.from({ length: this.#count }, (_, index) => index)
    if (this.#cut.seed !== undefined) new Random(seedOf(this.#cut.seed, epoch)).shuffle(order)
    for (let batch = from; batch < this.length; batch++) {
      const chosen = order.subarray(batch * this.#cut.batchSize, (batch + 1) * this.#cut.batchSize)
      const lengths = this.#lengths
      yield {
        input: gather(this.#input, chosen, Float32Array) as Tensor,
        target: gatherTarget(this.#target, chosen),
        ...(lengths === undefined ? {} : { lengths: Array.from(chosen, (index) => lengths[index] ?? 0) }),
      }
    }
  }
}

/** The seed of an epoch's order. The factor keeps neighbouring seeds' epochs apart. */
function seedOf(seed: number, epoch: number): number {
  return (seed + (epoch + 1) * 2654435761) % Number.MAX_SAFE_INTEGER
}

function rowsOf(data: ArrayLike<number>, shape: readonly number[], axis: number): Rows {
  return { data, shape, axis, outer: sizeOf(shape.slice(0, axis)), inner: sizeOf(shape.slice(axis + 1)) }
}

/** The axis of the sequences in a target: that of the input where the axes up to it are the same, else the first. */
function targetRows(
  where: string,
  argument: string,
  target: Tensor | ClassTargets,
  inputShape: readonly number[],
  inputAxis: number,
): Rows {
  const count = inputShape[inputAxis] ?? 0
  const bare = !('data' in target)
  const data = bare ? target : target.data
  const shape = bare ? undefined : target.shape
  if (shape === undefined) {
    if (data.length !== count) throw new ArgumentError(where, argument, `${count} numbers`, describe(data))
    return { data, shape: undefined, axis: 0, outer: 1, inner: 1 }
  }
  const alike = inputShape.slice(0, inputAxis + 1).every((size, axis) => shape[axis] === size)
  const axis = alike ? inputAxis : 0
  if (shape[axis] !== count || data.length !== sizeOf(shape)) {
    const expected = `a tensor of ${count} sequences, as the input of shape [${inputShape.join(', ')}]`
    throw new ArgumentError(where, argument, expected, `shape [${shape.join(', ')}]`)
  }
  return rowsOf(data, shape, axis)
}

type NumberArray = Float32Array | Int32Array

function gather(
  rows: Rows,
  chosen: Int32Array,
  Numbers: new (length: number) => NumberArray,
): { data: NumberArray; shape: number[] } {
  const { data, axis, outer, inner } = rows
  const all = data.length / (outer * inner)
  const shape = [...(rows.shape ?? [all])]
  shape[axis] = chosen.length
  const to = new Numbers(outer * chosen.length * inner)
  let at = 0
  for (let block = 0; block < outer; block++) {
    for (const index of chosen) {
      const start = (block * all + index) * inner
      for (let i = 0; i < inner; i++) to[at++] = data[start + i] as number
    }
  }
  return { data: to, shape }
}

function gatherTarget(rows: Rows, chosen: Int32Array): Batch['target'] {
  if (isFloat32Array(rows.data)) return gather(rows, chosen, Float32Array)
  const gathered = gather(rows, chosen, Int32Array)
  return rows.shape === undefined ? gathered.data : gathered
}
