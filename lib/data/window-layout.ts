/**
 * What a window holds, by names: which columns a model reads, which it forecasts, how far back and ahead. Plain data,
 * which a model file keeps beside the weights, so that what is forecast from later is laid out as in training.
 */
import { ArgumentError } from '../errors.js'
import { booleanOption, describe, requireInteger, requireOneOf, requireOptions } from '../shapes.js'

/** What is done about missing values among the inputs. A window whose target is missing is left out, or an error. */
export type Missing = 'error' | 'drop' | 'forward' | 'mean' | 'zero'

const MISSING = ['error', 'drop', 'forward', 'mean', 'zero'] as const

/** What a window holds. */
export interface WindowLayoutOptions {
  /** Rows of input, T. */
  window: number
  /** Rows to forecast, H; 1 unless told. */
  horizon?: number
  /** Rows from the last input to the first that is forecast; 1 unless told. 0 is the last input's own row. */
  lead?: number
  /** The column to forecast, or several. */
  target: string | readonly string[]
  /** `'last'`: forecasts from a window's last step. `'every'`: from every step. `'last'` unless told. */
  targets?: 'last' | 'every'
  /** Whether the target is a class, a whole number from 0 on, and so is not scaled; false unless told. */
  classes?: boolean
  /** Columns that are read up to the present row; the targets unless told, and none where they are classes. */
  past?: readonly string[]
  /** Columns that are known ahead, as holidays: read at the present row, and over the horizon. */
  known?: readonly string[]
  /** Names among a series' `statics`, or columns whose first row counts: read at every step. */
  statics?: readonly string[]
  /** `'error'` unless told. */
  missing?: Missing
  /** Whether each past and known column gets an input beside it that is 1 where its value was missing; false unless told. */
  missingIndicators?: boolean
}

/** The same with nothing left open. */
export interface WindowLayout {
  /** Rows of input, T. */
  readonly window: number
  /** Rows that are forecast, H. */
  readonly horizon: number
  /** Rows from the last input to the first that is forecast. */
  readonly lead: number
  /** The columns that are forecast. */
  readonly target: readonly string[]
  /** Whether forecasts are made from a window's last step or from every one. */
  readonly targets: 'last' | 'every'
  /** Whether the target is a class and not scaled. */
  readonly classes: boolean
  /** Columns that are read up to the present row. */
  readonly past: readonly string[]
  /** Columns that are read at the present row, and over the horizon. */
  readonly known: readonly string[]
  /** What is the same at every step of a series. */
  readonly statics: readonly string[]
  /** What is done about missing values among the inputs. */
  readonly missing: Missing
  /** Whether each past and known column has an input beside it that is 1 where its value was missing. */
  readonly missingIndicators: boolean
}

/** The names of the options of a layout. */
export const LAYOUT_OPTIONS = [
  'window',
  'horizon',
  'lead',
  'target',
  'targets',
  'classes',
  'past',
  'known',
  'statics',
  'missing',
  'missingIndicators',
] as const satisfies readonly (keyof WindowLayoutOptions)[]

/**
 * Checks a layout and fills in what was left open.
 *
 * @throws ArgumentError where an option is not what it must be, or the target would be among its own inputs
 */
export function readLayout(where: string, options: WindowLayoutOptions): WindowLayout {
  const given = requireOptions<WindowLayoutOptions>(where, 'options', options, LAYOUT_OPTIONS)
  const whole = (name: 'window' | 'horizon' | 'lead', fallback: number | undefined, least: number): number =>
    requireInteger(where, `options.${name}`, given[name] ?? fallback, least)
  const target = names(where, 'target', typeof given.target === 'string' ? [given.target] : given.target)
  if (target.length === 0) throw new ArgumentError(where, 'options.target', 'the name of a column', 'none')
  const classes = booleanOption(where, given, 'classes', false)
  const lead = whole('lead', 1, 0)
  const past = names(where, 'past', given.past ?? (classes || lead === 0 ? [] : target))
  const known = names(where, 'known', given.known ?? [])
  const statics = names(where, 'statics', given.statics ?? [])
  const inputs = [...past, ...known, ...statics]
  const kindOf = (name: string): string =>
    statics.includes(name) ? 'statics' : known.includes(name) ? 'known' : 'past'
  const twice = inputs.find((name, at) => inputs.indexOf(name) !== at)
  if (twice !== undefined)
    throw new ArgumentError(where, `options.${kindOf(twice)}`, 'each input once', `${describe(twice)} again`)
  if (inputs.length === 0) throw new ArgumentError(where, 'options.past', 'at least one input', 'none')
  const leak = target.find((name) => known.includes(name) || statics.includes(name))
  if (leak !== undefined) {
    throw new ArgumentError(
      where,
      `options.${kindOf(leak)}`,
      'what is known before it is forecast',
      `the target ${describe(leak)}`,
    )
  }
  const own = lead === 0 ? target.find((name) => past.includes(name)) : undefined
  if (own !== undefined) {
    const expected = 'columns other than the target, which the last input’s own row would give away'
    throw new ArgumentError(where, 'options.past', expected, describe(own))
  }
  return {
    window: whole('window', undefined, 1),
    horizon: whole('horizon', 1, 1),
    lead,
    target,
    targets: requireOneOf(where, 'options.targets', given.targets ?? 'last', ['last', 'every']),
    classes,
    past,
    known,
    statics,
    missing: requireOneOf(where, 'options.missing', given.missing ?? 'error', MISSING),
    missingIndicators: booleanOption(where, given, 'missingIndicators', false),
  }
}

/** How many rows later a known column is read: at the present row, and at those that are forecast. */
export function knownAhead({ lead, horizon }: Pick<WindowLayout, 'lead' | 'horizon'>): number[] {
  const ahead = Array.from({ length: horizon }, (_, h) => lead + h)
  return lead === 0 ? ahead : [0, ...ahead]
}

/**
 * What each input of a step is, in order: the past columns, the known ones with how many rows ahead, the statics, and
 * with a question mark whether a value is missing.
 */
export function inputNames(layout: WindowLayout): string[] {
  const { past, known, statics, missingIndicators } = layout
  const ahead = knownAhead(layout).map((rows) => (rows === 0 ? '' : `+${rows}`))
  return [
    ...past,
    ...known.flatMap((name) => ahead.map((rows) => `${name}${rows}`)),
    ...statics,
    ...(missingIndicators ? [...past, ...known].map((name) => `${name}?`) : []),
  ]
}

function names(where: string, option: string, value: unknown): readonly string[] {
  if (!Array.isArray(value) || value.some((name) => typeof name !== 'string' || name === ''))
    throw new ArgumentError(where, `options.${option}`, 'names of columns', describe(value))
  return [...(value as readonly string[])]
}
