/** The quantile loss, of one quantile or of several at once. */
import { ArgumentError } from '../errors.js'
import { describe, numberOption, requireNumber, requireOptions, requireTensor } from '../shapes.js'
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

/** Options of `pinballLoss`. */
export interface PinballOptions extends LossOptions {
  /** The quantile that the prediction shall estimate, strictly between 0 and 1; 0.5 unless told. */
  quantile?: number
  /** In its place several, each of which the prediction's last axis has an estimate of. */
  quantiles?: readonly number[]
}

const WHERE = 'pinballLoss'
const BETWEEN = 'a number between 0 and 1'
const between = (value: number): boolean => value > 0 && value < 1

/**
 * The quantile loss (R. Koenker and G. Bassett, "Regression Quantiles", 1978): quantile·(t − p) where the
 * prediction p is below the target t, (1 − quantile)·(p − t) where it is above.
 *
 * @param prediction of the target's shape; with Q `quantiles`, [..., Q]
 * @param target [...]; each element is compared with all Q estimates, and `'mean'` is over all of them
 * @throws ArgumentError where the shapes do not fit, a tensor is empty, or an option is unknown or out of range
 */
export function pinballLoss(
  prediction: Tensor,
  target: Tensor,
  options: PinballOptions & { reduction: 'none' },
): ElementLossResult
export function pinballLoss(prediction: Tensor, target: Tensor, options?: PinballOptions): LossResult
export function pinballLoss(
  prediction: Tensor,
  target: Tensor,
  options: PinballOptions = {},
): LossResult | ElementLossResult {
  const { data, shape } = requireFilled(WHERE, 'prediction', prediction)
  const given = requireOptions<PinballOptions>(WHERE, 'options', options, [
    ...lossOptions,
    'quantile',
    'quantiles',
  ])
  const quantiles = readQuantiles(given)
  let wanted = shape
  if (given.quantiles !== undefined) {
    if (shape.at(-1) !== quantiles.length) {
      const expected = `a last axis of ${quantiles.length}, an estimate of each quantile`
      throw new ArgumentError(WHERE, 'prediction', expected, `shape [${shape.join(', ')}]`)
    }
    wanted = shape.slice(0, -1)
  }
  const targets = requireTensor(WHERE, 'target', target, wanted).data
  return resultOf(reduceLosses('pinball', quantiles, data, targets, readReducing(WHERE, given, shape)), shape)
}

function readQuantiles(options: Partial<PinballOptions>): readonly number[] {
  const { quantile, quantiles } = options
  if (quantiles === undefined) {
    return [numberOption(WHERE, options, 'quantile', 0.5, BETWEEN, between)]
  }
  if (quantile !== undefined) {
    throw new ArgumentError(WHERE, 'options.quantile', 'none beside quantiles', describe(quantile))
  }
  if (!Array.isArray(quantiles) || quantiles.length === 0) {
    throw new ArgumentError(WHERE, 'options.quantiles', 'an array of numbers', describe(quantiles))
  }
  return (quantiles as readonly unknown[]).map((value, i) =>
    requireNumber(WHERE, `options.quantiles[${i}]`, value, BETWEEN, between),
  )
}
