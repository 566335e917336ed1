/**
 * The losses that compare a prediction with a target element by element, in PyTorch's definitions. Below, p is
 * an element of the prediction, t of the target, and d = p − t. Where a loss has a corner, its slope there is 0,
 * which lies between the slopes of the two sides.
 */
import { numberOption } from '../shapes.js'
import { elementwiseLoss, type ElementwiseLoss, type LossOptions } from './reduction.js'

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

/** Options of `pinballLoss`. */
export interface PinballOptions extends LossOptions {
  /** The quantile that the prediction shall estimate, strictly between 0 and 1; 0.5 unless told. */
  quantile?: number
}

/** Squared error: d². Slope 2d. */
export const mseLoss: ElementwiseLoss = elementwiseLoss('mseLoss', [], () => ({
  value: (p, t) => (p - t) * (p - t),
  slope: (p, t) => 2 * (p - t),
}))

/** The rule of `l1Loss`, which `smoothL1Loss` becomes without a threshold. */
const absolute = {
  value: (p: number, t: number) => Math.abs(p - t),
  slope: (p: number, t: number) => Math.sign(p - t),
}

/** Absolute error: |d|. Slope sign(d). */
export const l1Loss: ElementwiseLoss = elementwiseLoss('l1Loss', [], () => absolute)

/**
 * Huber's loss (P. J. Huber, "Robust Estimation of a Location Parameter", 1964): ½d² where |d| ≤ delta, beyond it
 * delta·(|d| − ½delta).
 */
export const huberLoss: ElementwiseLoss<HuberOptions> = elementwiseLoss<HuberOptions>(
  'huberLoss',
  ['delta'],
  (options) => {
    const delta = numberOption(
      'huberLoss',
      options,
      'delta',
      1,
      'a finite number above 0',
      (value) => value > 0,
    )
    return {
      value: (p, t) => {
        const distance = Math.abs(p - t)
        return distance <= delta ? 0.5 * distance * distance : delta * (distance - 0.5 * delta)
      },
      slope: (p, t) => Math.max(-delta, Math.min(delta, p - t)),
    }
  },
)

/**
 * Huber's loss divided by its threshold (R. Girshick, "Fast R-CNN", 2015): ½d²/beta where |d| < beta, beyond it
 * |d| − ½beta.
 */
export const smoothL1Loss: ElementwiseLoss<SmoothL1Options> = elementwiseLoss<SmoothL1Options>(
  'smoothL1Loss',
  ['beta'],
  (options) => {
    const beta = numberOption(
      'smoothL1Loss',
      options,
      'beta',
      1,
      'a finite number of at least 0',
      (value) => value >= 0,
    )
    if (beta === 0) return absolute
    return {
      value: (p, t) => {
        const distance = Math.abs(p - t)
        return distance < beta ? (0.5 * distance * distance) / beta : distance - 0.5 * beta
      },
      slope: (p, t) => Math.max(-1, Math.min(1, (p - t) / beta)),
    }
  },
)

/**
 * The quantile loss (R. Koenker and G. Bassett, "Regression Quantiles", 1978): quantile·(t − p) where the
 * prediction is too low, (1 − quantile)·(p − t) where it is too high.
 */
export const pinballLoss: ElementwiseLoss<PinballOptions> = elementwiseLoss<PinballOptions>(
  'pinballLoss',
  ['quantile'],
  (options) => {
    const within = (value: number): boolean => value > 0 && value < 1
    const quantile = numberOption('pinballLoss', options, 'quantile', 0.5, 'a number between 0 and 1', within)
    return {
      value: (p, t) => Math.max(quantile * (t - p), (1 - quantile) * (p - t)),
      // The last branch lets a NaN through, and is 0 on the corner.
      slope: (p, t) => (p > t ? 1 - quantile : p < t ? -quantile : p - t),
    }
  },
)

/**
 * Binary cross-entropy of logits: −t·ln σ(p) − (1 − t)·ln(1 − σ(p)), for targets that are probabilities.
 * Slope σ(p) − t.
 */
export const bceWithLogitsLoss: ElementwiseLoss = elementwiseLoss('bceWithLogitsLoss', [], () => ({
  // Written with exp(−|p|) only, which cannot overflow: −ln σ(p) = max(−p, 0) + ln(1 + exp(−|p|)).
  value: (p, t) => Math.max(p, 0) - p * t + Math.log1p(Math.exp(-Math.abs(p))),
  slope: (p, t) => {
    const tail = Math.exp(-Math.abs(p))
    return (p >= 0 ? 1 : tail) / (1 + tail) - t
  },
}))
