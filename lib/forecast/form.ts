/** What a forecaster's model file says beside the layers: how to read, how to scale, and what comes out. */
import { Scaler } from '../data/scaler.js'
import type { ScalerState } from '../data/scaler.js'
import { readLayout } from '../data/window-layout.js'
import type { WindowLayout } from '../data/window-layout.js'
import { DataError, GatewiseError } from '../errors.js'
import type { Sequential, SequentialLayer } from '../layers/sequential.js'
import { loadModel } from '../train/model-file.js'

/** How a training went, for who opens the file later. */
export interface TrainingSummary {
  /** The name of the file that was learned from. */
  readonly data: string
  readonly series: number
  readonly rows: number
  readonly windows: number
  readonly validationWindows: number
  readonly epochs: number
  /** The epoch whose parameters the file has, counted from 1; undefined where the training was stopped. */
  readonly bestEpoch?: number
  /** Of that epoch, or of the last that was finished. */
  readonly loss?: number
  readonly validationLoss?: number
  /** `finished`, `earlyStopping` or `aborted`. */
  readonly stopped: string
  readonly seconds: number
}

/** A forecaster without its layers; plain data, which a model file keeps. */
export interface ForecastForm {
  readonly version: 1
  readonly layout: WindowLayout
  readonly scaler: ScalerState
  /** The quantiles that it forecasts, in rising order; none where it forecasts the mean. */
  readonly quantiles: readonly number[]
  /** The column that told series apart, and that of points in time, where there were any. */
  readonly series?: string
  readonly time?: string
  /** What the training was told, defaults included. */
  readonly settings: Readonly<Record<string, unknown>>
  /** Absent in a checkpoint. */
  readonly training?: TrainingSummary
}

/** A forecaster out of a file. */
export interface Forecaster {
  readonly model: Sequential | SequentialLayer
  readonly form: ForecastForm
  readonly scaler: Scaler
}

/** The name of the entry among a model file's extras. */
export const FORECAST = 'forecast'

/**
 * Loads a forecaster: a file that `gatewise train` wrote, or a checkpoint of it.
 *
 * @throws FileError where the file cannot be read; DataError where it is damaged, or holds no forecaster
 */
export function loadForecaster(path: string): Forecaster {
  const { model, extras } = loadModel(path)
  const form = extras[FORECAST]
  if (form === undefined) {
    throw new DataError(
      `${JSON.stringify(path)}: a model, but no forecaster: it does not say what its inputs are`,
    )
  }
  return { model, ...readForm(path, form) }
}

/** Checks what a file says. */
export function readForm(path: string, value: unknown): { form: ForecastForm; scaler: Scaler } {
  const fail = (what: string): never => {
    throw new DataError(`${JSON.stringify(path)}: not a forecaster that this version knows: ${what}`)
  }
  const given = (typeof value === 'object' ? value : null) as Partial<ForecastForm> | null
  if (given?.version !== 1) return fail(`version ${String(given?.version)}`)
  const { layout, scaler, quantiles } = given
  if (layout === undefined || scaler === undefined || !Array.isArray(quantiles))
    return fail('a part is missing')
  try {
    return {
      form: { ...(given as ForecastForm), layout: readLayout('file', layout) },
      scaler: Scaler.from(scaler),
    }
  } catch (error) {
    if (error instanceof GatewiseError) return fail(error.message)
    throw error
  }
}

/** The names of what comes out for each step: quantiles as `q0.1`, or the target itself. */
export function outputNames({ layout, quantiles }: Pick<ForecastForm, 'layout' | 'quantiles'>): string[] {
  return quantiles.length === 0 ? [...layout.target] : quantiles.map((quantile) => `q${quantile}`)
}
