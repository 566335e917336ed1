/** What a comparison found: plain data, written as JSON by `--json` and drawn by the report. */

/** A mean over the seeds, with the sample standard deviation (0 for one seed). */
export interface Statistic {
  readonly mean: number
  readonly sd: number
  /** The value of each seed, in order. */
  readonly values: readonly number[]
}

/** The name of a cell that `compare` trains. */
export type CellName = 'gru' | 'lstm'

/** The curve of one seed's training. Errors are mean squared errors in normalised units. */
export interface TrainingCurve {
  readonly seed: number
  /** One entry per epoch (or per outer step of LBFGS). */
  readonly train: readonly number[]
  readonly validation: readonly number[]
  /** Seconds since this training began, at the end of each epoch. */
  readonly seconds: readonly number[]
}

/** Root-mean-square and mean-absolute errors in the units of the target. */
export interface Errors {
  readonly rmse: Statistic
  readonly mae: Statistic
}

/** A curve of the mean norm of ∂loss_T/∂h_{T−k} against the lag k, relative to lag 0. */
export interface GradientFalloff {
  readonly lags: readonly number[]
  /** Geometric mean over the seeds. */
  readonly norms: readonly number[]
  /** The lag at which the norm first falls below half of lag 0's; undefined where it does not within the window. */
  readonly halfLife?: number
}

/** A stretch of a series: `x` is a row or step number, or a time stamp in milliseconds where `time` is true. */
export interface Stretch {
  readonly x: readonly number[]
  readonly y: readonly number[]
}

/** Everything found for one cell. */
export interface CellResult {
  readonly cell: CellName
  readonly hiddenSize: number
  readonly numLayers: number
  /** Trained numbers: layers and head. */
  readonly parameters: number
  readonly errors: { readonly train: Errors; readonly validation: Errors; readonly test: Errors }
  readonly curves: readonly TrainingCurve[]
  readonly secondsPerEpoch: Statistic
  /** Time steps (rows × steps, forward and backward) per second of training. */
  readonly stepsPerSecond: Statistic
  /** The epoch, counted from 1, with the least validation error. */
  readonly epochsToBest: Statistic
  readonly gradientFalloff: GradientFalloff
  /** One-step (or horizon-step) forecast of the test part, first seed. */
  readonly forecast: Stretch
  /** Free running: each output fed back as the next input, first seed. */
  readonly freeRun: Stretch
  /** Root-mean-square error of free running over all test rows, in the target's units. */
  readonly freeRunRmse: Statistic
}

/** The error of a forecast that needs no training. */
export interface NaiveResult {
  /** `last value`, or `seasonal (period 52)`. */
  readonly name: string
  readonly errors: { readonly train: Errors; readonly validation: Errors; readonly test: Errors }
  /** Root-mean-square error over the range of free running, in the target's units. */
  readonly freeRunRmse?: number
}

/** A whole comparison. */
export interface CompareResult {
  readonly version: string
  /** True where Ctrl-C or an abort ended it early: what stands here is what there was by then. */
  readonly interrupted: boolean
  readonly engine: { readonly isa: string; readonly threads: number }
  readonly data: {
    /** A file's name or `sine`. */
    readonly name: string
    readonly target: string
    readonly features: readonly string[]
    readonly rows: number
    /** Windows (or sequences) in each part. */
    readonly parts: { readonly train: number; readonly validation: number; readonly test: number }
    readonly window: number
    readonly horizon: number
    /** Whether `x` of the stretches is a time stamp. */
    readonly time: boolean
  }
  readonly settings: Readonly<Record<string, string | number | boolean>>
  readonly seeds: readonly number[]
  readonly cells: readonly CellResult[]
  readonly naive: readonly NaiveResult[]
  /** Truth over the forecasts' and the free runs' range, with the context just before it. */
  readonly truth: {
    readonly forecast: Stretch
    readonly freeRun: Stretch
    /** Where free running starts. */ readonly freeRunFrom: number
  }
  /** Sentences in plain words; the first is the verdict, the others say why and how sure. */
  readonly verdict: readonly string[]
}
