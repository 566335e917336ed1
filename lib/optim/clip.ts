/** Limiting the length of the gradient of all parameters together. */
import type { Parameter } from '../layers/parameter.js'
import { requireNumber } from '../shapes.js'
import { requireParameters } from './parameters.js'

/**
 * Scales all gradients by one factor, min(1, maxNorm / (norm + 1e-6)), so that together they are no longer than
 * `maxNorm` (R. Pascanu, T. Mikolov, Y. Bengio, "On the difficulty of training recurrent neural networks", 2013).
 * A gradient that holds a NaN or an infinity has such a norm too, and is made NaN throughout.
 *
 * @param parameters counted once each, even where two layers share one and both list it
 * @param maxNorm the greatest Euclidean norm, at least 0; `Infinity` only measures
 * @returns the norm before, accumulated in float64 over the parameters in order
 * @throws ArgumentError where the parameters or `maxNorm` are not what they must be
 */
export function clipGradNorm(parameters: readonly Parameter[], maxNorm: number): number {
  const checked = requireParameters('clipGradNorm', parameters)
  if (maxNorm !== Infinity) {
    requireNumber('clipGradNorm', 'maxNorm', maxNorm, 'a number of at least 0', (value) => value >= 0)
  }
  let sum = 0
  for (const { grad } of checked) {
    for (const g of grad.data) sum += g * g
  }
  const norm = Math.sqrt(sum)
  const factor = maxNorm / (norm + 1e-6)
  // Not `factor < 1`: NaN must come out as NaN, so that the next step shows what happened.
  if (!(factor >= 1)) {
    for (const { grad } of checked) {
      for (let i = 0; i < grad.data.length; i++) grad.data[i] = (grad.data[i] as number) * factor
    }
  }
  return norm
}
