/** Where steps are done: in this thread, or by messages in another (worker-runner.ts). Calls are answered in their order. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Batch } from '../data/batch.js'
import type { CheckpointParts } from './checkpoint.js'
import { writeCheckpoints } from './checkpoint-files.js'
import type { GroupRates } from './schedule.js'
import type { Trainer } from './trainer.js'
import type { Evaluated, StepResult, TrainerState } from './trainer-types.js'

/** A batch, and how its step is done. */
export interface StepOrder {
  readonly batch: Batch
  /** Whether the optimiser makes a step with the gradients so far. */
  readonly apply: boolean
  /** Of that step, for each group of parameters. */
  readonly rates: readonly GroupRates[]
}

/** Does the steps of one training. */
export interface Runner {
  /** Steps that may be ordered before the first of them is done. */
  readonly depth: number
  /** Does a step; undefined where `stop` came before it began. */
  step(order: StepOrder): Promise<StepResult | undefined>
  evaluate(batch: Batch): Promise<Evaluated>
  /** Copies of the parameters' values after the steps ordered so far. */
  values(): Promise<readonly Float32Array[]>
  state(): Promise<TrainerState>
  /** Writes checkpoints of the moment after the steps ordered so far, one after the other. */
  save(paths: readonly string[], parts: CheckpointParts): Promise<void>
  /** Leaves out all steps that have not begun. */
  stop(): void
  /** Leaves model and optimiser as the last step did, in the caller's thread, and ends the work. */
  finish(): Promise<void>
}

/** Steps in the caller's thread. The event loop turns between any two. */
export class CallerRunner implements Runner {
  readonly depth = 1
  readonly #trainer: Trainer
  #stopped = false

  constructor(trainer: Trainer) {
    this.#trainer = trainer
  }

  async step({ batch, apply, rates }: StepOrder): Promise<StepResult | undefined> {
    await nextTurn()
    if (this.#stopped) return undefined
    return this.#trainer.step(batch, apply, rates)
  }

  async evaluate(batch: Batch): Promise<Evaluated> {
    await nextTurn()
    return this.#trainer.evaluate(batch)
  }

  values(): Promise<readonly Float32Array[]> {
    return Promise.resolve(this.#trainer.values())
  }

  state(): Promise<TrainerState> {
    return Promise.resolve(this.#trainer.state())
  }

  save(paths: readonly string[], parts: CheckpointParts): Promise<void> {
    return new Promise((resolve) => {
      writeCheckpoints(paths, this.#trainer, parts)
      resolve()
    })
  }

  stop(): void {
    this.#stopped = true
  }

  finish(): Promise<void> {
    return Promise.resolve()
  }
}
