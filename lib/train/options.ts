/** The options of `fit`. */
import type { ExponentialMovingAverageOptions } from '../optim/ema.js'
import type { Output } from './display.js'
import type { EarlyStopping } from './early-stopping.js'
import type { BatchRecord, EpochRecord } from './history.js'
import type { Loss } from './loss.js'
import type { Extras } from './model-file.js'
import type { Schedule, ScheduleEvery } from './schedule.js'
import type { FitData } from './sources.js'
import type { AnyOptimizer } from './trainer-types.js'

/** Options of `fit`. */
export interface FitOptions {
  /**
   * A loss of this package, or one's own: `(prediction, target, options) => ({ loss, grad })`. Of one's own, `options` has
   * `lengths` where the batch does.
   */
  loss: Loss
  /** Options of the loss, as `{ delta: 0.5 }`. */
  lossOptions?: object
  /** Made over parameters of the model; those that it does not have stay as they are. */
  optimizer: AnyOptimizer
  /** How often the data are gone through, a resumed run's epochs included; 1 unless told. */
  epochs?: number
  /** Sequences of a batch, of tensors in memory; 32 unless told. */
  batchSize?: number
  /** Whether tensors in memory are gone through in a new order each epoch; true unless told. */
  shuffle?: boolean
  /** Of that order; another one every time unless told. */
  seed?: number
  /** Which steps of the model's output the loss sees: `'all'`, unless told, or each sequence's `'last'`, as [B, O]. */
  steps?: 'all' | 'last'
  /** Data whose loss is taken after each epoch. */
  validation?: FitData
  /** Of the learning rate; made over the optimiser. */
  schedule?: Schedule
  /** When it makes its step; `'epoch'` unless told. */
  scheduleEvery?: ScheduleEvery
  /** Greatest norm of all gradients together; any unless told. */
  clipGradNorm?: number
  /** Greatest size of any one number of a gradient, after that; any unless told. */
  clipGradValue?: number
  /** Of an average of the parameters over the steps, with which is validated and the model left; none unless told. */
  ema?: ExponentialMovingAverageOptions
  /** Batches whose gradients' mean makes one step; 1 unless told. */
  accumulate?: number
  /** Ends the training when epochs bring nothing better. */
  earlyStopping?: EarlyStopping
  /** Where, and how often, the training is kept so that it can go on; nowhere unless told. */
  checkpoint?: string | CheckpointOptions
  /**
   * Goes on with the training that `checkpoint` kept, or begins where there is none; or, with a path, with the checkpoint
   * in that file. Model, optimiser, schedule, data and options are to be those of the first run; `epochs` may be more.
   */
  resume?: boolean | string
  /** What goes into checkpoints with the model, as `{ scaler, features }`: `loadModel` gives it back. */
  extras?: Extras
  /** What is done where something is not finite: `'throw'`, unless told, or `'skip'` the batch and count it. */
  nonFinite?: 'throw' | 'skip'
  /**
   * Where the steps are done: in a `'worker'` thread, unless told, so that the event loop stays free; or in the
   * `'caller'`'s, which a model or an optimiser of one's own needs. The bits are the same.
   */
  thread?: 'worker' | 'caller'
  /**
   * Batches after which the model gets the parameters from the thread that trains, besides the end of each epoch; never
   * unless told.
   */
  syncEvery?: number
  /** Ends the training within a batch. */
  signal?: AbortSignal
  /** Shows how far it is: true on the standard error output, or on any other; not unless told. */
  progress?: boolean | Output
  /** A file that a line of JSON is added to for each epoch, and with `batches` for each batch. */
  log?: string | LogOptions
  /** Called after each epoch, and awaited. */
  onEpoch?: (epoch: EpochRecord) => unknown
  /** Called after each batch. */
  onBatch?: (batch: BatchRecord) => void
}

/** What is logged. */
export interface LogOptions {
  /** The file; lines are added to it, and it is made where it is not there. */
  path: string
  /** Whether batches have lines too; false unless told. */
  batches?: boolean
}

/** How a training is kept. */
export interface CheckpointOptions {
  /** A folder of the training's own, made where it is not there: `last.safetensors` and `best.safetensors`. */
  folder: string
  /** Epochs from one checkpoint to the next; 1 unless told. The best epoch, and the end, are always kept. */
  everyEpochs?: number
  /** Also after every so many batches of an epoch; not unless told. */
  everyBatches?: number
}

type Optional =
  | 'clipGradValue'
  | 'ema'
  | 'extras'
  | 'syncEvery'
  | 'lossOptions'
  | 'validation'
  | 'schedule'
  | 'clipGradNorm'
  | 'earlyStopping'
  | 'signal'
  | 'onEpoch'
  | 'onBatch'

/** The options, checked and with their defaults. */
export type ResolvedFit = Readonly<
  Required<Omit<FitOptions, Optional | 'checkpoint' | 'log' | 'progress' | 'seed'>> & {
    [Name in Optional | 'seed']: FitOptions[Name] | undefined
  } & {
    checkpoint: CheckpointOptions | undefined
    log: LogOptions | undefined
    progress: Output | undefined
  }
>
