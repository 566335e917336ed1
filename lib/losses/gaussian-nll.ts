/** The likelihood of a target under a normal distribution, for forecasts that know how sure they are. */
import { ArgumentError } from '../errors.js'
import { booleanOption, describe, numberOption, requireOptions, requireTensor } from '../shapes.js'
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
  type Reduced,
  type Reducing,
} from './reduction.js'

/** Options of `gaussianNllLoss`. */
export interface GaussianNllOptions extends LossOptions {
  /** The variances, of the target's shape and at least 0; without them the prediction has their logarithms. */
  variance?: Tensor
  /** Whether the constant ½·ln 2π counts; false unless told. */
  full?: boolean
  /** The least variance: a smaller one counts as this, and is differentiated as this; above 0, 1e-6 unless told. */
  eps?: number
}

/** What `gaussianNllLoss` gives where it is given variances. */
export interface VarianceGradient {
  /** ∂loss/∂variance, in its shape. */
  readonly varianceGrad: Tensor
}

const WHERE = 'gaussianNllLoss'

/**
 * The negative logarithm of the likelihood of a target t under a normal distribution of mean m and variance v
 * (D. A. Nix, A. S. Weigend, "Estimating the mean and variance of the target probability distribution", 1994):
 *
 *     ½·(ln v + (t − m)² / v)
 *
 * With `variance` it is PyTorch's: the prediction is m, and there is a gradient of both. Without, the prediction's last
 * axis has m and ln v, which is what a linear layer of two outputs can give: any number is the logarithm of some
 * variance, where PyTorch needs an activation that keeps it above 0.
 *
 * @param prediction of the target's shape with `variance`; [..., 2] without
 * @param target [...]; there is a loss for each of its elements
 * @throws ArgumentError where the shapes do not fit, a tensor is empty, a variance is below 0, or an option is unknown or
 *   out of range
 */
export function gaussianNllLoss(
  prediction: Tensor,
  target: Tensor,
  options: GaussianNllOptions & { variance: Tensor; reduction: 'none' },
): ElementLossResult & VarianceGradient
export function gaussianNllLoss(
  prediction: Tensor,
  target: Tensor,
  options: GaussianNllOptions & { variance: Tensor },
): LossResult & VarianceGradient
export function gaussianNllLoss(
  prediction: Tensor,
  target: Tensor,
  options: GaussianNllOptions & { reduction: 'none' },
): ElementLossResult
export function gaussianNllLoss(prediction: Tensor, target: Tensor, options?: GaussianNllOptions): LossResult
export function gaussianNllLoss(
  prediction: Tensor,
  target: Tensor,
  options: GaussianNllOptions = {},
): LossResult | ElementLossResult | (LossResult & VarianceGradient) {
  const { data, shape } = requireFilled(WHERE, 'prediction', prediction)
  const given = requireOptions<GaussianNllOptions>(WHERE, 'options', options, [
    ...lossOptions,
    'variance',
    'full',
    'eps',
  ])
  const full = booleanOption(WHERE, given, 'full', false)
  const eps = numberOption(WHERE, given, 'eps', 1e-6, 'a finite number above 0', (x) => x > 0)
  const reduce = (pairs: Float32Array, least: number, targets: Tensor): Reduced => {
    const how = readReducing(WHERE, given, targets.shape)
    const reduced = reduceLosses('gaussian', [least], pairs, targets.data, how)
    return full ? withConstant(reduced, how) : reduced
  }
  if (given.variance === undefined) {
    if (shape.at(-1) !== 2) {
      const expected = 'a last axis of 2, mean and logarithm of the variance'
      throw new ArgumentError(WHERE, 'prediction', expected, `shape [${shape.join(', ')}]`)
    }
    const wanted = requireTensor(WHERE, 'target', target, shape.slice(0, -1))
    return resultOf(reduce(data, Math.log(eps), wanted), shape)
  }
  const wanted = requireTensor(WHERE, 'target', target, shape)
  const variances = readVariances(given.variance, shape, eps)
  const reduced = reduce(pair(data, variances), -Infinity, wanted)
  const [grad, logarithms] = apart(reduced.grad)
  // ∂loss/∂v = ∂loss/∂ln v / v
  const varianceGrad = logarithms.map((slope, i) => slope / (variances[i] as number))
  return {
    ...resultOf({ ...reduced, grad }, shape),
    varianceGrad: { data: varianceGrad, shape: Object.freeze([...shape]) },
  }
}

/** Variances, none below the least one. */
function readVariances(value: unknown, shape: readonly number[], eps: number): Float64Array {
  const { data } = requireTensor(WHERE, 'options.variance', value, shape)
  const variances = Float64Array.from(data)
  for (let i = 0; i < variances.length; i++) {
    const variance = variances[i] as number
    if (variance < 0) {
      throw new ArgumentError(
        WHERE,
        `options.variance.data[${i}]`,
        'a number of at least 0',
        describe(variance),
      )
    }
    variances[i] = Math.max(eps, variance)
  }
  return variances
}

/** [m, ln v] side by side. */
function pair(mean: Float32Array, variances: Float64Array): Float32Array {
  const pairs = new Float32Array(2 * mean.length)
  for (let i = 0; i < mean.length; i++) {
    pairs[2 * i] = mean[i] as number
    pairs[2 * i + 1] = Math.log(variances[i] as number)
  }
  return pairs
}

/** Every other number, from the first and from the second on. */
function apart(pairs: Float32Array): [Float32Array, Float32Array] {
  const half = pairs.length / 2
  const pick = (offset: number): Float32Array => {
    const picked = new Float32Array(half)
    for (let i = 0; i < half; i++) picked[i] = pairs[2 * i + offset] as number
    return picked
  }
  return [pick(0), pick(1)]
}

/** The losses with ½·ln 2π each. */
function withConstant({ loss, grad, losses }: Reduced, { reduction, counted }: Reducing): Reduced {
  const constant = 0.5 * Math.log(2 * Math.PI)
  return {
    loss: loss + constant * (reduction === 'mean' ? 1 : counted.count),
    grad,
    losses: losses?.map((value, i) => (counted.flags?.[i] === 0 ? value : value + constant)),
  }
}
