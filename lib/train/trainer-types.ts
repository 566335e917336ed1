/** What the thread that trains and the caller's tell each other of steps: plain data, but for the optimiser. */
import type { LayerMemory } from '../layers/definition.js'
import type { Parameter } from '../layers/parameter.js'
import type { ExponentialMovingAverageOptions } from '../optim/ema.js'
import type { LBFGS } from '../optim/lbfgs.js'
import type { OptimizerState } from '../optim/state.js'
import type { NonFinite } from './non-finite.js'
import type { GroupRates } from './schedule.js'

/** An optimiser that `fit` works with: those of this package, and any of their form. */
export type AnyOptimizer = SteppingOptimizer | LBFGS

/** What `fit` needs of an optimiser that updates the parameters from their gradients. */
export interface SteppingOptimizer {
  /** Those that it updates. */
  readonly parameters: readonly Parameter[]
  /** Where there are several groups of them with rates of their own. */
  readonly paramGroups?: readonly GroupRates[]
  /** The learning rate; of the first group where there are several. */
  lr: number
  /** Updates the parameters from their gradients, which `fit` sets to 0 before the next. */
  step(): unknown
  /** A copy of all that later steps depend on besides the parameters. */
  stateDict(): OptimizerState
  /** Takes back what `stateDict` gave. */
  loadStateDict(state: OptimizerState): void
}

/** How a step is done. */
export interface TrainerOptions {
  /** Greatest norm of all gradients together; undefined for any. */
  readonly clipGradNorm: number | undefined
  /** Greatest size of any one number of a gradient; undefined for any. */
  readonly clipGradValue: number | undefined
  /** Of an average of the parameters, with which is validated and the model left; undefined for none. */
  readonly ema: ExponentialMovingAverageOptions | undefined
  /** Whether the loss sees each sequence's last step only. */
  readonly lastStep: boolean
}

/** What a batch came to. */
export interface StepResult {
  /** Of the batch, before the step; NaN where it was left out. */
  readonly loss: number
  /** Sequences. */
  readonly size: number
  /** Whether the optimiser made a step. */
  readonly stepped: boolean
  /** Norm of the gradients before clipping, where there was a step. */
  readonly gradNorm: number
  /** What was not finite; parameters and optimiser are then as before. */
  readonly nonFinite?: NonFinite
}

/** The loss over a batch that is not trained on. */
export interface Evaluated {
  readonly loss: number
  readonly size: number
}

/** All that later steps depend on, as plain data. */
export interface TrainerState {
  /** Values of the model's parameters, in their order. */
  readonly parameters: readonly Float32Array[]
  readonly optimizer: OptimizerState
  /** Of the average, where there is one. */
  readonly average: OptimizerState | undefined
  /** What the layers remember, in their order; none for a model that is made of others. */
  readonly memories: readonly (LayerMemory | undefined)[]
  /** Batches whose gradients wait for the others of their step; the gradients, where there are any. */
  readonly waiting: number
  readonly gradients: readonly Float32Array[]
}
