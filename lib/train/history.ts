/** What a training tells while it runs, and what it leaves: plain data, which JSON takes. */

/** An epoch that is over. */
export interface EpochRecord {
  /** Counted from 0. */
  readonly epoch: number
  /** Mean over the batches that were trained on, each weighted by its sequences; NaN where all were left out. */
  readonly loss: number
  /** The same over the validation data, with the parameters at the end of the epoch. */
  readonly validation?: number
  /** At the epoch's end: of its last step, or of the next one where the schedule moves with every step. */
  readonly lr: number
  /** Mean norm of the gradients, before clipping. */
  readonly gradNorm: number
  /** The optimiser's steps. */
  readonly steps: number
  /** Batches that were left out because something was not finite. */
  readonly skipped: number
  /** Seconds that it took, validation included; of a resumed epoch all parts together. */
  readonly seconds: number
}

/** A batch that is done. */
export interface BatchRecord {
  /** Counted from 0. */
  readonly epoch: number
  /** Counted from 0 within the epoch. */
  readonly batch: number
  /** Batches of an epoch; undefined where that is not known ahead. */
  readonly batches: number | undefined
  /** The batch's; NaN where it was left out. */
  readonly loss: number
  /** Of the epoch so far. */
  readonly meanLoss: number
  /** With which its step was made; of the first group of parameters where there are several. */
  readonly lr: number
  /** Norm of the gradients before clipping; NaN where the optimiser made no step. */
  readonly gradNorm: number
  /** The optimiser's steps since the first epoch. */
  readonly steps: number
}

/** The epoch with the least loss: over the validation data where there are any. */
export interface Best {
  /** Counted from 0. */
  readonly epoch: number
  /** Its mean loss. */
  readonly loss: number
}

/** Why a training ended: all epochs were done, `earlyStopping` had seen enough, or the signal came. */
export type StopReason = 'finished' | 'earlyStopping' | 'aborted'

/** What `fit` gives. */
export interface FitResult {
  /** Every epoch that is over, those of the runs that this one resumed included. */
  readonly history: readonly EpochRecord[]
  /** undefined where no epoch ended with a finite loss. */
  readonly best: Best | undefined
  /** Why it ended. */
  readonly stopped: StopReason
  /** The optimiser's steps in all, of the runs that this one resumed too. */
  readonly steps: number
  /** Batches that were left out because something was not finite. */
  readonly skipped: number
  /** What the order of the data was drawn from: the same one gives the same bits. */
  readonly seed: number
}
