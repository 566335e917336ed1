/** RMSprop, as PyTorch defines it. */
import type { Parameter } from '../layers/parameter.js'
import { booleanOption, numberOption, requireOptions } from '../shapes.js'
import { FirstOrderOptimizer, type UpdateRule } from './first-order.js'
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

  update({ lr, alpha, eps, weightDecay, momentum, centered }, _step, value, grad, buffers) {
    const square = buffers[0] as Float32Array
    const mean = centered ? buffers[1] : undefined
    const velocity = momentum > 0 ? buffers[centered ? 2 : 1] : undefined
    for (let i = 0; i < value.length; i++) {
      const x = value[i] as number
      const g = (grad[i] as number) + weightDecay * x
      const s = alpha * (square[i] as number) + (1 - alpha) * g * g
      square[i] = s
      let variance = s
      if (mean !== undefined) {
        const m = alpha * (mean[i] as number) + (1 - alpha) * g
        mean[i] = m
        // The buffers' rounding can bring the variance of a steady gradient below 0, and its root would be NaN.
        variance = Math.max(0, s - m * m)
      }
      let direction = g / (Math.sqrt(variance) + eps)
      if (velocity !== undefined) {
        direction += momentum * (velocity[i] as number)
        velocity[i] = direction
      }
      value[i] = x - lr * direction
    }
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
  constructor(parameters: readonly Parameter[], options: RMSpropOptions = {}) {
    super(rule, parameters, options)
  }
}
