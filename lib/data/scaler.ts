/** Brings columns to mean 0 and standard deviation 1, as measured on the training part alone. */

/** The mean and the standard deviation of one column. */
export interface Scale {
  readonly mean: number
  readonly sd: number
}

/** Leaves a column as it is. */
export const IDENTITY: Scale = { mean: 0, sd: 1 }

// Below this share of its mean, a column's spread is rounding and no signal.
const CONSTANT = 1e-12

/**
 * Measures the rows `from` to `to` (exclusive) of a column. A column that is constant there gets the standard
 * deviation 1, so that it becomes 0 there and a later change of it stays finite.
 */
export function fitScale(column: Float64Array, from: number, to: number): Scale {
  const part = column.subarray(from, to)
  if (part.length === 0) return IDENTITY
  const mean = part.reduce((sum, value) => sum + value, 0) / part.length
  const variance = part.reduce((sum, value) => sum + (value - mean) ** 2, 0) / part.length
  const sd = Math.sqrt(variance)
  return { mean, sd: sd > CONSTANT * Math.abs(mean) ? sd : 1 }
}

/** A value in units of the scale. */
export function normalise(value: number, scale: Scale): number {
  return (value - scale.mean) / scale.sd
}

/** A value in the column's own units. */
export function denormalise(value: number, scale: Scale): number {
  return value * scale.sd + scale.mean
}
