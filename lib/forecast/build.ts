/** Makes what a training needs of its settings: the model, its loss, the optimiser and the schedule. */
import { GRU } from '../layers/gru.js'
import { Linear } from '../layers/linear.js'
import { LSTM } from '../layers/lstm.js'
import { sequential, type Sequential } from '../layers/sequential.js'
import { mseLoss, pinballLoss } from '../losses.js'
import { Adam, AdamW } from '../optim/adam.js'
import { OneCycleLR } from '../optim/one-cycle.js'
import { ReduceLROnPlateau } from '../optim/reduce-on-plateau.js'
import { RMSprop } from '../optim/rmsprop.js'
import { CosineAnnealingLR, StepLR } from '../optim/schedules.js'
import { SGD } from '../optim/sgd.js'
import type { FitOptions } from '../train/options.js'
import type { TrainSettings } from './options.js'

type Optimiser = Adam | SGD | RMSprop

/** A seed of its own for the head: its first weights are not to repeat the layer's. */
const HEAD_SEED = 7919

/** A recurrent stack with a linear head of H outputs, or H·Q: the quantiles of a step stand together. */
export function forecastModel(settings: TrainSettings, inputSize: number): Sequential {
  const { cell, hidden, layers, dropout, seed, horizon, quantiles } = settings
  const options = {
    inputSize,
    hiddenSize: hidden,
    numLayers: layers,
    dropout: layers > 1 ? dropout : 0,
    seed,
  }
  const outFeatures = horizon * Math.max(1, quantiles.length)
  return sequential(
    cell === 'gru' ? new GRU(options) : new LSTM(options),
    new Linear({ inFeatures: hidden, outFeatures, seed: seed + HEAD_SEED }),
  )
}

/** The loss as `fit` takes it, of a batch's forecasts [B, H] or [B, H·Q] against the targets [B, H]. */
export function forecastLoss({
  quantiles,
}: Pick<TrainSettings, 'quantiles'>): Pick<FitOptions, 'loss' | 'lossOptions'> {
  const [first, ...others] = quantiles
  if (first === undefined) return { loss: mseLoss }
  return { loss: pinballLoss, lossOptions: others.length === 0 ? { quantile: first } : { quantiles } }
}

/** The optimiser over a model's parameters. */
export function forecastOptimiser(
  model: Sequential,
  { optimizer, lr, weightDecay }: TrainSettings,
): Optimiser {
  const parameters = model.parameters()
  switch (optimizer) {
    case 'adamw':
      return new AdamW(parameters, { lr, weightDecay })
    case 'adam':
      return new Adam(parameters, { lr })
    case 'sgd':
      return new SGD(parameters, { lr, momentum: 0.9 })
    case 'rmsprop':
      return new RMSprop(parameters, { lr })
  }
}

/** The schedule as `fit` takes it; nothing where the rate stays. */
export function forecastSchedule(
  optimizer: Optimiser,
  { schedule, epochs, lr }: TrainSettings,
  batches: number,
): Pick<FitOptions, 'schedule' | 'scheduleEvery'> {
  switch (schedule) {
    case 'none':
      return {}
    case 'cosine':
      return { schedule: new CosineAnnealingLR(optimizer, { tMax: epochs }) }
    case 'onecycle': {
      const cycle = {
        maxLr: lr,
        epochs,
        stepsPerEpoch: batches,
        cycleMomentum: !(optimizer instanceof RMSprop),
      }
      return { schedule: new OneCycleLR(optimizer, cycle), scheduleEvery: 'step' }
    }
    case 'step':
      return {
        schedule: new StepLR(optimizer, { stepSize: Math.max(1, Math.round(epochs / 3)), gamma: 0.3 }),
      }
    case 'plateau':
      return { schedule: new ReduceLROnPlateau(optimizer, { factor: 0.3, patience: 3 }) }
  }
}
