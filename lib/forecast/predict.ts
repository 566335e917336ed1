/** Forecasts what comes behind the last values of a file's series, in the target's own units. */
import { contextOf, knownRows } from '../data/context.js'
import { rowsOf } from '../data/series.js'
import type { Series } from '../data/series.js'
import { ArgumentError } from '../errors.js'
import { describe } from '../shapes.js'
import { outputNames } from './form.js'
import type { Forecaster } from './form.js'
import { lastStep } from './last-step.js'
import { readFileSeries } from './load-data.js'
import { readQuantiles } from './options.js'
import { areMidnights, clockAfter, timeText } from './times.js'

/** What may be asked for: no more than the model has. */
export interface PredictOptions {
  /** Steps; all that the model forecasts unless told. */
  readonly horizon?: unknown
  /** Quantiles; all unless told. */
  readonly quantiles?: unknown
}

/** One step of one series' forecast. */
export interface ForecastRow {
  /** The series' name, where the model tells several apart. */
  readonly series?: string
  /** Where there is a column of times. */
  readonly time?: string
  /** Counted from 1. */
  readonly step: number
  readonly values: readonly number[]
}

/** A forecast as a table. */
export interface Forecast {
  /** The names of a row's values. */
  readonly columns: readonly string[]
  readonly rows: readonly ForecastRow[]
}

const WHERE = 'predict'

/** Series that go through the model at once. */
const AT_ONCE = 256

/** What of a model's output is wanted. */
interface Wanted {
  readonly horizon: number
  /** The places of the wanted quantiles among the model's; [0] for a mean. */
  readonly places: readonly number[]
}

/** Checks what is asked for against what the model has. @throws ArgumentError naming what it has */
export function wantedOf({ form }: Forecaster, { horizon, quantiles }: PredictOptions): Wanted {
  const { layout, quantiles: has } = form
  const steps = horizon ?? layout.horizon
  if (typeof steps !== 'number' || !Number.isInteger(steps) || steps < 1 || steps > layout.horizon) {
    const expected = `a whole number from 1 to the model’s ${layout.horizon}`
    throw new ArgumentError(WHERE, 'horizon', expected, describe(steps))
  }
  if (quantiles === undefined) return { horizon: steps, places: has.length === 0 ? [0] : [...has.keys()] }
  if (has.length === 0)
    throw new ArgumentError(
      WHERE,
      'quantiles',
      'none, as the model forecasts the mean alone',
      describe(quantiles),
    )
  const places = readQuantiles(WHERE, quantiles).map((quantile) => {
    const place = has.indexOf(quantile)
    if (place >= 0) return place
    throw new ArgumentError(WHERE, 'quantiles', `some of the model’s ${has.join(', ')}`, String(quantile))
  })
  return { horizon: steps, places }
}

/**
 * Forecasts each series of a file from its last value of the target on. Rows behind that give what is known ahead.
 *
 * @throws ArgumentError where the model does not have what is asked for
 * @throws FileError, DataError where the file is not what it must be, or a series is too short
 */
export async function forecastFile(
  forecaster: Forecaster,
  file: string,
  options: PredictOptions = {},
): Promise<Forecast> {
  const { form, scaler, model } = forecaster
  const wanted = wantedOf(forecaster, options)
  const { target, past, known, statics } = form.layout
  const numbers = [...new Set([...target, ...past, ...known, ...statics])]
  const { list, names, areDates } = await readFileSeries(file, {
    numbers,
    series: form.series,
    time: form.time,
  })
  const rows: ForecastRow[] = []
  for (let from = 0; from < list.length; from += AT_ONCE) {
    const some = list.slice(from, from + AT_ONCE)
    const input = contextOf(WHERE, some, { layout: form.layout, scaler })
    const outputs = scaler.inverse(target[0] ?? '', lastStep(model, input))
    for (const [b, series] of some.entries()) {
      const name = form.series === undefined ? {} : { series: names[from + b] ?? '' }
      for (const row of stepsOf(forecaster, series, outputs, b, wanted, areDates))
        rows.push({ ...name, ...row })
    }
  }
  const all = outputNames(form)
  return { columns: wanted.places.map((place) => all[place] ?? ''), rows }
}

function stepsOf(
  { form }: Forecaster,
  series: Series,
  outputs: Float64Array,
  b: number,
  { horizon, places }: Wanted,
  areDates: boolean,
): ForecastRow[] {
  const { layout, quantiles, time } = form
  const perStep = Math.max(1, quantiles.length)
  const timeOf = time === undefined ? undefined : timesOf(series, time, knownRows(series, layout), areDates)
  return Array.from({ length: horizon }, (_, step) => {
    const at = (b * layout.horizon + step) * perStep
    // Quantiles that a network gives may cross; put in order they are never worse (V. Chernozhukov, I. Fernández-Val and
    // A. Galichon, "Quantile and Probability Curves Without Crossing", 2010).
    const sorted = outputs.slice(at, at + perStep).sort()
    return {
      ...(timeOf === undefined ? {} : { time: timeOf(step + layout.lead) }),
      step: step + 1,
      values: places.map((place) => sorted[place] ?? Number.NaN),
    }
  })
}

/** The times behind a row: the file's own where it has them, and as they went on where not. */
function timesOf(series: Series, column: string, rows: number, areDates: boolean): (ahead: number) => string {
  const times = series.columns[column] ?? []
  const areDays = areMidnights(times)
  const there = rowsOf(series) - rows
  const clock = clockAfter(times, areDates)
  return (ahead) => {
    const own = ahead <= there ? times[rows - 1 + ahead] : undefined
    return timeText(own ?? clock(ahead - there), areDates, areDays)
  }
}
