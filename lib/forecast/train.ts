/** Trains a forecaster, and measures it on the part that it did not learn from, in the target's own units. */
import { countNumbers } from '../layers/parameter.js'
import type { Sequential } from '../layers/sequential.js'
import type { BatchRecord, EpochRecord, FitResult } from '../train/history.js'
import { fit } from '../train/fit.js'
import type { FitOptions } from '../train/options.js'
import { forecastLoss, forecastModel, forecastOptimiser, forecastSchedule } from './build.js'
import { FORECAST } from './form.js'
import type { ForecastForm, TrainingSummary } from './form.js'
import { loadTrainData } from './load-data.js'
import type { TrainData } from './load-data.js'
import type { TrainSettings } from './options.js'
import { lastStep } from './last-step.js'
import { requireSameTraining } from './resume.js'

/** What is told before the first batch. */
export interface TrainStart {
  readonly data: TrainData
  readonly parameters: number
}

/** Told while a forecaster trains, and able to stop it. */
export interface TrainHooks {
  readonly signal?: AbortSignal
  readonly onStart?: (start: TrainStart) => void
  readonly onBatch?: (batch: BatchRecord) => void
  readonly onEpoch?: (epoch: EpochRecord) => unknown
}

/** Where a training is kept while it runs. */
export interface Keeping {
  readonly checkpoint?: string
  readonly resume?: boolean
  /** A file that a line of JSON is added to for each epoch. */
  readonly log?: string
}

/** Errors over the validation part, in the target's units. */
export interface Scores {
  /** Of the mean, or of the quantile nearest to a half. */
  readonly mae: number
  readonly rmse: number
  /** Of the forecast that the last value stays. */
  readonly lastValueMae: number
  /** The share of values between the lowest and the highest quantile, where there are two. */
  readonly coverage?: number
}

/** A forecaster, and how it came about. */
export interface Trained {
  readonly model: Sequential
  readonly form: ForecastForm
  readonly result: FitResult
  /** undefined where there is no validation part. */
  readonly scores: Scores | undefined
}

/**
 * Trains.
 *
 * @throws FileError, DataError where the file or a checkpoint is not what it must be; NonFiniteError where it diverges
 */
export async function trainForecaster(
  settings: TrainSettings,
  { checkpoint, resume = false, log }: Keeping,
  { onStart, ...hooks }: TrainHooks,
): Promise<Trained> {
  const began = performance.now()
  const data = await loadTrainData(settings)
  const { train, validation, scaler } = data
  const model = forecastModel(settings, train.inputSize)
  const optimizer = forecastOptimiser(model, settings)
  const form: ForecastForm = {
    version: 1,
    layout: train.layout,
    scaler: scaler.toJSON(),
    quantiles: settings.quantiles,
    settings: { ...settings, file: data.name },
    ...(settings.series === undefined ? {} : { series: settings.series }),
    ...(settings.time === undefined ? {} : { time: settings.time }),
  }
  if (checkpoint !== undefined && resume) requireSameTraining(checkpoint, form)
  const held: Pick<FitOptions, 'validation' | 'earlyStopping'> =
    validation === undefined
      ? {}
      : {
          validation,
          // Without patience the best epoch is kept all the same.
          earlyStopping: { patience: settings.patience === 0 ? settings.epochs : settings.patience },
        }
  onStart?.({ data, parameters: countNumbers(model.parameters()) })
  const result = await fit(model, train, {
    ...forecastLoss(settings),
    optimizer,
    steps: 'last',
    epochs: settings.epochs,
    batchSize: settings.batch,
    seed: settings.seed,
    clipGradNorm: settings.clip,
    extras: { [FORECAST]: form },
    ...held,
    ...forecastSchedule(optimizer, settings, train.length),
    ...(checkpoint === undefined ? {} : { checkpoint, resume }),
    ...(log === undefined ? {} : { log }),
    ...hooks,
  })
  const seconds = (performance.now() - began) / 1000
  return {
    model,
    form: { ...form, training: summaryOf(data, result, seconds) },
    result,
    scores: scoresOf(model, data, settings),
  }
}

function summaryOf(
  { name, series, rows, train, validation }: TrainData,
  { history, best, stopped }: FitResult,
  seconds: number,
): TrainingSummary {
  // Stopped within an epoch, the model is that of none.
  const isWhole = stopped !== 'aborted'
  const last = isWhole ? history.find(({ epoch }) => epoch === best?.epoch) : history.at(-1)
  return {
    data: name,
    series,
    rows,
    windows: train.count,
    validationWindows: validation?.count ?? 0,
    epochs: history.length,
    ...(last === undefined ? {} : { loss: last.loss }),
    ...(last === undefined || !isWhole ? {} : { bestEpoch: last.epoch + 1 }),
    ...(last?.validation === undefined ? {} : { validationLoss: last.validation }),
    stopped,
    seconds: Math.round(seconds * 10) / 10,
  }
}

function scoresOf(
  model: Sequential,
  { validation, scaler, held }: TrainData,
  { target, quantiles, window, horizon }: TrainSettings,
): Scores | undefined {
  if (validation === undefined) return undefined
  const perStep = Math.max(1, quantiles.length)
  const middle = quantiles.reduce(
    (best, quantile, at) => (Math.abs(quantile - 0.5) < Math.abs((quantiles[best] ?? 0) - 0.5) ? at : best),
    0,
  )
  const sums = { absolute: 0, squares: 0, naive: 0, naiveCount: 0, within: 0, count: 0 }
  let first = 0
  for (const { input } of validation.batches(0)) {
    const outputs = scaler.inverse(target, lastStep(model, input))
    const size = outputs.length / (horizon * perStep)
    for (let b = 0; b < size; b++) {
      const { series, row, targetRow } = validation.place(first + b)
      const values = held[series]?.columns[target] ?? []
      const last = values[row + window - 1] ?? Number.NaN
      for (let step = 0; step < horizon; step++) {
        const truth = values[targetRow + step] ?? Number.NaN
        const at = (b * horizon + step) * perStep
        const error = (outputs[at + middle] ?? Number.NaN) - truth
        sums.absolute += Math.abs(error)
        sums.squares += error * error
        sums.count++
        const [low = 0, high = 0] = [outputs[at], outputs[at + perStep - 1]]
        if (truth >= Math.min(low, high) && truth <= Math.max(low, high)) sums.within++
        if (Number.isNaN(last)) continue
        sums.naive += Math.abs(last - truth)
        sums.naiveCount++
      }
    }
    first += size
  }
  return {
    mae: sums.absolute / sums.count,
    rmse: Math.sqrt(sums.squares / sums.count),
    lastValueMae: sums.naive / sums.naiveCount,
    ...(perStep < 2 ? {} : { coverage: sums.within / sums.count }),
  }
}
