/** Gradients from function values alone: what every hand-written backward pass is held against. */

/**
 * The gradient of a function at a point, by the five-point formula: its own error is of order h⁴, the rounding's of
 * order 1e-16 / h, so that with h = 1e-3 about 12 digits hold for functions that are smooth on the scale of 1.
 *
 * @param point changed while it is at work, and as it was afterwards
 */
export function differentiate(f: () => number, point: Float64Array, h = 1e-3): Float64Array {
  return point.map((x, i) => {
    const at = (offset: number): number => {
      point[i] = x + offset
      return f()
    }
    const slope = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h)
    point[i] = x
    return slope
  })
}

/** The largest difference of two arrays, relative to the largest magnitude of the second. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity
  let scale = 0
  let error = 0
  for (let i = 0; i < expected.length; i++) {
    scale = Math.max(scale, Math.abs(expected[i] as number))
    error = Math.max(error, Math.abs((actual[i] as number) - (expected[i] as number)))
  }
  // All zero expected: then the difference itself counts. NaN is an error without measure.
  return Number.isNaN(error) ? Infinity : error / (scale || 1)
}
