/** Holds a training that is to go on to what it began with: other settings or data would go on to something else, unseen. */
import { ArgumentError, DataError } from '../errors.js'
import { checkpointFiles, isKept } from '../train/checkpoint-files.js'
import { loadForecaster } from './form.js'
import type { ForecastForm } from './form.js'

/** What may be another: how long to train, and where the same data stand. */
const FREE = ['epochs', 'patience', 'file']

/**
 * Compares a training with the one that a folder keeps, if it keeps any.
 *
 * @throws ArgumentError where a setting is another; DataError where the data are
 */
export function requireSameTraining(folder: string, form: ForecastForm): void {
  const files = checkpointFiles(folder)
  if (!isKept(files)) return
  const kept = loadForecaster(files.last).form
  for (const [name, value] of Object.entries(form.settings)) {
    const [before, now] = [told(kept.settings[name]), told(value)]
    if (FREE.includes(name) || before === now) continue
    throw new ArgumentError('train', name, `${before}, as in the training that is resumed`, now)
  }
  if (JSON.stringify(kept.scaler) !== JSON.stringify(form.scaler)) {
    throw new DataError(
      `${JSON.stringify(folder)}: the training there began with other data; resuming needs the same`,
    )
  }
}

function told(setting: unknown): string {
  return setting === undefined ? 'none' : JSON.stringify(setting)
}
