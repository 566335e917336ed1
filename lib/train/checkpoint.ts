/**
 * A training at one moment as one safetensors file, of which a model can be loaded too (model-file.ts). docs/training.md
 * lists what stands in it.
 */
import { ArgumentError, DataError } from '../errors.js'
import { loadSafetensors, type Safetensors } from '../io/safetensors.js'
import type { LayerMemory } from '../layers/definition.js'
import { defineModel } from '../layers/make-model.js'
import type { OptimizerState } from '../optim/state.js'
import { describe, isFloat32Array, requireTensor, sizeOf } from '../shapes.js'
import type { Tensor } from '../tensor.js'
import type { BestState } from './early-stopping.js'
import type { EpochRecord } from './history.js'
import { fromJson, toJson } from './json.js'
import { modelMetadata, TRAINING_PREFIX, type Extras } from './model-file.js'
import { namesOf, type Model } from './model.js'
import type { Position } from './position.js'
import type { RateState } from './schedule.js'
import type { Trainer } from './trainer.js'
import type { TrainerState } from './trainer-types.js'

/** What the caller's thread knows of a training; all of it goes through JSON. */
export interface Progress {
  readonly position: Position
  readonly history: readonly EpochRecord[]
  readonly best: BestState
  readonly rates: RateState
  /** Of the order of the data. */
  readonly seed: number
  /** What a position within an epoch means. */
  readonly cut: { readonly batchSize: number; readonly accumulate: number; readonly shuffle: boolean }
}

/** What a checkpoint is made of beside what the trainer knows. */
export interface CheckpointParts {
  readonly progress: Progress
  /** The best epoch's values, where the model is to be left with them. */
  readonly bestValues: readonly Float32Array[] | undefined
  readonly extras: Extras | undefined
}

/** A training to go on with. */
export interface Resumed {
  readonly state: TrainerState
  readonly progress: Progress
  readonly bestValues: readonly Float32Array[] | undefined
}

const TRAINING_KEY = 'gatewise.training'

/** An array of a state in a file: numbers of 64 bits stand as pairs of their halves, since tensors here have 32. */
const DOUBLE = '.f64'

/** The content of a checkpoint. */
export function encodeCheckpoint(
  trainer: Trainer,
  { progress, bestValues, extras }: CheckpointParts,
): { tensors: Record<string, Tensor>; metadata: Record<string, string> } {
  const { model } = trainer
  const state = trainer.state()
  const tensors: [string, Tensor][] = Object.entries(trainer.namedValues())
  const add = (name: string, data: Float32Array, shape: readonly number[] = [data.length]) =>
    tensors.push([`${TRAINING_PREFIX}${name}`, { data, shape }])
  const addAll = (group: string, arrays: readonly Float32Array[]) => {
    for (const [index, data] of arrays.entries()) add(`${group}/${index}`, data)
  }
  const addBuffers = (group: string, buffers: OptimizerState['buffers']) => {
    for (const [name, data] of Object.entries(buffers)) {
      if (isFloat32Array(data)) add(`${group}/${name}`, data)
      else add(`${group}/${name}${DOUBLE}`, halves(data), [data.length, 2])
    }
  }
  // What the model is left with is the average, where there is one; the training goes on with the values.
  if (state.average) addAll('values', state.parameters)
  addBuffers('optimizer', state.optimizer.buffers)
  if (state.average) addBuffers('average', state.average.buffers)
  addAll('gradients', state.gradients)
  for (const [place, memory] of state.memories.entries()) {
    for (const name of ['h', 'c'] as const) {
      const part = memory?.[name]
      if (part) add(`memories/${place}/${name}`, part.data, part.shape)
    }
  }
  addAll('best', bestValues ?? [])
  const training = {
    progress,
    optimizer: { ...state.optimizer, buffers: undefined },
    average: state.average && { ...state.average, buffers: undefined },
    waiting: state.waiting,
    randoms: state.memories.map((memory) => memory?.random ?? null),
  }
  return {
    tensors: Object.fromEntries(tensors),
    metadata: {
      ...(defineModel(model) ? modelMetadata('fit', model, extras) : {}),
      [TRAINING_KEY]: toJson(training),
    },
  }
}

/** What the text of a checkpoint's training says. */
interface TrainingText {
  readonly progress: Progress
  readonly optimizer: Omit<OptimizerState, 'buffers'>
  readonly average?: Omit<OptimizerState, 'buffers'>
  readonly waiting: number
  readonly randoms: readonly (readonly number[] | null)[]
}

/**
 * Loads a checkpoint for a model of the same form.
 *
 * @throws FileError where the file cannot be read; DataError where it is damaged or no checkpoint, or another model's
 */
export function loadCheckpoint(path: string, model: Model): Resumed {
  const { tensors, metadata } = loadSafetensors(path)
  const text = metadata[TRAINING_KEY]
  if (text === undefined) {
    throw new DataError(`${JSON.stringify(path)}: no checkpoint: there is no ${TRAINING_KEY} in its metadata`)
  }
  const training = requireTraining(path, fromJson(path, TRAINING_KEY, text))
  try {
    return decode({ tensors, metadata }, training, model)
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error
    throw new DataError(`${JSON.stringify(path)}: ${error.message}`)
  }
}

function decode({ tensors }: Safetensors, training: TrainingText, model: Model): Resumed {
  const parameters = model.parameters()
  const names = namesOf(model)
  const listed = (group: string): Float32Array[] =>
    parameters.map(({ value }, index) => {
      const name = `${TRAINING_PREFIX}${group}/${index}`
      return requireTensor('checkpoint', name, tensors[name], [sizeOf(value.shape)]).data
    })
  const has = (group: string): boolean => Object.hasOwn(tensors, `${TRAINING_PREFIX}${group}/0`)
  const deployed = parameters.map(
    ({ value }, index) =>
      requireTensor('checkpoint', names[index] ?? '', tensors[names[index] ?? ''], value.shape).data,
  )
  const memories = training.randoms.map((random, place): LayerMemory | undefined => {
    const part = (name: string): Tensor | undefined => tensors[`${TRAINING_PREFIX}memories/${place}/${name}`]
    const [h, c] = [part('h'), part('c')]
    return random === null ? undefined : { random, ...(h ? { h } : {}), ...(c ? { c } : {}) }
  })
  return {
    state: {
      parameters: training.average ? listed('values') : deployed,
      optimizer: { ...training.optimizer, buffers: buffersIn(tensors, 'optimizer') },
      average: training.average && { ...training.average, buffers: buffersIn(tensors, 'average') },
      memories,
      waiting: training.waiting,
      gradients: training.waiting > 0 ? listed('gradients') : [],
    },
    progress: training.progress,
    bestValues: has('best') ? listed('best') : undefined,
  }
}

function buffersIn(tensors: Readonly<Record<string, Tensor>>, group: string): OptimizerState['buffers'] {
  const prefix = `${TRAINING_PREFIX}${group}/`
  const own = Object.entries(tensors).filter(([name]) => name.startsWith(prefix))
  return Object.fromEntries(
    own.map(([name, { data }]): [string, Float32Array | Float64Array] => {
      const short = name.slice(prefix.length)
      return short.endsWith(DOUBLE) ? [short.slice(0, -DOUBLE.length), whole(data)] : [short, data]
    }),
  )
}

function halves({ buffer, byteOffset, length }: Float64Array): Float32Array {
  return new Float32Array(buffer, byteOffset, 2 * length).slice()
}

function whole({ buffer, byteOffset, length }: Float32Array): Float64Array {
  return new Float64Array(buffer.slice(byteOffset, byteOffset + 4 * length))
}

/** Checks the parts of the text on which the loop relies; the rest is checked where it is taken over. */
function requireTraining(path: string, value: unknown): TrainingText {
  const fail = (what: string, received: unknown): never => {
    throw new DataError(`${JSON.stringify(path)}: metadata ${TRAINING_KEY}: ${what} is ${describe(received)}`)
  }
  const object = (what: string, part: unknown): Record<string, unknown> =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? (part as Record<string, unknown>)
      : fail(what, part)
  const count = (what: string, part: unknown): void => {
    if (!Number.isSafeInteger(part) || (part as number) < 0) fail(what, part)
  }
  const training = object('it', value)
  const progress = object('progress', training.progress)
  const position = object('progress.position', progress.position)
  for (const name of ['epoch', 'batch', 'steps', 'skipped'])
    count(`progress.position.${name}`, position[name])
  const sums = object('progress.position.sums', position.sums)
  for (const name of ['loss', 'size', 'gradNorm', 'steps', 'skipped', 'seconds']) {
    if (typeof sums[name] !== 'number') fail(`progress.position.sums.${name}`, sums[name])
  }
  if (!Array.isArray(progress.history)) fail('progress.history', progress.history)
  count('progress.best.since', object('progress.best', progress.best).since)
  const { rates } = object('progress.rates', progress.rates)
  if (!Array.isArray(rates)) fail('progress.rates.rates', rates)
  count('progress.seed', progress.seed)
  object('progress.cut', progress.cut)
  object('optimizer', training.optimizer)
  count('waiting', training.waiting)
  const isWords = (random: unknown): boolean =>
    random === null || (Array.isArray(random) && random.length === 4 && random.every(Number.isInteger))
  const { randoms } = training
  if (!Array.isArray(randoms) || !randoms.every(isWords)) fail('randoms', randoms)
  return training as unknown as TrainingText
}
