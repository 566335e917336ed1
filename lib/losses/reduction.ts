/**
 * How the losses of single elements become one number, and what a loss function gives back. Inputs are
 * float32; every element's loss is computed, and every sum accumulated, in float64, in an order that does not depend on
 * the machine.
 */
import { ArgumentError } from '../errors.js'
import type { NativeLoss } from '../native/binding.js'
import { native } from '../native/load.js'
import { newResult } from '../memory/recycler.js'
import { requireAnyTensor, requireOneOf } from '../shapes.js'
import type { Tensor } from '../tensor.js'
import { countedOptions, readCounted, type Counted, type CountedOptions } from './counted.js'

/** `'mean'` over all elements that count, their `'sum'`, or `'none'`: each for itself. */
export type Reduction = 'mean' | 'sum' | 'none'

/** Options that every loss takes. */
export interface LossOptions extends CountedOptions {
  /** `'mean'` unless told. The mean of nothing is NaN. */
  reduction?: Reduction
}

/** The names of those options. */
export const lossOptions = ['reduction', ...countedOptions] as const

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

/** The reduced loss, what it was reduced from where that is wanted, and the gradient's numbers. */
export interface Reduced {
  readonly loss: number
  readonly grad: Float32Array
  readonly losses: Float32Array | undefined
}

/** How a call reduces its losses. */
export interface Reducing {
  readonly reduction: Reduction
  readonly counted: Counted
}

/** Reads the options that every loss takes; `shape` is that of the losses. */
export function readReducing(
  where: string,
  options: Partial<LossOptions>,
  shape: readonly number[],
): Reducing {
  return { reduction: readReduction(where, options), counted: readCounted(where, options, shape) }
}

/** The reduction that the options ask for. */
export function readReduction(where: string, options: Partial<LossOptions>): Reduction {
  if (options.reduction === undefined) return 'mean'
  return requireOneOf(where, 'options.reduction', options.reduction, ['mean', 'sum', 'none'])
}

/**
 * Computes and reduces the losses of single elements, which `how` counts.
 *
 * @param coefficients [Q]: of an element of the target there are Q losses, each with a coefficient of its own
 * @param prediction [N]; of `'gaussian'` [N, 2]
 * @param target [N / Q]
 */
export function reduceLosses(
  loss: NativeLoss,
  coefficients: readonly number[],
  prediction: Float32Array,
  target: Float32Array,
  { reduction, counted }: Reducing,
): Reduced {
  const divisor = reduction === 'mean' ? counted.count : 1
  const { data: grad } = newResult([prediction.length])
  const losses = reduction === 'none' ? new Float32Array(target.length * coefficients.length) : undefined
  const sum = native().elementLosses(
    loss,
    Float64Array.from(coefficients),
    prediction,
    target,
    counted.flags ?? null,
    divisor === 0 ? 1 : divisor, // where nothing counts, the gradient is 0 and not 0 / 0
    grad,
    losses ?? null,
  )
  return { loss: sum / divisor, grad, losses }
}

/** A loss function's result: a gradient of the prediction's shape. */
export function resultOf(reduced: Reduced, shape: readonly number[]): LossResult | ElementLossResult {
  const { loss, grad, losses } = reduced
  const result = { loss, grad: { data: grad, shape: Object.freeze([...shape]) } }
  return losses === undefined ? result : { ...result, losses }
}

/** Checks that a value is a tensor of at least one element: the mean of nothing is no number. */
export function requireFilled(where: string, argument: string, value: unknown): Tensor {
  const filled = requireAnyTensor(where, argument, value)
  if (filled.data.length === 0) {
    throw new ArgumentError(where, argument, 'at least one element', `shape [${filled.shape.join(', ')}]`)
  }
  return filled
}
