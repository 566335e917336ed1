/** Stochastic gradient descent with momentum, as PyTorch defines it. */
import { ArgumentError } from '../errors.js'
import { booleanOption, numberOption, requireOptions } from '../shapes.js'
import { FirstOrderOptimizer, type UpdateRule } from './first-order.js'
import type { ParametersOrGroups } from './groups.js'
import { NOT_NEGATIVE, notNegative } from './optimizer.js'

/** Options of `SGD`. */
export interface SGDOptions {
  /** The learning rate; 1e-3 unless told. */
  lr?: number
  /** The share μ of the last update that goes into the next; 0 unless told. */
  momentum?: number
  /** The share of the gradient that is kept out of the momentum; 0 unless told. */
  dampening?: number
  /** Looks ahead by one momentum step; needs a momentum and no dampening. False unless told. */
  nesterov?: boolean
  /** The factor of the value that is added to its gradient; 0 unless told. */
  weightDecay?: number
}

const known = ['lr', 'momentum', 'dampening', 'nesterov', 'weightDecay'] as const

const rule: UpdateRule<Required<SGDOptions>> = {
  name: 'SGD',
  known,

  readOptions(where, options) {
    const given = requireOptions<SGDOptions>(where, 'options', options, known)
    const number = (name: keyof SGDOptions, fallback: number): number =>
      numberOption(where, given, name, fallback, NOT_NEGATIVE, notNegative)
    const settings = {
      lr: number('lr', 1e-3),
      momentum: number('momentum', 0),
      dampening: numberOption(where, given, 'dampening', 0),
      nesterov: booleanOption(where, given, 'nesterov', false),
      weightDecay: number('weightDecay', 0),
    }
    if (settings.nesterov && (settings.momentum === 0 || settings.dampening !== 0)) {
      const { momentum, dampening } = settings
      const received = `momentum ${momentum} and dampening ${dampening}`
      throw new ArgumentError(
        where,
        'options.nesterov',
        'a momentum above 0 and no dampening with it',
        received,
      )
    }
    return settings
  },

  bufferNames: ({ momentum }) => (momentum > 0 ? ['momentum'] : []),

  update({ lr, momentum, dampening, nesterov, weightDecay }, step) {
    if (momentum === 0) return ['sgd', [lr, weightDecay]]
    // The first gradient starts the momentum whole, without the dampening.
    const share = step === 1 ? 1 : 1 - dampening
    return [nesterov ? 'sgd_nesterov' : 'sgd_momentum', [lr, weightDecay, momentum, share]]
  },
}

/**
 * Stochastic gradient descent. With g = grad + weightDecay·x, in every step
 *
 *     v ← momentum·v + (1 − dampening)·g        (v ← g in the first step)
 *     x ← x − lr·v,  with nesterov  x ← x − lr·(g + momentum·v)
 *
 * (I. Sutskever, J. Martens, G. Dahl, G. Hinton, "On the importance of initialization and momentum in deep
 * learning", 2013, with the learning rate outside of v).
 */
export class SGD extends FirstOrderOptimizer<Required<SGDOptions>> {
  /** @throws ArgumentError where the parameters or an option are not what they must be */
  constructor(parameters: ParametersOrGroups<SGDOptions>, options: SGDOptions = {}) {
    super(rule, parameters, options)
  }
}
