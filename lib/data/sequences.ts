/** Sequences of unequal lengths as padded batches. Those of like length stand together, so that little is padding. */
import { ArgumentError } from '../errors.js'
import { describe, requireAnyTensor, requireInteger, requireOptions } from '../shapes.js'
import { zeros } from '../tensor.js'
import type { Tensor } from '../tensor.js'
import type { Batch, BatchSource } from './batch.js'
import { BATCHING_OPTIONS, batchCount, readBatching } from './batching.js'
import type { Batching, BatchingOptions } from './batching.js'
import { epochRandom } from './order.js'

/** A sequence of its own length L, and what is to be learned of it. */
export interface Sequence {
  /** [L, I] */
  readonly input: Tensor
  /** [O] for the whole sequence or [L, O] for its steps; or a class, a whole number from 0 on, or one for each step. */
  readonly target: Tensor | number | ArrayLike<number>
}

/** Options of `sequences`. */
export interface SequenceOptions extends BatchingOptions {
  /** Batches whose sequences are sorted by length together; 50 unless told. More is less padding and less chance. */
  bucket?: number
}

/** A source of padded batches. */
export interface SequenceSource extends BatchSource {
  readonly length: number
  /** Features of a step, I. */
  readonly inputSize: number
  batches(epoch: number, from?: number): Iterable<Batch>
}

/** The class of a step that is padding: what `crossEntropyLoss` leaves out unless told otherwise. */
export const PADDING_CLASS = -100

const WHERE = 'sequences'

type Kind = 'whole' | 'steps' | 'class' | 'classes'

/** A sequence, checked. */
interface Example {
  readonly input: Tensor
  readonly steps: number
  readonly kind: Kind
  /** The targets' numbers, row-major. */
  readonly target: ArrayLike<number>
  /** Numbers per target. */
  readonly width: number
}

/**
 * Makes batches of sequences: the input [T, B, I] is 0 behind each one's end, T the longest of the batch, and `lengths`
 * says where that is. The target is [B, O], [T, B, O] with 0 as padding, [B] classes, or [T, B] classes with −100.
 *
 * In each epoch the sequences are shuffled, sorted by length within buckets, and the batches shuffled once more.
 *
 * @throws ArgumentError where a sequence or an option is not what it must be
 */
export function sequences(list: readonly Sequence[], options: SequenceOptions = {}): SequenceSource {
  const given = requireOptions<SequenceOptions>(WHERE, 'options', options, [...BATCHING_OPTIONS, 'bucket'])
  const batching = readBatching(WHERE, given)
  const bucket = requireInteger(WHERE, 'options.bucket', given.bucket ?? 50, 1)
  const examples = readExamples(list)
  const [first] = examples
  const length = batchCount(examples.length, batching)
  return {
    length,
    inputSize: first.input.shape[1] ?? 0,
    *batches(epoch, from = 0) {
      for (const chosen of batchesOf(examples, batching, bucket, epoch).slice(from))
        yield padded(chosen, batching.batchFirst)
    },
  }
}

function readExamples(list: unknown): [Example, ...Example[]] {
  if (!Array.isArray(list) || list.length === 0)
    throw new ArgumentError(WHERE, 'list', 'at least one sequence', describe(list))
  const examples = (list as readonly unknown[]).map((one, at) => readExample(`list[${at}]`, one))
  const first = examples[0] as Example
  for (const [at, { input, kind, width }] of examples.entries()) {
    const [features, expected] = [input.shape[1] ?? 0, first.input.shape[1] ?? 0]
    if (features !== expected)
      throw new ArgumentError(
        WHERE,
        `list[${at}].input`,
        `${expected} features, as list[0] has`,
        String(features),
      )
    if (kind !== first.kind || width !== first.width)
      throw new ArgumentError(
        WHERE,
        `list[${at}].target`,
        'one of the kind and size of list[0]’s',
        describe(list[at]),
      )
  }
  return [first, ...examples.slice(1)]
}

function readExample(argument: string, value: unknown): Example {
  if (typeof value !== 'object' || value === null)
    throw new ArgumentError(WHERE, argument, '{ input, target }', describe(value))
  const { input: given, target } = value as Partial<Sequence>
  const input = requireAnyTensor(WHERE, `${argument}.input`, given)
  const [steps = 0, features = 0] = input.shape
  if (input.shape.length !== 2 || steps === 0 || features === 0) {
    const received = `shape [${input.shape.join(', ')}]`
    throw new ArgumentError(WHERE, `${argument}.input`, 'shape [L, I]', received)
  }
  const at = `${argument}.target`
  if (typeof target === 'number')
    return { input, steps, kind: 'class', target: [requireInteger(WHERE, at, target, 0)], width: 1 }
  if (typeof target === 'object' && 'shape' in target) {
    const { data, shape } = requireAnyTensor(WHERE, at, target)
    const [first = 0, second] = shape
    if (shape.length === 1) return { input, steps, kind: 'whole', target: data, width: first }
    if (shape.length === 2 && first === steps)
      return { input, steps, kind: 'steps', target: data, width: second ?? 0 }
    throw new ArgumentError(WHERE, at, `shape [O] or [${steps}, O]`, `shape [${shape.join(', ')}]`)
  }
  if (target === undefined || (target as unknown) === null || target.length !== steps)
    throw new ArgumentError(WHERE, at, `a tensor, a class or ${steps} classes`, describe(target))
  for (let step = 0; step < steps; step++) requireInteger(WHERE, `${at}[${step}]`, target[step], 0)
  return { input, steps, kind: 'classes', target, width: 1 }
}

/** The examples of each batch of an epoch. */
function batchesOf(
  examples: readonly Example[],
  { batchSize, seed, shuffle, dropLast }: Batching,
  bucket: number,
  epoch: number,
): Example[][] {
  const random = epochRandom(seed, epoch)
  const order = Int32Array.from(examples.keys())
  if (shuffle) random.shuffle(order)
  const stepsOf = (index: number): number => examples[index]?.steps ?? 0
  const batches: Example[][] = []
  for (let from = 0; from < order.length; from += batchSize * bucket) {
    const sorted = order.slice(from, from + batchSize * bucket)
    if (shuffle) sorted.sort((a, b) => stepsOf(a) - stepsOf(b) || a - b)
    for (let at = 0; at < sorted.length; at += batchSize) {
      const chosen = sorted.subarray(at, at + batchSize)
      if (chosen.length < batchSize && dropLast) continue
      batches.push(Array.from(chosen, (index) => examples[index] as Example))
    }
  }
  if (!shuffle) return batches
  const places = Int32Array.from(batches.keys())
  random.shuffle(places)
  return Array.from(places, (place) => batches[place] ?? [])
}

function padded(examples: readonly Example[], batchFirst: boolean): Batch {
  const [first] = examples as [Example]
  const [B, I, O] = [examples.length, first.input.shape[1] ?? 0, first.width]
  const T = examples.reduce((most, { steps }) => Math.max(most, steps), 0)
  const axes = batchFirst ? [B, T] : [T, B]
  const place = (b: number, t: number): number => (batchFirst ? b * T + t : t * B + b)
  const lay = (
    out: Record<number, number>,
    from: ArrayLike<number>,
    b: number,
    steps: number,
    width: number,
  ): void => {
    for (let t = 0; t < steps; t++) {
      for (let i = 0; i < width; i++) out[place(b, t) * width + i] = from[t * width + i] ?? 0
    }
  }
  const input = zeros([...axes, I])
  const isStepwise = first.kind === 'steps' || first.kind === 'classes'
  const isClass = first.kind === 'class' || first.kind === 'classes'
  const size = (isStepwise ? T : 1) * B * O
  const target = isClass ? new Int32Array(size).fill(PADDING_CLASS) : new Float32Array(size)
  for (const [b, example] of examples.entries()) {
    lay(input.data, example.input.data, b, example.steps, I)
    if (isStepwise) lay(target, example.target, b, example.steps, O)
    else for (let i = 0; i < O; i++) target[b * O + i] = example.target[i] ?? 0
  }
  const shape = isStepwise ? axes : [B]
  return {
    input,
    target: isClass ? { data: target, shape } : { data: target as Float32Array, shape: [...shape, O] },
    lengths: Int32Array.from(examples, ({ steps }) => steps),
  }
}
