/** Adam and AdamW, as PyTorch defines them: one update, which differs only in where the weight decay goes. */
import { ArgumentError } from '../errors.js'
import { booleanOption, describe, numberOption, requireNumber, requireOptions } from '../shapes.js'
import { FirstOrderOptimizer, type UpdateRule } from './first-order.js'
import type { ParametersOrGroups } from './groups.js'
import { NOT_NEGATIVE, notNegative } from './optimizer.js'

/** Options of `Adam` and `AdamW`. */
export interface AdamOptions {
  /** The learning rate; 1e-3 unless told. */
  lr?: number
  /** How much of the running means of the gradient and of its square is kept; [0.9, 0.999] unless told. */
  betas?: readonly [number, number]
  /** Added to the denominator; 1e-8 unless told. */
  eps?: number
  /** Adam: the factor of the value that is added to its gradient; 0 unless told. AdamW: see there. */
  weightDecay?: number
  /** Divides by the largest mean square so far, not the latest; false unless told. */
  amsgrad?: boolean
}

type AdamSettings = Required<AdamOptions>

const known = ['lr', 'betas', 'eps', 'weightDecay', 'amsgrad'] as const

/** @param decoupled whether the decay shrinks the value itself (AdamW) and stays out of the gradient's means */
function adamRule(name: string, defaultDecay: number, decoupled: boolean): UpdateRule<AdamSettings> {
  return {
    name,
    known,

    readOptions(where, options) {
      const given = requireOptions<AdamOptions>(where, 'options', options, known)
      const number = (option: keyof AdamOptions, fallback: number): number =>
        numberOption(where, given, option, fallback, NOT_NEGATIVE, notNegative)
      return {
        lr: number('lr', 1e-3),
        betas: given.betas === undefined ? [0.9, 0.999] : readBetas(where, given.betas),
        eps: number('eps', 1e-8),
        weightDecay: number('weightDecay', defaultDecay),
        amsgrad: booleanOption(where, given, 'amsgrad', false),
      }
    },

    bufferNames: ({ amsgrad }) => ['expAvg', 'expAvgSq', ...(amsgrad ? ['maxExpAvgSq'] : [])],

    update({ lr, betas: [beta1, beta2], eps, weightDecay, amsgrad }, step) {
      const rate = lr / (1 - beta1 ** step)
      const scale = 1 / Math.sqrt(1 - beta2 ** step)
      const keep = decoupled ? 1 - lr * weightDecay : 1
      const decay = decoupled ? 0 : weightDecay
      return [
        amsgrad ? 'adam_amsgrad' : 'adam',
        [decay, beta1, 1 - beta1, beta2, 1 - beta2, keep, rate, scale, eps],
      ]
    },
  }
}

function readBetas(where: string, betas: unknown): readonly [number, number] {
  if (!Array.isArray(betas) || betas.length !== 2) {
    throw new ArgumentError(where, 'options.betas', 'two numbers in an array', describe(betas))
  }
  const below1 = (value: number): boolean => value >= 0 && value < 1
  const read = (index: 0 | 1): number =>
    requireNumber(where, `options.betas[${index}]`, betas[index], 'a number from 0 to below 1', below1)
  return [read(0), read(1)]
}

const adam = adamRule('Adam', 0, false)
const adamW = adamRule('AdamW', 1e-2, true)

/**
 * Adam (D. P. Kingma, J. Ba, "Adam: A Method for Stochastic Optimization", 2015). With g = grad + weightDecay·x,
 * in step t
 *
 *     m ← β1·m + (1 − β1)·g        v ← β2·v + (1 − β2)·g²
 *     x ← x − lr · (m / (1 − β1ᵗ)) / (√(v / (1 − β2ᵗ)) + eps)
 *
 * With `amsgrad` the largest v so far stands in the last line (S. J. Reddi, S. Kale, S. Kumar, "On the Convergence
 * of Adam and Beyond", 2018).
 */
export class Adam extends FirstOrderOptimizer<AdamSettings> {
  /** @throws ArgumentError where the parameters or an option are not what they must be */
  constructor(parameters: ParametersOrGroups<AdamOptions>, options: AdamOptions = {}) {
    super(adam, parameters, options)
  }
}

/**
 * Adam with decoupled weight decay (I. Loshchilov, F. Hutter, "Decoupled Weight Decay Regularization", 2019): g is
 * the gradient alone, and every step first does x ← (1 − lr·weightDecay)·x. `weightDecay` is 1e-2 unless told.
 */
export class AdamW extends FirstOrderOptimizer<AdamSettings> {
  /** @throws ArgumentError where the parameters or an option are not what they must be */
  constructor(parameters: ParametersOrGroups<AdamOptions>, options: AdamOptions = {}) {
    super(adamW, parameters, options)
  }
}
