/** The one door for what a comparison is asked to do: checks every option, and fills in the defaults. */
import { ArgumentError } from '../errors.js'
import { describe, requireInteger, requireNumber, requireOneOf } from '../shapes.js'
import { CELLS, DEFAULTS } from './defaults.js'
import type { Kind } from './defaults.js'
import type { CellName } from './result.js'

/** What a comparison may be told. What is left out has a default. */
export interface CompareOptions {
  /** A CSV file; without it the embedded sine is used. */
  readonly file?: string
  /** The column to forecast. */
  readonly target?: string
  /** Columns that the forecast reads besides the target's own past. */
  readonly features?: readonly string[]
  /** The column that says when each row was; it must ascend. */
  readonly time?: string
  readonly window?: number
  readonly horizon?: number
  readonly hidden?: number
  readonly layers?: number
  readonly epochs?: number
  readonly batch?: number
  readonly lr?: number
  readonly cells?: readonly CellName[]
  /** Whether the cells get equally many parameters, or the same hidden size. */
  readonly match?: 'params' | 'hidden'
  /** The shares of the training, validation and test part. */
  readonly split?: readonly number[]
  /** Rows in a season, for the seasonal naive forecast. */
  readonly period?: number
  /** How many seeds to repeat with. */
  readonly seeds?: number
  /** The first seed; the others follow it. */
  readonly seed?: number
  /** The sine notebook's own setting. */
  readonly full?: boolean
}

/** Options with nothing left open. */
export interface Settings {
  readonly kind: Kind
  readonly optimiser: 'adam' | 'lbfgs'
  readonly file: string | undefined
  readonly target: string | undefined
  readonly features: readonly string[]
  readonly time: string | undefined
  readonly window: number
  readonly horizon: number
  readonly hidden: number
  readonly layers: number
  readonly epochs: number
  readonly batch: number
  readonly lr: number
  readonly cells: readonly CellName[]
  readonly match: 'params' | 'hidden'
  readonly split: readonly [number, number, number]
  readonly period: number | undefined
  readonly seeds: readonly number[]
}

const WHERE = 'compare'

/** Options that mean something for a file only: the sine's rows are what they are, and LBFGS takes all at once. */
const FILE_ONLY = ['target', 'features', 'time', 'window', 'horizon', 'batch'] as const

/** Bounds against slips of the keyboard that would exhaust memory before they are noticed. */
const MOST = { window: 100_000, hidden: 8192, layers: 16, seeds: 1000, batch: 1_000_000 }

/**
 * Checks options and fills in the defaults.
 *
 * @param given options whose values may come unchecked from a command line
 * @throws ArgumentError naming the option, what was expected and what arrived
 */
export function resolveOptions(given: Readonly<Partial<Record<keyof CompareOptions, unknown>>>): Settings {
  const file = optionalText('file', given.file)
  const full = given.full ?? false
  if (typeof full !== 'boolean') throw new ArgumentError(WHERE, 'full', 'true or false', describe(full))
  if (full && file !== undefined)
    throw new ArgumentError(WHERE, 'full', 'no file, as it belongs to the sine', describe(file))
  const kind: Kind = file !== undefined ? 'file' : full ? 'full' : 'sine'
  if (kind !== 'file') {
    for (const option of FILE_ONLY) {
      if (given[option] !== undefined)
        throw new ArgumentError(WHERE, option, 'a CSV file that it is for', 'no file')
    }
  }
  const defaults = DEFAULTS[kind]
  const whole = (
    option: keyof typeof MOST | 'horizon' | 'epochs' | 'period',
    fallback: number,
    least = 1,
  ): number =>
    requireInteger(
      WHERE,
      option,
      given[option] ?? fallback,
      least,
      option in MOST ? MOST[option as keyof typeof MOST] : undefined,
    )
  const seed = requireInteger(WHERE, 'seed', given.seed ?? 0, 0)
  const seeds = whole('seeds', 1)
  return {
    kind,
    optimiser: defaults.optimiser,
    file,
    target: optionalText('target', given.target),
    features: names('features', given.features ?? []),
    time: optionalText('time', given.time),
    window: whole('window', defaults.window),
    horizon: whole('horizon', defaults.horizon),
    hidden: whole('hidden', defaults.hidden),
    layers: whole('layers', defaults.layers),
    epochs: whole('epochs', defaults.epochs),
    batch: whole('batch', defaults.batch),
    lr: requireNumber(WHERE, 'lr', given.lr ?? defaults.lr, 'a number above 0', (value) => value > 0),
    cells: cellNames(given.cells ?? CELLS),
    match: requireOneOf(WHERE, 'match', given.match ?? defaults.match, ['params', 'hidden']),
    split: shares(given.split ?? defaults.split),
    period: given.period === undefined ? defaults.period : whole('period', 1, 2),
    seeds: Array.from({ length: seeds }, (_, index) => seed + index),
  }
}

function optionalText(option: string, value: unknown): string | undefined {
  if (value === undefined) return undefined
  if (typeof value !== 'string' || value === '')
    throw new ArgumentError(WHERE, option, 'a name', describe(value))
  return value
}

function names(option: string, value: unknown): readonly string[] {
  if (!Array.isArray(value) || value.some((name) => typeof name !== 'string' || name === '')) {
    throw new ArgumentError(WHERE, option, 'names separated by commas', describe(value))
  }
  return [...new Set(value as string[])]
}

function cellNames(value: unknown): readonly CellName[] {
  const cells = names('cells', value)
  const unknown = cells.find((cell) => !CELLS.some((known) => known === cell))
  if (unknown !== undefined || cells.length === 0) {
    throw new ArgumentError(WHERE, 'cells', `one or more of ${CELLS.join(', ')}`, describe(unknown ?? value))
  }
  return cells as readonly CellName[]
}

function shares(value: unknown): readonly [number, number, number] {
  const expected = 'three shares above 0 that sum to 1, as 0.7,0.15,0.15'
  const values = Array.isArray(value) ? (value as readonly unknown[]) : []
  const [train, validation, test] = values
  if (values.length !== 3 || !isShare(train) || !isShare(validation) || !isShare(test)) {
    throw new ArgumentError(
      WHERE,
      'split',
      expected,
      Array.isArray(value) ? values.join(',') : describe(value),
    )
  }
  if (Math.abs(train + validation + test - 1) > 1e-6) {
    throw new ArgumentError(
      WHERE,
      'split',
      expected,
      `${values.join(',')} (sum ${train + validation + test})`,
    )
  }
  return [train, validation, test]
}

function isShare(value: unknown): value is number {
  return typeof value === 'number' && value > 0 && value < 1
}
