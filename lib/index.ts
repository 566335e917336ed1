/**
 * GRU and LSTM networks, trained and run at native speed.
 *
 * @packageDocumentation
 */
export { engine, setThreads, type Engine } from './engine.js'
export {
  ArgumentError,
  DataError,
  EngineError,
  FileError,
  GatewiseError,
  NonFiniteError,
  StateError,
  type NonFiniteAt,
} from './errors.js'
export { tensor, zeros, type NestedNumbers, type Tensor } from './tensor.js'
export type { Parameter } from './layers/parameter.js'
export type { RecurrentOptions } from './layers/recurrent-options.js'
export type { Init, Initializer, InitOptions } from './layers/initialise.js'
export type {
  CellForwardOptions,
  FinalResult,
  ForwardOptions,
  InferResult,
} from './layers/recurrent-input.js'
export type {
  BackwardOptions,
  InputGradients,
  OutputGradients,
  RecurrentPass,
} from './layers/recurrent-pass.js'
export { LSTM, type LSTMOptions, type LSTMPass } from './layers/lstm.js'
export { GRU, type GRUOptions } from './layers/gru.js'
export { RNN, type RNNOptions } from './layers/rnn.js'
export {
  GRUCell,
  LSTMCell,
  type CellGradients,
  type CellOptions,
  type CellState,
  type CellStep,
  type LSTMCellStep,
} from './layers/cells.js'
export type { RecurrentStream, StreamOptions, StreamState } from './layers/stream.js'
export { Linear, type LinearOptions, type LinearPass } from './layers/linear.js'
export {
  sequential,
  Sequential,
  type SequentialLayer,
  type SequentialOptions,
  type SequentialPass,
} from './layers/sequential.js'
export type { SequentialStream } from './layers/sequential-stream.js'
export * from './losses.js'
export { SGD, type SGDOptions } from './optim/sgd.js'
export { Adam, AdamW, type AdamOptions } from './optim/adam.js'
export { RMSprop, type RMSpropOptions } from './optim/rmsprop.js'
export { LBFGS, type LBFGSOptions } from './optim/lbfgs.js'
export type { GroupState, OptimizerState } from './optim/state.js'
export type { LRScheduler, Schedulable, ScheduleState, SteppingSchedule } from './optim/schedule.js'
export {
  CosineAnnealingLR,
  ExponentialLR,
  LinearLR,
  MultiStepLR,
  StepLR,
  type CosineAnnealingLROptions,
  type ExponentialLROptions,
  type LinearLROptions,
  type MultiStepLROptions,
  type StepLROptions,
} from './optim/schedules.js'
export { OneCycleLR, type OneCycleLROptions } from './optim/one-cycle.js'
export { ReduceLROnPlateau, type ReduceLROnPlateauOptions } from './optim/reduce-on-plateau.js'
export { SequentialLR, type SequentialLROptions } from './optim/sequential-lr.js'
export { ExponentialMovingAverage, type ExponentialMovingAverageOptions } from './optim/ema.js'
export type { GroupOptions, ParameterGroup, ParametersOrGroups } from './optim/groups.js'
export { clipGradNorm, clipGradValue } from './optim/clip.js'
export { loadSafetensors, saveSafetensors, type Safetensors } from './io/safetensors.js'
export type { Batch, BatchSource, ClassTargets } from './data/batch.js'
export type { BatchingOptions } from './data/batching.js'
export { collectSeries, readRows, type CollectOptions, type ReadRowsOptions } from './data/read-rows.js'
export {
  Scaler,
  type ColumnScale,
  type ScalerKind,
  type ScalerOptions,
  type ScalerState,
} from './data/scaler.js'
export { sequences, type Sequence, type SequenceOptions, type SequenceSource } from './data/sequences.js'
export { splitSeries, type Column, type PartName, type RowBlock, type Series } from './data/series.js'
export { streamWindows, type StreamWindowOptions, type WindowStream } from './data/stream-windows.js'
export type { Missing, WindowLayout, WindowLayoutOptions } from './data/window-layout.js'
export { windows, type WindowOptions, type WindowSource } from './data/window-source.js'
export { fit } from './train/fit.js'
export type { CheckpointOptions, FitOptions, LogOptions } from './train/options.js'
export type { Batches, FitData } from './train/sources.js'
export type { TensorData } from './train/tensor-batches.js'
export type { BatchRecord, Best, EpochRecord, FitResult, StopReason } from './train/history.js'
export type { EarlyStopping } from './train/early-stopping.js'
export type { GroupRates, Schedule, ScheduleEvery } from './train/schedule.js'
export type { Model, ModelOptions, ModelPass } from './train/model.js'
export type { BatchLoss, Loss } from './train/loss.js'
export type { AnyOptimizer, SteppingOptimizer } from './train/trainer-types.js'
export { loadModel, saveModel, type Extras, type LoadedModel } from './train/model-file.js'
export type { LogLine } from './train/log.js'
export type { Output } from './train/display.js'
export { trainingReport, type ReportedEpoch, type TrainingReportOptions } from './report/training-report.js'
