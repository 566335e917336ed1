/** Chooses where the steps are done, and starts that. */
import { engine } from '../engine.js'
import { ArgumentError } from '../errors.js'
import { defineModel } from '../layers/make-model.js'
import type { Tensor } from '../tensor.js'
import { nameOfLoss, type LossForm } from './loss.js'
import { defineOptimizer } from './optimizer.js'
import type { ResolvedFit } from './options.js'
import { CallerRunner, type Runner } from './runner.js'
import type { Trainer } from './trainer.js'
import type { TrainerOptions } from './trainer-types.js'
import { WorkerRunner } from './worker-runner.js'

/**
 * @param trainer the caller's, which trains itself or is where the worker's results come to
 * @throws ArgumentError where a worker could not make the model or the optimiser again; EngineError where none starts
 */
export async function startRunner(
  trainer: Trainer,
  options: ResolvedFit,
  how: TrainerOptions,
  loss: LossForm,
): Promise<Runner> {
  if (options.thread === 'caller') return new CallerRunner(trainer)
  const { model, optimizer } = trainer
  const definition = defineModel(model)
  if (definition === undefined) {
    const expected = "layers of this package, which another thread can make again, or thread: 'caller'"
    throw new ArgumentError('fit', 'model', expected, 'others')
  }
  const optimizerDefinition = defineOptimizer(optimizer, model.parameters())
  if (optimizerDefinition === undefined) {
    const expected = "an optimiser of this package, which another thread can make again, or thread: 'caller'"
    throw new ArgumentError('fit', 'options.optimizer', expected, 'another')
  }
  const name = nameOfLoss(loss.loss)
  const parts = {
    model: definition,
    values: (model as unknown as { stateDict(): Record<string, Tensor> }).stateDict(),
    optimizer: optimizerDefinition,
    state: trainer.state(),
    options: how,
    loss: name === undefined ? undefined : { ...loss, loss: undefined, name },
    halts: options.nonFinite === 'throw',
    threads: engine().threads,
    isStepwise: options.onBatch !== undefined || options.syncEvery !== undefined,
  }
  return WorkerRunner.start(parts, trainer)
}
