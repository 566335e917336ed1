/** How the options of `fit` are checked. */
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
import type { Output } from './display.js'
import type { EarlyStopping } from './early-stopping.js'
import { requireExtras } from './model-file.js'
import type { CheckpointOptions, FitOptions, LogOptions, ResolvedFit } from './options.js'
import type { AnyOptimizer } from './trainer-types.js'

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
  'clipGradValue',
  'ema',
  'checkpoint',
  'resume',
  'extras',
  'progress',
  'log',
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
        ? undefined
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
    clipGradValue:
      given.clipGradValue === undefined
        ? undefined
        : numberOption(WHERE, given, 'clipGradValue', 0, NOT_NEGATIVE, isNotNegative),
    ema: requireObject('ema', given.ema),
    checkpoint: given.checkpoint === undefined ? undefined : requireCheckpoint(given.checkpoint),
    resume: requireResume(given),
    extras: given.extras && requireExtras(WHERE, 'options.extras', given.extras),
    accumulate,
    earlyStopping: given.earlyStopping && requireEarlyStopping(given.earlyStopping),
    thread: word('thread', ['worker', 'caller']),
    syncEvery: given.syncEvery === undefined ? undefined : count('syncEvery', 1),
    progress: given.progress === true ? process.stderr : requireOutput(given.progress),
    log: given.log === undefined ? undefined : requireLog(given.log),
    nonFinite: word('nonFinite', ['throw', 'skip']),
    signal: requireSignal(given.signal),
    onEpoch: given.onEpoch,
    onBatch: given.onBatch,
  }
}

function requireCheckpoint(value: unknown): CheckpointOptions {
  const where = 'options.checkpoint'
  const known = ['folder', 'everyEpochs', 'everyBatches'] as const
  const given =
    typeof value === 'string'
      ? { folder: value }
      : requireOptions<CheckpointOptions>(WHERE, where, value, known)
  const { folder, everyEpochs, everyBatches } = given
  if (typeof folder !== 'string' || folder === '') {
    throw new ArgumentError(WHERE, `${where}.folder`, 'a path', describe(folder))
  }
  const count = (name: string, told: number): number => requireInteger(WHERE, `${where}.${name}`, told, 1)
  return {
    folder,
    ...(everyEpochs === undefined ? {} : { everyEpochs: count('everyEpochs', everyEpochs) }),
    ...(everyBatches === undefined ? {} : { everyBatches: count('everyBatches', everyBatches) }),
  }
}

function requireResume({ resume = false, checkpoint }: Partial<FitOptions>): boolean | string {
  if (typeof resume === 'string' && resume !== '') return resume
  const isKept = checkpoint !== undefined
  if (typeof resume !== 'boolean' || (resume && !isKept)) {
    const expected = isKept ? 'true, false or a path' : 'false or a path, as there is no options.checkpoint'
    throw new ArgumentError(WHERE, 'options.resume', expected, describe(resume))
  }
  return resume
}

function requireLog(value: unknown): LogOptions {
  const where = 'options.log'
  const given =
    typeof value === 'string'
      ? { path: value }
      : requireOptions<LogOptions>(WHERE, where, value, ['path', 'batches'])
  if (typeof given.path !== 'string' || given.path === '') {
    throw new ArgumentError(WHERE, `${where}.path`, 'a path', describe(given.path))
  }
  return { path: given.path, batches: booleanOption(WHERE, given as LogOptions, 'batches', false) }
}

function requireOutput(value: unknown): Output | undefined {
  if (value === undefined || value === false) return undefined
  if (
    typeof value !== 'object' ||
    value === null ||
    !('write' in value) ||
    typeof value.write !== 'function'
  ) {
    throw new ArgumentError(WHERE, 'options.progress', 'true, false or a stream to write to', describe(value))
  }
  return value as Output
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
