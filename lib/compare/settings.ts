/** What a repetition of a run needs to know, as the result keeps it. */
import type { Task } from '../data/task.js'
import { CLIP_NORM, LBFGS_ITERATIONS } from './defaults.js'
import type { Settings } from './options.js'
import type { CompareResult } from './result.js'

/** Settings by name, plain values only. */
export function describeSettings(settings: Settings, { continuous }: Task): CompareResult['settings'] {
  const { batch, cells, epochs, hidden, layers, lr, match, period, split } = settings
  const optimiser =
    settings.optimiser === 'lbfgs'
      ? { optimiser: 'LBFGS', iterationsPerStep: LBFGS_ITERATIONS }
      : { optimiser: 'Adam', batchSize: batch, gradientNormAtMost: CLIP_NORM }
  return {
    cells: cells.join(', '),
    ...optimiser,
    learningRate: lr,
    epochs,
    hidden,
    layers,
    match,
    split: split.map((share) => Number(share.toFixed(4))).join(', '),
    normalisation: continuous ? 'mean and sd of the training part' : 'none',
    ...(period === undefined ? {} : { period }),
  }
}
