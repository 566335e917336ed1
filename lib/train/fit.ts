/** Trains a model. */
import { BestEpoch } from './early-stopping.js'
import type { FitResult, StopReason } from './history.js'
import { Interruption } from './interruption.js'
import { lossOfBatch } from './loss.js'
import { isBatchFirst, requireModel, type Model } from './model.js'
import { resolveFit, type FitOptions } from './options.js'
import type { Runner } from './runner.js'
import { Rates } from './schedule.js'
import { sourceOf, type FitData } from './sources.js'
import { startRunner } from './start-runner.js'
import { Trainer } from './trainer.js'
import { Training } from './training.js'

/**
 * Trains a model: goes through the data so many times, and makes a step of the optimiser for each batch.
 *
 * @param model a layer, `sequential(...)`, or an object of their form
 * @param data tensors in memory, a source of batches, or batches; see `FitData`
 * @returns how it went, when all is done; the model and the optimiser are as the last step, or with
 *   `earlyStopping.restoreBest` the best epoch, left them
 * @throws ArgumentError where an argument is not what it must be, before anything is trained; or where a batch does not fit
 * @throws NonFiniteError where a number is not finite, unless those batches are to be skipped
 */
export async function fit(model: Model, data: FitData, options: FitOptions): Promise<FitResult> {
  const trained = requireModel('fit', model)
  const resolved = resolveFit(options, trained.parameters())
  const batchFirst = isBatchFirst(trained)
  const { batchSize, shuffle, seed, optimizer } = resolved
  const cut = { batchSize, seed: shuffle ? seed : undefined, batchFirst }
  const source = sourceOf('fit', 'data', data, cut)
  const validation =
    resolved.validation &&
    sourceOf('fit', 'options.validation', resolved.validation, { ...cut, seed: undefined })
  const how = { clipGradNorm: resolved.clipGradNorm, lastStep: resolved.steps === 'last' }
  const trainer = new Trainer(trained, lossOfBatch(resolved.loss, resolved.lossOptions), optimizer, how)
  const runner = await startRunner(trainer, resolved, how)
  const bestEpoch = new BestEpoch(resolved.earlyStopping)
  const restoreBest = resolved.earlyStopping?.restoreBest === true
  const interruption = new Interruption(resolved.signal, () => runner.stop())
  let best: readonly Float32Array[] | undefined
  const training = new Training({
    options: resolved,
    runner,
    source,
    validation,
    rates: new Rates(optimizer, resolved.schedule, resolved.scheduleEvery),
    bestEpoch,
    interruption,
    batchFirst,
    onValues(values, isBest) {
      if (resolved.thread === 'worker') trainer.setValues(values)
      if (isBest && restoreBest) best = values
    },
  })
  const stopped = await runTo(training, runner, interruption)
  if (best && stopped !== 'aborted') trainer.setValues(best)
  const { steps, skipped } = training.position
  return { history: training.history, best: bestEpoch.best, stopped, steps, skipped, seed }
}

/** Runs a training to its end, and brings what came of it to the caller's model, also where it failed. */
async function runTo(training: Training, runner: Runner, interruption: Interruption): Promise<StopReason> {
  try {
    const stopped = await training.run()
    await runner.finish()
    return stopped
  } catch (error) {
    // The error that led here is the one to tell, also where the thread that trains is gone.
    await runner.finish().catch(() => undefined)
    throw error
  } finally {
    interruption.end()
  }
}
