/**
 * Trains one model with one seed: epoch after epoch on the training part, keeping the weights that were best on
 * the validation part. Between batches it yields to the event loop, where interruption and the display live.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'

import type { Task } from '../data/task.js'
import { adamEpochs } from './adam-epochs.js'
import { BestWeights } from './best-weights.js'
import type { BatchLoss, Differentiable, EpochPlan } from './epochs.js'
import { Evaluation } from './evaluate.js'
import type { Predictor } from './evaluate.js'
import { lbfgsEpochs } from './lbfgs-epochs.js'

/** How to train. */
export interface TrainingPlan extends EpochPlan {
  readonly optimiser: 'adam' | 'lbfgs'
  readonly epochs: number
}

/** Told of every batch, and able to stop. */
export interface TrainingHooks {
  readonly signal?: AbortSignal | undefined
  readonly onBatch?: ((done: BatchLoss & { readonly epoch: number }) => void) | undefined
}

/** How one training went. The model holds the weights of its best epoch. */
export interface Training {
  /** Mean squared errors in normalised units, one entry per finished epoch. */
  readonly train: readonly number[]
  readonly validation: readonly number[]
  /** Seconds since the beginning, at the end of each epoch. */
  readonly seconds: readonly number[]
  /** Seconds that each epoch spent on updates alone. */
  readonly epochSeconds: readonly number[]
  /** Seconds of each of LBFGS's closures; empty for Adam. */
  readonly closureSeconds: readonly number[]
  /** Windows × steps, forward and backward, of all finished epochs. */
  readonly steps: number
  /** The epoch of least validation error, counted from 1; 0 where none was finished with a finite error. */
  readonly bestEpoch: number
  /** The epoch in which an error stopped being a number, counted from 1. */
  readonly divergedAt: number | undefined
}

/** Trains a model in place, for so many epochs or until the signal. */
export async function train(
  model: Differentiable & Predictor,
  task: Task,
  plan: TrainingPlan,
  { signal, onBatch }: TrainingHooks = {},
): Promise<Training> {
  const began = performance.now()
  const epochs = plan.optimiser === 'adam' ? adamEpochs : lbfgsEpochs
  const updates = epochs(model, task.parts.train, plan)
  const validation = new Evaluation(task.parts.validation)
  const best = new BestWeights(model.parameters())
  const curve = { train: [] as number[], validation: [] as number[], seconds: [] as number[] }
  const epochSeconds: number[] = []
  const closureSeconds: number[] = []
  let divergedAt: number | undefined
  let steps = 0
  let pending = { seconds: 0, steps: 0 }
  for (let epoch = 1; epoch <= plan.epochs;) {
    await nextTurn()
    if (signal?.aborted === true) break
    const start = performance.now()
    const { value: update } = updates.next()
    const seconds = (performance.now() - start) / 1000
    if (update.closureSeconds !== undefined) closureSeconds.push(update.closureSeconds)
    pending = { seconds: pending.seconds + seconds, steps: pending.steps + update.windows * task.form.window }
    onBatch?.({ ...update, epoch })
    if (!update.last) continue
    const error = validation.errors(model, task.scale).loss
    if (!Number.isFinite(update.loss) || !Number.isFinite(error)) {
      divergedAt = epoch
      break
    }
    best.consider(error, epoch)
    curve.train.push(update.loss)
    curve.validation.push(error)
    curve.seconds.push((performance.now() - began) / 1000)
    epochSeconds.push(pending.seconds)
    steps += pending.steps
    pending = { seconds: 0, steps: 0 }
    epoch++
  }
  best.restore()
  return { ...curve, epochSeconds, closureSeconds, steps, bestEpoch: best.epoch, divergedAt }
}
