/** The options of `fit`, and how they are checked. */
import { ArgumentError } from '../errors.js'
import type { Parameter } from '../layers/parameter.js'
import { LBFGS } from '../optim/lbfgs.js'
import {
  booleanOption,
  describe,
  numberOption,
  requireInteger,
  requireOneOf,
  requireOptions,
} from '../shapes.js'
import type { EarlyStopping } from './early-stopping.js'
import type { BatchRecord, EpochRecord } from './history.js'
import type { Loss } from './loss.js'
import type { Schedule, ScheduleEvery } from './schedule.js'
import type { FitData } from './sources.js'
import type { AnyOptimizer } from './trainer.js'

/** Options of `fit`. */
export interface FitOptions {
  /**
   * A loss of this package, or one's own: `(prediction, target, options) => ({ loss, grad })`. Of one's own, `options` has
   * `lengths` where the batch does.
   */
  loss: Loss
  /** Options of the loss, as `{ delta: 0.5 }`. */
  lossOptions?: object
  /** Made over parameters of the model; those that it does not have stay as they are. */
  optimizer: AnyOptimizer
  /** How often the data are gone through, a resumed run's epochs included; 1 unless told. */
  epochs?: number
  /** Sequences of a batch, of tensors in memory; 32 unless told. */
  batchSize?: number
  /** Whether tensors in memory are gone through in a new order each epoch; true unless told. */
  shuffle?: boolean
  /** Of that order; another one every time unless told. */
  seed?: number
  /** Which steps of the model's output the loss sees: `'all'`, unless told, or each sequence's `'last'`, as [B, O]. */
  steps?: 'all' | 'last'
  /** Data whose loss is taken after each epoch. */
  validation?: FitData
  /** Of the learning rate; made over the optimiser. */
  schedule?: Schedule
  /** When it makes its step; `'epoch'` unless told. */
  scheduleEvery?: ScheduleEvery
  /** Greatest norm of all gradients together; any unless told. */
  clipGradNorm?: number
  /** Batches whose gradients' mean makes one step; 1 unless told. */
  accumulate?: number
  /** Ends the training when epochs bring nothing better. */
  earlyStopping?: EarlyStopping
  /** What is done where something is not finite: `'throw'`, unless told, or `'skip'` the batch and count it. */
  nonFinite?: 'throw' | 'skip'
  /**
   * Where the steps are done: in a `'worker'` thread, unless told, so that the event loop stays free; or in the
   * `'caller'`'s, which a model or an optimiser of one's own needs. The bits are the same.
   */
  thread?: 'worker' | 'caller'
  /**
   * Batches after which the model gets the parameters from the thread that trains, besides the end of each epoch; never
   * unless told.
   */
  syncEvery?: number
  /** Ends the training within a batch. */
  signal?: AbortSignal
  /** Called after each epoch, and awaited. */
  onEpoch?: (epoch: EpochRecord) => unknown
  /** Called after each batch. */
  onBatch?: (batch: BatchRecord) => void
}

type Optional =
  | 'syncEvery'
  | 'lossOptions'
  | 'validation'
  | 'schedule'
  | 'clipGradNorm'
  | 'earlyStopping'
  | 'signal'
  | 'onEpoch'
  | 'onBatch'

/** The options, checked and with their defaults. */
export type ResolvedFit = Readonly<
  Required<Omit<FitOptions, Optional>> & { [Name in Optional]: FitOptions[Name] | undefined }
>

const KNOWN = [
  'loss',
  'lossOptions',
  'optimizer',
  'epochs',
  'batchSize',
  'shuffle',
  'seed',
  'steps',
  'validation',
  'schedule',
  'scheduleEvery',
  'clipGradNorm',
  'accumulate',
  'earlyStopping',
  'nonFinite',
  'thread',
  'syncEvery',
  'signal',
  'onEpoch',
  'onBatch',
] as const

const WHERE = 'fit'
const NOT_NEGATIVE = 'a finite number of at least 0'
const isNotNegative = (value: number): boolean => value >= 0

/** @param parameters the model's */
export function resolveFit(options: unknown, parameters: readonly Parameter[]): ResolvedFit {
  const given = requireOptions<FitOptions>(WHERE, 'options', options, KNOWN)
  const count = (name: 'epochs' | 'batchSize' | 'accumulate' | 'syncEvery', fallback: number): number =>
    given[name] === undefined ? fallback : requireInteger(WHERE, `options.${name}`, given[name], 1)
  const word = <T extends string>(name: keyof FitOptions, words: readonly [T, ...T[]]): T =>
    given[name] === undefined ? words[0] : requireOneOf(WHERE, `options.${name}`, given[name], words)
  for (const name of ['onEpoch', 'onBatch'] as const) {
    if (given[name] !== undefined) requireFunction(name, given[name])
  }
  const optimizer = requireOptimizer(given.optimizer, parameters)
  const accumulate = count('accumulate', 1)
  if (accumulate > 1 && optimizer instanceof LBFGS) {
    const expected = '1 for LBFGS, which evaluates a batch several times'
    throw new ArgumentError(WHERE, 'options.accumulate', expected, describe(accumulate))
  }
  return {
    loss: requireFunction('loss', given.loss),
    lossOptions: requireObject('lossOptions', given.lossOptions),
    optimizer,
    epochs: count('epochs', 1),
    batchSize: count('batchSize', 32),
    shuffle: booleanOption(WHERE, given, 'shuffle', true),
    seed:
      given.seed === undefined
        ? Math.floor(Math.random() * 2 ** 53)
        : requireInteger(WHERE, 'options.seed', given.seed, 0, Number.MAX_SAFE_INTEGER),
    steps: word('steps', ['all', 'last']),
    validation: given.validation,
    schedule:
      given.schedule && requireMethods('schedule', given.schedule, ['step', 'stateDict', 'loadStateDict']),
    scheduleEvery: word('scheduleEvery', ['epoch', 'step']),
    clipGradNorm:
      given.clipGradNorm === undefined
        ? undefined
        : numberOption(WHERE, given, 'clipGradNorm', 0, NOT_NEGATIVE, isNotNegative),
    accumulate,
    earlyStopping: given.earlyStopping && requireEarlyStopping(given.earlyStopping),
    thread: word('thread', ['worker', 'caller']),
    syncEvery: given.syncEvery === undefined ? undefined : count('syncEvery', 1),
    nonFinite: word('nonFinite', ['throw', 'skip']),
    signal: requireSignal(given.signal),
    onEpoch: given.onEpoch,
    onBatch: given.onBatch,
  }
}

function requireEarlyStopping(value: unknown): EarlyStopping {
  const where = 'options.earlyStopping'
  const given = requireOptions<EarlyStopping>(WHERE, where, value, ['patience', 'minDelta', 'restoreBest'])
  return {
    patience: requireInteger(WHERE, `${where}.patience`, given.patience, 1),
    minDelta: numberOption(WHERE, given, 'minDelta', 0, NOT_NEGATIVE, isNotNegative),
    restoreBest: booleanOption(WHERE, given, 'restoreBest', true),
  }
}

function requireOptimizer(value: AnyOptimizer | undefined, parameters: readonly Parameter[]): AnyOptimizer {
  const optimizer = requireMethods('optimizer', value, ['step', 'stateDict', 'loadStateDict'])
  const known = new Set(parameters)
  const foreign = optimizer.parameters.findIndex((parameter) => !known.has(parameter))
  if (foreign >= 0) {
    const expected = 'one over parameters of the model'
    throw new ArgumentError(WHERE, 'options.optimizer', expected, `one whose parameters[${foreign}] is not`)
  }
  return optimizer
}

function requireFunction<T>(name: string, value: T | undefined): T {
  if (typeof value !== 'function') {
    throw new ArgumentError(WHERE, `options.${name}`, 'a function', describe(value))
  }
  return value
}

function requireObject<T extends object>(name: string, value: T | undefined): T | undefined {
  if (value !== undefined && (typeof value !== 'object' || (value as unknown) === null)) {
    throw new ArgumentError(WHERE, `options.${name}`, 'an object', describe(value))
  }
  return value
}

function requireMethods<T extends object>(
  name: string,
  value: T | undefined,
  methods: readonly (keyof T & string)[],
): T {
  for (const method of methods) {
    if (typeof value?.[method] !== 'function') {
      throw new ArgumentError(
        WHERE,
        `options.${name}`,
        `an object with ${methods.join(', ')}`,
        describe(value),
      )
    }
  }
  return value as T
}

function requireSignal(value: unknown): AbortSignal | undefined {
  if (value === undefined) return undefined
  if (typeof (value as AbortSignal | null)?.addEventListener !== 'function') {
    throw new ArgumentError(WHERE, 'options.signal', 'an AbortSignal', describe(value))
  }
  return value as AbortSignal
}
