/**
 * The losses that compare a prediction with a target element by element, in PyTorch's definitions. Below, p is
 * an element of the prediction, t of the target, and d = p − t. Where a loss has a corner, its slope there is 0,
 * which lies between the slopes of the two sides.
 */
import type { NativeLoss } from '../native/binding.js'
import { numberOption, requireOptions, requireTensor } from '../shapes.js'
import type { Tensor } from '../tensor.js'
import {
  lossOptions,
  readReducing,
  reduceLosses,
  requireFilled,
  resultOf,
  type ElementLossResult,
  type LossOptions,
  type LossResult,
} from './reduction.js'

const NOT_NEGATIVE = 'a finite number of at least 0'

/**
 * A loss function over two tensors of one shape. It throws an `ArgumentError` where the shapes differ, a tensor
 * is empty, or an option is unknown or out of range.
 */
export interface ElementwiseLoss<Options extends LossOptions = LossOptions> {
  (prediction: Tensor, target: Tensor, options: Options & { reduction: 'none' }): ElementLossResult
  (prediction: Tensor, target: Tensor, options?: Options): LossResult
}

/** Options of `huberLoss`. */
export interface HuberOptions extends LossOptions {
  /** Where the square turns into a line; above 0, 1 unless told. */
  delta?: number
}

/** Options of `smoothL1Loss`. */
export interface SmoothL1Options extends LossOptions {
  /** Where the square turns into a line; at least 0 (0 gives `l1Loss`), 1 unless told. */
  beta?: number
}

/**
 * Makes a loss function.
 *
 * @param where the function's name, for its errors
 * @param known the names of its own options
 * @param ruleOf checks those options, and says which of the core's losses it is, with which coefficient
 */
function elementwiseLoss<Options extends LossOptions = LossOptions>(
  where: string,
  known: readonly (keyof Options & string)[],
  ruleOf: (options: Partial<Options>) => readonly [loss: NativeLoss, coefficient: number],
): ElementwiseLoss<Options> {
  function loss(
    prediction: Tensor,
    target: Tensor,
    options: Options & { reduction: 'none' },
  ): ElementLossResult
  function loss(prediction: Tensor, target: Tensor, options?: Options): LossResult
  function loss(prediction: Tensor, target: Tensor, options: Options = {} as Options) {
    const { data, shape } = requireFilled(where, 'prediction', prediction)
    const wanted = requireTensor(where, 'target', target, shape).data
    const given = requireOptions<Options>(where, 'options', options, [...lossOptions, ...known])
    const [rule, coefficient] = ruleOf(given)
    const how = readReducing(where, given, shape)
    return resultOf(reduceLosses(rule, [coefficient], data, wanted, how), shape)
  }
  return loss
}

/** Squared error: d². Slope 2d. */
export const mseLoss: ElementwiseLoss = elementwiseLoss('mseLoss', [], () => ['squared', 0])

/** Absolute error: |d|. Slope sign(d). */
export const l1Loss: ElementwiseLoss = elementwiseLoss('l1Loss', [], () => ['absolute', 0])

/**
 * Huber's loss (P. J. Huber, "Robust Estimation of a Location Parameter", 1964): ½d² where |d| ≤ delta, beyond it
 * delta·(|d| − ½delta).
 */
export const huberLoss: ElementwiseLoss<HuberOptions> = elementwiseLoss<HuberOptions>(
  'huberLoss',
  ['delta'],
  (options) => [
    'huber',
    numberOption('huberLoss', options, 'delta', 1, 'a finite number above 0', (delta) => delta > 0),
  ],
)

/**
 * Huber's loss divided by its threshold (R. Girshick, "Fast R-CNN", 2015): ½d²/beta where |d| < beta, beyond it
 * |d| − ½beta.
 */
export const smoothL1Loss: ElementwiseLoss<SmoothL1Options> = elementwiseLoss<SmoothL1Options>(
  'smoothL1Loss',
  ['beta'],
  (options) => {
    const beta = numberOption('smoothL1Loss', options, 'beta', 1, NOT_NEGATIVE, (value) => value >= 0)
    return beta === 0 ? ['absolute', 0] : ['smooth_l1', beta]
  },
)

/**
 * Binary cross-entropy of logits: −t·ln σ(p) − (1 − t)·ln(1 − σ(p)), for targets that are probabilities.
 * Slope σ(p) − t.
 */
export const bceWithLogitsLoss: ElementwiseLoss = elementwiseLoss('bceWithLogitsLoss', [], () => [
  'bce_with_logits',
  0,
])
