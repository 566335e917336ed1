/** Trains a model. */
import { ArgumentError } from '../errors.js'
import { loadCheckpoint, type Resumed } from './checkpoint.js'
import { checkpointFiles, isKept, prepareFolder } from './checkpoint-files.js'
import { BestEpoch } from './early-stopping.js'
import type { FitResult, StopReason } from './history.js'
import { Interruption } from './interruption.js'
import { lossOfBatch, type LossForm } from './loss.js'
import { isBatchFirst, requireModel, type Model } from './model.js'
import type { FitOptions, ResolvedFit } from './options.js'
import { resolveFit } from './resolve-options.js'
import { Observers } from './observers.js'
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
 * @throws EngineError where no thread can be started to train in; FileError, DataError where a checkpoint cannot be written
 *   or read. Whatever is thrown, model and optimiser are as the last good step left them
 */
export async function fit(model: Model, data: FitData, options: FitOptions): Promise<FitResult> {
  const trained = requireModel('fit', model)
  const resolved = resolveFit(options, trained.parameters())
  const batchFirst = isBatchFirst(trained)
  const lastStep = resolved.steps === 'last'
  const loss: LossForm = { loss: resolved.loss, options: resolved.lossOptions, batchFirst, lastStep }
  const { optimizer, clipGradNorm, clipGradValue, ema } = resolved
  const how = { clipGradNorm, clipGradValue, ema, lastStep }
  const trainer = new Trainer(trained, lossOfBatch(loss), optimizer, how)
  const checkpoints = resolved.checkpoint && checkpointFiles(resolved.checkpoint.folder)
  const resumed = resume(resolved, trained)
  const seed = resumed?.progress.seed ?? resolved.seed ?? Math.floor(Math.random() * 2 ** 53)
  const cut = { batchSize: resolved.batchSize, seed: resolved.shuffle ? seed : undefined, batchFirst }
  const source = sourceOf('fit', 'data', data, cut)
  const validation =
    resolved.validation &&
    sourceOf('fit', 'options.validation', resolved.validation, { ...cut, seed: undefined })
  if (resolved.checkpoint) prepareFolder(resolved.checkpoint.folder)
  if (resumed) trainer.restore(resumed.state)

  const observers = await Observers.open(resolved)
  const runner = await startRunner(trainer, resolved, how, loss).catch((error: unknown) => {
    observers.close()
    throw error
  })
  const bestEpoch = new BestEpoch(resolved.earlyStopping)
  const restoreBest = resolved.earlyStopping?.restoreBest === true
  const interruption = new Interruption(resolved.signal, () => runner.stop())
  let best = resumed?.bestValues
  const training = new Training({
    options: resolved,
    runner,
    source,
    validation,
    rates: new Rates(optimizer, resolved.schedule, resolved.scheduleEvery),
    bestEpoch,
    interruption,
    batchFirst,
    seed,
    observers,
    checkpoints,
    bestValues: () => best,
    onValues(values, isBest) {
      if (resolved.thread === 'worker') trainer.setValues(values)
      if (isBest && restoreBest) best = values
    },
  })
  const stopped = await runTo(training, runner, observers, resumed).finally(() => {
    // With an average, that is what the model is left with.
    trainer.setValues(trainer.values())
    interruption.end()
    observers.close()
  })
  if (best && stopped !== 'aborted') trainer.setValues(best)
  const { steps, skipped } = training.position
  return { history: training.history, best: bestEpoch.best, stopped, steps, skipped, seed }
}

/** Runs a training to its end, and brings what came of it to the caller's model, also where it failed. */
async function runTo(
  training: Training,
  runner: Runner,
  observers: Observers,
  resumed: Resumed | undefined,
): Promise<StopReason> {
  try {
    if (resumed) training.restore(resumed.progress)
    observers.begin(training.seed)
    const stopped = await training.run()
    await training.saveEnd()
    await runner.finish()
    observers.end(stopped, training.position.steps)
    return stopped
  } catch (error) {
    // The error that led here is the one to tell, also where the thread that trains is gone.
    await runner.finish().catch(() => undefined)
    throw error
  }
}

/** The training to go on with, if there is one. */
function resume({ resume, checkpoint, ...options }: ResolvedFit, model: Model): Resumed | undefined {
  const files = checkpoint && checkpointFiles(checkpoint.folder)
  if (resume === false || (resume === true && !(files && isKept(files)))) return undefined
  const resumed = loadCheckpoint(resume === true ? (files?.last ?? '') : resume, model)
  const { seed, cut, position } = resumed.progress
  const same = (name: string, told: unknown, kept: unknown): void => {
    if (told === kept) return
    const expected = `${String(kept)}, as in the training that is resumed`
    throw new ArgumentError('fit', `options.${name}`, expected, String(told))
  }
  if (options.seed !== undefined) same('seed', options.seed, seed)
  if (position.batch > 0) {
    for (const name of ['batchSize', 'accumulate', 'shuffle'] as const) same(name, options[name], cut[name])
  }
  return resumed
}
