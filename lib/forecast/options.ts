/** The one door for what a forecaster's training is asked to do: checks every option, and fills in the defaults. */
import type { Missing } from '../data/window-layout.js'
import type { ScalerKind } from '../data/scaler.js'
import { ArgumentError } from '../errors.js'
import { describe, requireBoolean, requireInteger, requireNumber, requireOneOf } from '../shapes.js'

/** The cells that a forecaster is made of. */
export type ForecastCell = 'gru' | 'lstm'

/** The optimisers by the names that the command has for them. */
export type OptimizerName = 'adamw' | 'adam' | 'sgd' | 'rmsprop'

/** The schedules of the learning rate. */
export type ScheduleName = 'none' | 'cosine' | 'onecycle' | 'step' | 'plateau'

/** What the training of a forecaster may be told; what is left out has a default. */
export interface TrainOptions {
  readonly file: string
  readonly target: string
  /** Columns that are read besides the target's past. */
  readonly features?: readonly string[]
  readonly known?: readonly string[]
  readonly static?: readonly string[]
  readonly series?: string
  readonly time?: string
  readonly window?: number
  readonly horizon?: number
  /** The quantiles to forecast; without them the mean. */
  readonly quantiles?: readonly number[]
  readonly missing?: Missing
  readonly missingIndicators?: boolean
  readonly scaler?: ScalerKind
  readonly cell?: ForecastCell
  readonly hidden?: number
  readonly layers?: number
  readonly dropout?: number
  readonly epochs?: number
  readonly batch?: number
  readonly lr?: number
  readonly optimizer?: OptimizerName
  readonly weightDecay?: number
  readonly schedule?: ScheduleName
  readonly clip?: number
  /** Epochs without a better validation after which the training ends; 0 for never. */
  readonly patience?: number
  /** The share of each series' rows, the latest, that training does not see. */
  readonly validation?: number
  readonly seed?: number
}

/** The names of the options. */
export const TRAIN_OPTIONS = [
  'file',
  'target',
  'features',
  'known',
  'static',
  'series',
  'time',
  'window',
  'horizon',
  'quantiles',
  'missing',
  'missingIndicators',
  'scaler',
  'cell',
  'hidden',
  'layers',
  'dropout',
  'epochs',
  'batch',
  'lr',
  'optimizer',
  'weightDecay',
  'schedule',
  'clip',
  'patience',
  'validation',
  'seed',
] as const satisfies readonly (keyof TrainOptions)[]

/** Options with nothing left open, but what need not be there. */
export type TrainSettings = Required<Omit<TrainOptions, 'series' | 'time'>> & {
  readonly series: string | undefined
  readonly time: string | undefined
}

/** What a training does unless told. */
export const TRAIN_DEFAULTS = {
  window: 48,
  horizon: 1,
  missing: 'error',
  scaler: 'standard',
  cell: 'gru',
  hidden: 64,
  layers: 1,
  dropout: 0,
  epochs: 50,
  batch: 64,
  lr: 0.003,
  optimizer: 'adamw',
  weightDecay: 0.01,
  schedule: 'cosine',
  clip: 1,
  patience: 10,
  validation: 0.2,
  seed: 0,
} as const

const WHERE = 'train'

/** Bounds against slips of the keyboard that would exhaust memory before they are noticed. */
const MOST = { window: 100_000, horizon: 10_000, hidden: 8192, layers: 16, batch: 1_000_000 }

/**
 * Checks options and fills in the defaults.
 *
 * @param given values that may come unchecked from a command line
 * @throws ArgumentError naming the option, what was expected and what arrived
 */
export function resolveTrain(given: Readonly<Partial<Record<keyof TrainOptions, unknown>>>): TrainSettings {
  const whole = (option: keyof typeof MOST | 'epochs', least = 1): number =>
    requireInteger(
      WHERE,
      option,
      given[option] ?? TRAIN_DEFAULTS[option],
      least,
      option in MOST ? MOST[option as keyof typeof MOST] : undefined,
    )
  const number = (
    option: 'dropout' | 'lr' | 'weightDecay' | 'clip' | 'validation',
    expected: string,
    holds: (value: number) => boolean,
  ): number => requireNumber(WHERE, option, given[option] ?? TRAIN_DEFAULTS[option], expected, holds)
  const word = <T extends string>(
    option: 'missing' | 'scaler' | 'cell' | 'optimizer' | 'schedule',
    words: readonly T[],
  ): T => requireOneOf(WHERE, option, given[option] ?? TRAIN_DEFAULTS[option], words)
  const target = text('target', given.target)
  if (target === undefined) throw new ArgumentError(WHERE, 'target', 'the column to forecast', 'none')
  const settings: TrainSettings = {
    file: text('file', given.file) ?? '',
    target,
    features: names('features', given.features).filter((name) => name !== target),
    known: names('known', given.known),
    static: names('static', given.static),
    series: text('series', given.series),
    time: text('time', given.time),
    window: whole('window'),
    horizon: whole('horizon'),
    quantiles: readQuantiles(WHERE, given.quantiles ?? []),
    missing: word('missing', ['error', 'drop', 'forward', 'mean', 'zero']),
    missingIndicators: requireBoolean(WHERE, 'missingIndicators', given.missingIndicators ?? false),
    scaler: word('scaler', ['standard', 'minmax', 'none']),
    cell: word('cell', ['gru', 'lstm']),
    hidden: whole('hidden'),
    layers: whole('layers'),
    dropout: number('dropout', 'a number from 0 to below 1', (value) => value >= 0 && value < 1),
    epochs: whole('epochs'),
    batch: whole('batch'),
    lr: number('lr', 'a number above 0', (value) => value > 0),
    optimizer: word('optimizer', ['adamw', 'adam', 'sgd', 'rmsprop']),
    weightDecay: number('weightDecay', 'a number of at least 0', (value) => value >= 0),
    schedule: word('schedule', ['none', 'cosine', 'onecycle', 'step', 'plateau']),
    clip: number('clip', 'a number above 0', (value) => value > 0),
    patience: requireInteger(WHERE, 'patience', given.patience ?? TRAIN_DEFAULTS.patience, 0),
    validation: number('validation', 'a share from 0 to below 1', (value) => value >= 0 && value < 1),
    seed: requireInteger(WHERE, 'seed', given.seed ?? TRAIN_DEFAULTS.seed, 0, 2 ** 32 - 1),
  }
  requireOnce(settings)
  return settings
}

/** Checks quantiles: in rising order, each once. */
export function readQuantiles(where: string, value: unknown): readonly number[] {
  const expected = 'numbers between 0 and 1 in rising order, as 0.1,0.5,0.9'
  const list = Array.isArray(value) ? (value as readonly unknown[]) : undefined
  const between = (one: unknown): one is number => typeof one === 'number' && one > 0 && one < 1
  const isRising = list?.every((one, at) => between(one) && (at === 0 || one > (list[at - 1] as number)))
  if (list === undefined || isRising !== true)
    throw new ArgumentError(
      where,
      'quantiles',
      expected,
      list === undefined ? describe(value) : list.join(','),
    )
  return list as readonly number[]
}

/** No column may have two parts: the forecast would read its own target, or a column twice. */
function requireOnce({ target, features, known, static: statics, series, time }: TrainSettings): void {
  const taken = new Map<string, string>([[target, '--target']])
  const parts = {
    features,
    known,
    static: statics,
    series: series === undefined ? [] : [series],
    time: time === undefined ? [] : [time],
  }
  for (const [option, list] of Object.entries(parts)) {
    for (const name of list) {
      const before = taken.get(name)
      if (before !== undefined)
        throw new ArgumentError(
          WHERE,
          option,
          'columns that no other option has',
          `${describe(name)}, which ${before} has`,
        )
      taken.set(name, `--${option}`)
    }
  }
}

function text(option: string, value: unknown): string | undefined {
  if (value === undefined) return undefined
  if (typeof value !== 'string' || value === '')
    throw new ArgumentError(WHERE, option, 'a name', describe(value))
  return value
}

function names(option: string, value: unknown = []): readonly string[] {
  if (!Array.isArray(value) || value.some((name) => typeof name !== 'string' || name === ''))
    throw new ArgumentError(WHERE, option, 'names separated by commas', describe(value))
  return [...new Set(value as string[])]
}
