/** What all optimisers share: the parameter list, the learning rate, and zeroing the gradients. */
import { ArgumentError } from '../errors.js'
import type { Parameter } from '../layers/parameter.js'
import { requireNumber } from '../shapes.js'
import { requireParameters, requireSizes } from './parameters.js'
import type { OptimizerState } from './state.js'

/** What a learning rate and several other options must be. */
export const NOT_NEGATIVE = 'a finite number of at least 0'

/** Whether a number is at least 0; the check that goes with `NOT_NEGATIVE`. */
export const notNegative = (value: number): boolean => value >= 0

/**
 * The base of every optimiser. It reads gradients from, and writes values to, the parameters that it was given,
 * which stay the caller's: they may be written by hand between steps.
 */
export abstract class Optimizer<Settings extends { lr: number }> {
  /** The parameters, in the order in which they were given, each once. */
  readonly parameters: readonly Parameter[]
  /** The class's name, for errors and states. */
  protected readonly kind: string
  /** Every option with its value. */
  protected settings: Settings
  /** The number of elements of each parameter, as its state was made for. */
  protected readonly sizes: readonly number[]

  protected constructor(kind: string, parameters: readonly Parameter[], settings: Settings) {
    this.parameters = requireParameters(kind, parameters)
    if (this.parameters.length === 0) {
      throw new ArgumentError(kind, 'parameters', 'at least one parameter', 'an array of length 0')
    }
    this.kind = kind
    this.settings = settings
    this.sizes = this.parameters.map(({ value }) => value.data.length)
  }

  /** The learning rate. May be set between steps, to a finite number of at least 0. */
  get lr(): number {
    return this.settings.lr
  }

  set lr(value: number) {
    const lr = requireNumber(this.kind, 'lr', value, NOT_NEGATIVE, notNegative)
    this.settings = { ...this.settings, lr }
  }

  /** Sets every gradient to 0. */
  zeroGrad(): void {
    for (const { grad } of this.parameters) grad.data.fill(0)
  }

  /** A copy of everything that later steps depend on besides the parameters themselves. */
  abstract stateDict(): OptimizerState

  /**
   * Takes back what `stateDict` gave, the options included: the steps that follow are those that would have
   * followed then, to the bit.
   *
   * @throws ArgumentError where the state is another optimiser's, or an entry is missing, extra or misshapen;
   *   nothing is taken over then
   */
  abstract loadStateDict(state: OptimizerState): void

  /** Checks that the parameters are as they were; done before anything is written. */
  protected requireIntact(where: string): void {
    requireSizes(where, this.parameters, this.sizes)
  }
}
