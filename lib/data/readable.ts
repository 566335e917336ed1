/** Makes series readable as a layout wants them: each input's and target's column with its scale, gaps dealt with. */
import { ArgumentError, DataError } from '../errors.js'
import { describe } from '../shapes.js'
import { filled, GapCount, gapsOf } from './gaps.js'
import { IDENTITY } from './scaler.js'
import type { Scale, Scaler } from './scaler.js'
import { rowsOf } from './series.js'
import type { Column, Series } from './series.js'
import { knownAhead } from './window-layout.js'
import type { WindowLayout } from './window-layout.js'
import { rowsNeeded } from './windows.js'
import type { Read, ReadableSeries, WindowForm } from './windows.js'

/** How to read. */
export interface Reading {
  /** The function that was called, for messages. */
  readonly where: string
  readonly layout: WindowLayout
  readonly scaler: Scaler | undefined
  /** Rows from a window's start to the next one's. */
  readonly stride: number
  /** The last value of each column before the first row, for filling forward. */
  readonly before?: ReadonlyMap<string, number>
}

/** A readable series, and what was left out of it. */
export interface ReadSeries extends ReadableSeries {
  /** Windows that were left out for what is missing in them. */
  readonly dropped: number
}

/** The form of a layout's windows. */
export function formOf({ window, lead, horizon, targets }: WindowLayout): WindowForm {
  return { window, lead, horizon, everyStep: targets === 'every' }
}

/** One input column: its values, filled where that was asked for, and where it has gaps. */
interface Prepared {
  readonly values: Column
  /** Where values were missing. */
  readonly gaps: Uint8Array | undefined
  /** Where they are missing still. */
  readonly left: Uint8Array | undefined
}

/** What a step reads, and the gaps that were left in it. */
export interface ReadInputs {
  readonly inputs: readonly (Read | number)[]
  /** Of each past and each known column. */
  readonly past: readonly (Uint8Array | undefined)[]
  readonly known: readonly (Uint8Array | undefined)[]
  /** Whether a static is missing, so that no window can be read. */
  readonly isUnknown: boolean
}

/**
 * Prepares what a step reads. Nothing of the targets is looked at, and columns may end at different rows.
 *
 * @throws ArgumentError where a column or its scale is unknown; DataError where a value is missing that must not be
 */
export function readInputs(series: Series, reading: Reading): ReadInputs {
  const { layout } = reading
  const { past, known, statics, missingIndicators } = layout
  const prepare = (name: string): Prepared => prepared(series, name, reading)
  const [pasts, knowns] = [past.map(prepare), known.map(prepare)]
  const reads = (name: string, values: Column, ahead: number): Read => ({
    values,
    ahead,
    scale: scaleOf(reading, name),
  })
  const constants = statics.map((name) => staticInput(series, name, reading))
  const indicators = missingIndicators
    ? [...pasts, ...knowns].map(({ values, gaps }): Read => {
        return { values: gaps ?? new Uint8Array(values.length), ahead: 0, scale: IDENTITY }
      })
    : []
  return {
    inputs: [
      ...past.map((name, at) => reads(name, pasts[at]?.values ?? [], 0)),
      ...known.flatMap((name, at) =>
        knownAhead(layout).map((ahead) => reads(name, knowns[at]?.values ?? [], ahead)),
      ),
      ...constants,
      ...indicators,
    ],
    past: pasts.map(({ left }) => left),
    known: knowns.map(({ left }) => left),
    isUnknown: constants.some((value) => Number.isNaN(value)),
  }
}

/**
 * Prepares one series.
 *
 * @throws ArgumentError where a column or its scale is unknown; DataError where a value is missing that must not be
 */
export function readSeries(series: Series, reading: Reading): ReadSeries {
  const { layout, where } = reading
  const rows = rowsOf(series)
  const { inputs, past, known, isUnknown } = readInputs(series, reading)
  const truths = layout.target.map((name) => {
    const values = columnOf(series, name, where)
    const gaps = gapsOf(values, (row, what) => cellError(series, name, row, what))
    if (gaps !== undefined && layout.missing === 'error')
      throw missingError(series, name, gaps.indexOf(1), where)
    if (layout.classes) requireClasses(series, name, values)
    return { name, values, gaps }
  })
  const targets = Array.from({ length: layout.horizon }, (_, h) =>
    truths.map(({ name, values }): Read => ({
      values,
      ahead: layout.lead + h,
      scale: layout.classes ? IDENTITY : scaleOf(reading, name),
    })),
  ).flat()
  const possible = Math.max(0, Math.floor((rows - rowsNeeded(formOf(layout))) / reading.stride) + 1)
  const target = truths.map(({ gaps }) => gaps)
  const starts = isUnknown ? new Int32Array() : usableStarts(possible, rows, reading, { past, known, target })
  return { inputs, targets, starts, dropped: possible - starts.length }
}

/** The starts of the windows in which nothing is missing that is read. */
function usableStarts(
  possible: number,
  rows: number,
  { layout, stride }: Reading,
  gaps: Readonly<Record<'past' | 'known' | 'target', readonly (Uint8Array | undefined)[]>>,
): Int32Array {
  const past = new GapCount(rows, gaps.past)
  const known = new GapCount(rows, gaps.known)
  const target = new GapCount(rows, gaps.target)
  const { window, lead, targets } = layout
  const length = rowsNeeded(formOf(layout))
  const first = (targets === 'every' ? 0 : window - 1) + lead
  const starts = new Int32Array(possible)
  let usable = 0
  for (let at = 0; at < possible; at++) {
    const start = at * stride
    const broken =
      past.within(start, start + window) ||
      known.within(start, start + window) ||
      known.within(start + lead, start + length) ||
      target.within(start + first, start + length)
    if (!broken) starts[usable++] = start
  }
  return starts.subarray(0, usable)
}

function prepared(series: Series, name: string, reading: Reading): Prepared {
  const { where, layout, scaler, before } = reading
  const values = columnOf(series, name, where)
  const gaps = gapsOf(values, (row, what) => cellError(series, name, row, what))
  if (gaps === undefined) return { values, gaps, left: undefined }
  switch (layout.missing) {
    case 'error':
      throw missingError(series, name, gaps.indexOf(1), where)
    case 'drop':
      return { values, gaps, left: gaps }
    case 'mean':
      return { values: filled(values, meanOf(where, scaler, name)), gaps, left: undefined }
    case 'zero':
      return { values: filled(values, 0), gaps, left: undefined }
    case 'forward': {
      const whole = filled(values, 'forward', before?.get(name))
      return { values: whole, gaps, left: gapsOf(whole, (row, what) => cellError(series, name, row, what)) }
    }
  }
}

/** The scaled value of a static; NaN where it is missing and its windows are to be left out. */
function staticInput(series: Series, name: string, reading: Reading): number {
  const { where, layout, scaler } = reading
  const value = series.statics?.[name] ?? series.columns[name]?.[0]
  if (value === undefined && series.columns[name] === undefined)
    throw new ArgumentError(
      where,
      'options.statics',
      `names among the series’ statics or columns`,
      describe(name),
    )
  const scale = scaleOf(reading, name)
  const scaled = (known: number): number => (known - scale.offset) / scale.factor
  if (value !== undefined && Number.isFinite(value)) return scaled(value)
  if (value !== undefined && !Number.isNaN(value)) throw cellError(series, name, 0, 'a value is infinite')
  switch (layout.missing) {
    case 'error':
      throw missingError(series, name, 0, where)
    case 'mean':
      return scaled(meanOf(where, scaler, name))
    case 'zero':
      return scaled(0)
    case 'drop':
    case 'forward':
      return Number.NaN
  }
}

function requireClasses(series: Series, name: string, values: Column): void {
  const row = values.findIndex(
    (value: number) => !Number.isNaN(value) && !(Number.isInteger(value) && value >= 0),
  )
  if (row >= 0)
    throw cellError(series, name, row, `${values[row] ?? ''} is no class, a whole number from 0 on`)
}

function columnOf({ columns, name: of }: Series, name: string, where: string): Column {
  const column = columns[name]
  if (column !== undefined) return column
  const there = Object.keys(columns).join(', ')
  const which = of === undefined ? '' : ` of series ${JSON.stringify(of)}`
  throw new ArgumentError(where, 'options', `names among the columns ${there}${which}`, describe(name))
}

function scaleOf({ scaler }: Reading, name: string): Scale {
  return scaler === undefined ? IDENTITY : scaler.scale(name)
}

function meanOf(where: string, scaler: Scaler | undefined, name: string): number {
  if (scaler !== undefined) return scaler.scale(name).mean
  const expected = 'a scaler, fitted on the training part, whose means missing values are given'
  throw new ArgumentError(where, 'options.scaler', expected, 'undefined')
}

function missingError(series: Series, column: string, row: number, where: string): DataError {
  const choices = "missing: 'drop', 'forward', 'mean' or 'zero' says what to do about it"
  return cellError(
    series,
    column,
    row,
    'a value is missing',
    where.startsWith('gatewise') ? '' : ` (${choices})`,
  )
}

function cellError(
  { name, lines, firstRow = 0 }: Series,
  column: string,
  row: number,
  what: string,
  more = '',
): DataError {
  const line = lines?.[row]
  const place = line === undefined ? `row ${firstRow + row}` : `line ${line}`
  const which = name === undefined ? '' : `${name}: `
  return new DataError(`${which}column "${column}", ${place}: ${what}${more}`, { column, line })
}
