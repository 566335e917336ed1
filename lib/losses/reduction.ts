/**
 * How the losses of single elements become one number, and what a loss function gives back. Inputs are
 * float32; every element's loss is computed, and every sum accumulated, in float64, in row-major order.
 */
import { ArgumentError } from '../errors.js'
import { requireAnyTensor, requireOneOf, requireOptions, requireTensor } from '../shapes.js'
import type { Tensor } from '../tensor.js'

/** `'mean'` over all elements, their `'sum'`, or `'none'`: each for itself. */
export type Reduction = 'mean' | 'sum' | 'none'

/** Options that every loss takes. */
export interface LossOptions {
  /** `'mean'` unless told. */
  reduction?: Reduction
}

/** A loss and its gradient. */
export interface LossResult {
  /** The reduced loss. With `reduction: 'none'`, the sum: the number that `grad` is the gradient of. */
  readonly loss: number
  /** ∂loss/∂prediction, in the prediction's shape. A new tensor, the caller's own. */
  readonly grad: Tensor
}

/** What a loss gives back with `reduction: 'none'`. */
export interface ElementLossResult extends LossResult {
  /** The loss of every element, in row-major order. */
  readonly losses: Float32Array
}

/**
 * A loss function over two tensors of one shape. It throws an `ArgumentError` where the shapes differ, a tensor
 * is empty, or an option is unknown or out of range.
 */
export interface ElementwiseLoss<Options extends LossOptions = LossOptions> {
  (prediction: Tensor, target: Tensor, options: Options & { reduction: 'none' }): ElementLossResult
  (prediction: Tensor, target: Tensor, options?: Options): LossResult
}

/** One element's loss and its derivative with respect to the prediction, in float64. */
export interface ElementRule {
  value(prediction: number, target: number): number
  slope(prediction: number, target: number): number
}

/**
 * Makes a loss function from the rule of one element.
 *
 * @param where the function's name, for its errors
 * @param known the names of its options besides `reduction`
 * @param ruleOf checks those options and gives the rule
 */
export function elementwiseLoss<Options extends LossOptions = LossOptions>(
  where: string,
  known: readonly (keyof Options & string)[],
  ruleOf: (options: Partial<Options>) => ElementRule,
): ElementwiseLoss<Options> {
  function loss(
    prediction: Tensor,
    target: Tensor,
    options: Options & { reduction: 'none' },
  ): ElementLossResult
  function loss(prediction: Tensor, target: Tensor, options?: Options): LossResult
  function loss(prediction: Tensor, target: Tensor, options: Options = {} as Options) {
    const predicted = requireFilled(where, 'prediction', prediction)
    const wanted = requireTensor(where, 'target', target, predicted.shape).data
    const given = requireOptions<Options>(where, 'options', options, ['reduction', ...known])
    const reduction = readReduction(where, given)
    return reduceElements(predicted, wanted, ruleOf(given), reduction)
  }
  return loss
}

/** Checks that a value is a tensor of at least one element: the mean of nothing is no number. */
export function requireFilled(where: string, argument: string, value: unknown): Tensor {
  const filled = requireAnyTensor(where, argument, value)
  if (filled.data.length === 0) {
    throw new ArgumentError(where, argument, 'at least one element', `shape [${filled.shape.join(', ')}]`)
  }
  return filled
}

/** The reduction that the options ask for. */
export function readReduction(where: string, options: Partial<LossOptions>): Reduction {
  if (options.reduction === undefined) return 'mean'
  return requireOneOf(where, 'options.reduction', options.reduction, ['mean', 'sum', 'none'])
}

function reduceElements(
  prediction: Tensor,
  target: Float32Array,
  rule: ElementRule,
  reduction: Reduction,
): LossResult | ElementLossResult {
  const count = target.length
  const divisor = reduction === 'mean' ? count : 1
  const grad = new Float32Array(count)
  const losses = reduction === 'none' ? new Float32Array(count) : undefined
  let sum = 0
  for (let i = 0; i < count; i++) {
    const p = prediction.data[i] as number
    const t = target[i] as number
    const value = rule.value(p, t)
    sum += value
    grad[i] = rule.slope(p, t) / divisor
    if (losses !== undefined) losses[i] = value
  }
  const result = { loss: sum / divisor, grad: { data: grad, shape: Object.freeze([...prediction.shape]) } }
  return losses === undefined ? result : { ...result, losses }
}
