/** Limiting gradients: the length of all of them together, or each number. */
import type { Parameter } from '../layers/parameter.js'
import { native } from '../native/load.js'
import { requireNumber } from '../shapes.js'
import { requireParameters } from './parameters.js'

/**
 * Scales all gradients by one factor, min(1, maxNorm / (norm + 1e-6)), so that together they are no longer than
 * `maxNorm` (R. Pascanu, T. Mikolov, Y. Bengio, "On the difficulty of training recurrent neural networks", 2013).
 * A gradient that holds a NaN or an infinity has such a norm too, and is made NaN throughout.
 *
 * @param parameters counted once each, even where two layers share one and both list it
 * @param maxNorm the greatest Euclidean norm, at least 0; `Infinity` only measures
 * @returns the norm before, accumulated in float64 over the parameters in order; the same bits on every machine
 * @throws ArgumentError where the parameters or `maxNorm` are not what they must be
 */
export function clipGradNorm(parameters: readonly Parameter[], maxNorm: number): number {
  const gradients = gradientsOf('clipGradNorm', parameters)
  requireLimit('clipGradNorm', 'maxNorm', maxNorm)
  const norm = Math.sqrt(native().sumOfSquares(gradients))
  const factor = maxNorm / (norm + 1e-6)
  // Not `factor < 1`: NaN must come out as NaN, so that the next step shows what happened.
  if (!(factor >= 1)) native().scaleArrays(gradients, factor)
  return norm
}

/**
 * Holds every number of the gradients to [−clipValue, clipValue]. NaN stays.
 *
 * @param clipValue at least 0; rounded to float32
 * @throws ArgumentError where the parameters or `clipValue` are not what they must be
 */
export function clipGradValue(parameters: readonly Parameter[], clipValue: number): void {
  const gradients = gradientsOf('clipGradValue', parameters)
  requireLimit('clipGradValue', 'clipValue', clipValue)
  native().clampArrays(gradients, clipValue)
}

function gradientsOf(where: string, parameters: readonly Parameter[]): Float32Array[] {
  return requireParameters(where, 'parameters', parameters).map(({ grad }) => grad.data)
}

function requireLimit(where: string, argument: string, limit: number): void {
  if (limit === Infinity) return
  requireNumber(where, argument, limit, 'a number of at least 0', (value) => value >= 0)
}
