/** The door to `train/`, which is loaded when it is first gone through: an import of the package is to cost little. */
import type { FitResult } from './train/history.js'
import type { Model } from './train/model.js'
import type { FitOptions } from './train/options.js'
import type { FitData } from './train/sources.js'

/**
 * Trains a model: goes through the data so many times, and makes a step of the optimiser for each batch.
 *
 * @param model a layer, `sequential(...)`, or an object of their form
 * @param data tensors in memory, a source of batches, or batches; see `FitData`
 * @returns how it went, when all is done; the model and the optimiser are as the last step, or with
 *   `earlyStopping.restoreBest` the best epoch, left them
 * @throws ArgumentError where an argument is not what it must be, before anything is trained; or where a batch does not fit
 * @throws NonFiniteError where a number is not finite, unless those batches are to be skipped
 * @throws EngineError where no thread can be started to train in; FileError, DataError where a checkpoint cannot be written
 *   or read. Whatever is thrown, model and optimiser are as the last good step left them
 */
export async function fit(model: Model, data: FitData, options: FitOptions): Promise<FitResult> {
  const train = await import('./train/fit.js')
  return train.fit(model, data, options)
}
