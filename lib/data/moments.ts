/** Mean, spread and range of a column's values, of one stretch or of several put together. Missing values do not count. */
import type { Column } from './series.js'

/** What is known of a set of values. */
export interface Moments {
  readonly count: number
  readonly mean: number
  /** The sum of the squared distances from the mean. */
  readonly squares: number
  readonly least: number
  readonly most: number
}

/** Of no values. */
export const ABSENT: Moments = { count: 0, mean: 0, squares: 0, least: Infinity, most: -Infinity }

/** Measures the rows `from` to `to` (exclusive), in two passes: the squares are of distances, not differences of squares. */
export function momentsOf(column: Column, from: number, to: number): Moments {
  let [count, sum, least, most] = [0, 0, Infinity, -Infinity]
  for (let row = from; row < to; row++) {
    const value = column[row] ?? Number.NaN
    if (Number.isNaN(value)) continue
    count++
    sum += value
    least = Math.min(least, value)
    most = Math.max(most, value)
  }
  if (count === 0) return ABSENT
  const mean = sum / count
  let squares = 0
  for (let row = from; row < to; row++) {
    const value = column[row] ?? Number.NaN
    if (!Number.isNaN(value)) squares += (value - mean) ** 2
  }
  return { count, mean, squares, least, most }
}

/**
 * The moments of two sets together (T. F. Chan, G. H. Golub and R. J. LeVeque, "Updating Formulae and a Pairwise
 * Algorithm for Computing Sample Variances", 1979).
 */
export function merge(a: Moments, b: Moments): Moments {
  if (a.count === 0) return b
  if (b.count === 0) return a
  const count = a.count + b.count
  const apart = b.mean - a.mean
  return {
    count,
    mean: a.mean + (apart * b.count) / count,
    squares: a.squares + b.squares + (apart * apart * a.count * b.count) / count,
    least: Math.min(a.least, b.least),
    most: Math.max(a.most, b.most),
  }
}
