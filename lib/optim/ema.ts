/** A running mean of a model's weights, which is often better than the last of them. */
import { ArgumentError, StateError } from '../errors.js'
import { ParameterValue } from '../layers/parameter-value.js'
import type { Parameter } from '../layers/parameter.js'
import { newArray } from '../memory/allocate.js'
import { native } from '../native/load.js'
import { booleanOption, describe, numberOption, requireOptions } from '../shapes.js'
import type { Tensor } from '../tensor.js'
import { requireParameters, requireSizes } from './parameters.js'
import { copyBuffers, requireCount, requireGroups, requireState, type OptimizerState } from './state.js'

/** Options of `ExponentialMovingAverage`. */
export interface ExponentialMovingAverageOptions {
  /** How much of the mean an update keeps, from 0 to 1; 0.999 unless told. */
  decay?: number
  /**
   * Whether the first updates keep less, min(decay, (1 + n) / (10 + n)) in update n, so that the mean does not hang on
   * to the first values; false unless told.
   */
  warmUp?: boolean
}

const known = ['decay', 'warmUp'] as const

/**
 * An exponential moving average of parameters (B. T. Polyak, A. B. Juditsky, "Acceleration of Stochastic Approximation
 * by Averaging", 1992; the decay as in PyTorch's `get_ema_multi_avg_fn`):
 *
 *     mean ← mean + (1 − decay)·(value − mean)
 *
 * in float32, from the values at the first update on.
 *
 *     const average = new ExponentialMovingAverage(model.parameters(), { decay: 0.99 })
 *     // in the loop, after optimizer.step()
 *     average.update()
 *     // to validate with the mean, and go on with the weights
 *     average.apply()
 *     …
 *     average.restore()
 */
export class ExponentialMovingAverage {
  /** Those that are averaged, in the order in which they were given. */
  readonly parameters: readonly Parameter[]
  private readonly sizes: readonly number[]
  private settings: Required<ExponentialMovingAverageOptions>
  private updates = 0
  private means: readonly Float32Array[]
  /** The weights that `apply` put aside. */
  private aside: readonly Float32Array[] | undefined

  /** @throws ArgumentError where the parameters or an option are not what they must be */
  constructor(parameters: readonly Parameter[], options: ExponentialMovingAverageOptions = {}) {
    const kind = 'ExponentialMovingAverage'
    this.parameters = requireParameters(kind, 'parameters', parameters)
    if (this.parameters.length === 0) {
      throw new ArgumentError(kind, 'parameters', 'at least one parameter', describe([]))
    }
    this.settings = readOptions(kind, options)
    this.sizes = this.parameters.map(({ value }) => ParameterValue.read(value).length)
    this.means = this.sizes.map((size) => newArray(size))
  }

  /**
   * Brings the values, as they are now, into the mean.
   *
   * @throws StateError between `apply` and `restore`, ArgumentError where a parameter has lost its size
   */
  update(): void {
    const where = 'ExponentialMovingAverage.update'
    this.requireWeights(where)
    requireSizes(where, this.parameters, this.sizes)
    const { decay, warmUp } = this.settings
    const n = this.updates
    if (n === 0) {
      this.copyValues()
    } else {
      const kept = warmUp ? Math.min(decay, (1 + n) / (10 + n)) : decay
      const arrays = this.means.flatMap((mean, p) => [
        mean,
        ParameterValue.read((this.parameters[p] as Parameter).value),
      ])
      native().updateParameters('average', Float32Array.of(1 - kept), arrays)
    }
    this.updates++
  }

  /** Copies of the means, each with its parameter's name and shape. Of a model that was never updated, its values. */
  average(): {
    /** The parameter's own, as `weight_ih_l0`. */
    readonly name: string
    /** The mean, of the parameter's shape. */
    readonly value: Tensor
  }[] {
    if (this.updates === 0) this.copyValues()
    return this.parameters.map(({ name, value }, p) => ({
      name,
      value: { data: (this.means[p] as Float32Array).slice(), shape: Object.freeze([...value.shape]) },
    }))
  }

  /**
   * Puts the mean in place of the weights, which are kept until `restore`.
   *
   * @throws StateError where that was done already, ArgumentError where a parameter has lost its size
   */
  apply(): void {
    const where = 'ExponentialMovingAverage.apply'
    this.requireWeights(where)
    requireSizes(where, this.parameters, this.sizes)
    this.aside = this.parameters.map(({ value }) => ParameterValue.read(value).slice())
    if (this.updates > 0) this.writeValues(this.means)
  }

  /**
   * Puts the weights back.
   *
   * @throws StateError where `apply` was not called before, ArgumentError where a parameter has lost its size
   */
  restore(): void {
    const where = 'ExponentialMovingAverage.restore'
    if (this.aside === undefined) throw new StateError(where, 'apply was not called')
    requireSizes(where, this.parameters, this.sizes)
    this.writeValues(this.aside)
    this.aside = undefined
  }

  /** A copy of what later updates depend on, as an optimiser's. Weights that `apply` put aside are not in it. */
  stateDict(): OptimizerState {
    return {
      optimizer: 'ExponentialMovingAverage',
      groups: [{ options: { ...this.settings }, parameters: this.parameters.length }],
      scalars: { updates: this.updates },
      buffers: Object.fromEntries(this.means.map((mean, p) => [`mean.${p}`, mean.slice()])),
    }
  }

  /**
   * Takes back what `stateDict` gave.
   *
   * @throws ArgumentError where an entry is missing, extra or misshapen; nothing is taken over then
   */
  loadStateDict(state: OptimizerState): void {
    const where = 'ExponentialMovingAverage.loadStateDict'
    const parts = requireState(where, state, 'ExponentialMovingAverage', ['updates'])
    const groups = [{ parameters: this.parameters }]
    const [settings] = requireGroups(where, parts.groups, groups, { known, readOptions })
    const updates = requireCount(where, parts.scalars, 'updates')
    const names = this.sizes.map((size, p) => [`mean.${p}`, size] as const)
    const copies = copyBuffers(where, parts.buffers, 'Float32Array', new Map(names))
    this.settings = settings as Required<ExponentialMovingAverageOptions>
    this.updates = updates
    this.means = [...copies.values()]
  }

  private requireWeights(where: string): void {
    if (this.aside !== undefined) throw new StateError(where, 'the mean is in place of the weights')
  }

  private copyValues(): void {
    for (const [p, { value }] of this.parameters.entries())
      (this.means[p] as Float32Array).set(ParameterValue.read(value))
  }

  private writeValues(from: readonly Float32Array[]): void {
    for (const [p, { value }] of this.parameters.entries())
      ParameterValue.write(value).set(from[p] as Float32Array)
  }
}

function readOptions(where: string, options: unknown): Required<ExponentialMovingAverageOptions> {
  const given = requireOptions<ExponentialMovingAverageOptions>(where, 'options', options, known)
  return {
    decay: numberOption(where, given, 'decay', 0.999, 'a number from 0 to 1', (x) => x >= 0 && x <= 1),
    warmUp: booleanOption(where, given, 'warmUp', false),
  }
}
