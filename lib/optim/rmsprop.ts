/** RMSprop, as PyTorch defines it. */
import { booleanOption, numberOption, requireOptions } from '../shapes.js'
import { FirstOrderOptimizer, type UpdateRule } from './first-order.js'
import type { ParametersOrGroups } from './groups.js'
import { NOT_NEGATIVE, notNegative } from './optimizer.js'

/** Options of `RMSprop`. */
export interface RMSpropOptions {
  /** The learning rate; 1e-2 unless told. */
  lr?: number
  /** How much of the running mean of the squared gradient is kept; 0.99 unless told. */
  alpha?: number
  /** Added to the denominator; 1e-8 unless told. */
  eps?: number
  /** The factor of the value that is added to its gradient; 0 unless told. */
  weightDecay?: number
  /** The share of the last update that goes into the next; 0 unless told. */
  momentum?: number
  /** Divides by the standard deviation of the gradient, not by its root mean square; false unless told. */
  centered?: boolean
}

const known = ['lr', 'alpha', 'eps', 'weightDecay', 'momentum', 'centered'] as const

const rule: UpdateRule<Required<RMSpropOptions>> = {
  name: 'RMSprop',
  known,

  readOptions(where, options) {
    const given = requireOptions<RMSpropOptions>(where, 'options', options, known)
    const number = (name: keyof RMSpropOptions, fallback: number): number =>
      numberOption(where, given, name, fallback, NOT_NEGATIVE, notNegative)
    return {
      lr: number('lr', 1e-2),
      alpha: numberOption(
        where,
        given,
        'alpha',
        0.99,
        'a number from 0 to 1',
        (value) => value >= 0 && value <= 1,
      ),
      eps: number('eps', 1e-8),
      weightDecay: number('weightDecay', 0),
      momentum: number('momentum', 0),
      centered: booleanOption(where, given, 'centered', false),
    }
  },

  bufferNames: ({ momentum, centered }) => [
    'squareAvg',
    ...(centered ? ['gradAvg'] : []),
    ...(momentum > 0 ? ['momentum'] : []),
  ],

  update({ lr, alpha, eps, weightDecay, momentum, centered }) {
    const coefficients = [lr, weightDecay, alpha, 1 - alpha, eps]
    if (momentum === 0) return [centered ? 'rmsprop_centered' : 'rmsprop', coefficients]
    return [centered ? 'rmsprop_centered_momentum' : 'rmsprop_momentum', [...coefficients, momentum]]
  },
}

/**
 * RMSprop (T. Tieleman, G. Hinton, "Neural Networks for Machine Learning", lecture 6.5, 2012). With
 * g = grad + weightDecay·x, in every step
 *
 *     s ← alpha·s + (1 − alpha)·g²        m ← alpha·m + (1 − alpha)·g
 *     v ← momentum·v + g / (√s + eps),  with centered  v ← momentum·v + g / (√(s − m²) + eps)
 *     x ← x − lr·v
 *
 * (`centered`: A. Graves, "Generating Sequences With Recurrent Neural Networks", 2013).
 */
export class RMSprop extends FirstOrderOptimizer<Required<RMSpropOptions>> {
  /** @throws ArgumentError where the parameters or an option are not what they must be */
  constructor(parameters: ParametersOrGroups<RMSpropOptions>, options: RMSpropOptions = {}) {
    super(rule, parameters, options)
  }
}
