/** What all optimisers share: parameters in groups, the learning rate, and zeroing the gradients. */
import type { Parameter } from '../layers/parameter.js'
import { requireNumber } from '../shapes.js'
import { readGroups, type Group, type OptionReader, type ParameterGroup } from './groups.js'
import { requireSizes } from './parameters.js'
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
  /** The parameters, in the order in which they were given, group after group, each once. */
  readonly parameters: readonly Parameter[]
  /**
   * The groups, one where plain parameters were given. Their options, `lr` among them, may be written between steps.
   */
  readonly paramGroups: readonly ParameterGroup<Settings>[]
  /** The class's name, for errors and states. */
  protected readonly kind: string
  protected readonly groups: readonly Group<Settings>[]
  /** The number of elements of each parameter, as its state was made for. */
  protected readonly sizes: readonly number[]

  protected constructor(
    kind: string,
    parameters: unknown,
    options: unknown,
    protected readonly reader: OptionReader<Settings>,
  ) {
    this.kind = kind
    this.groups = readGroups(kind, parameters, options, reader)
    this.parameters = this.groups.flatMap((group) => group.parameters)
    this.paramGroups = Object.freeze(this.groups.map(({ face }) => face))
    this.sizes = this.groups.flatMap((group) => group.sizes)
  }

  /**
   * The learning rate, of the first group where there are several. What is set, a finite number of at least 0, holds
   * for all groups.
   */
  get lr(): number {
    return (this.groups[0] as Group<Settings>).settings.lr
  }

  set lr(value: number) {
    const lr = requireNumber(this.kind, 'lr', value, NOT_NEGATIVE, notNegative)
    for (const group of this.groups) group.settings = { ...group.settings, lr }
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
