/** The few statistics that a comparison over seeds needs. */
import type { Statistic } from './result.js'

/** Mean and sample standard deviation (0 for one value). */
export function statistic(values: readonly number[]): Statistic {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return { mean, sd: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : 0, values: [...values] }
}

/** The middle value; of an even number of values, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN
  return (lower + upper) / 2
}

// Two-sided 95 % quantiles of Student's t for 1 to 12 degrees of freedom; from there on the expansion is exact to 0.001.
const T_95 = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179]
const Z_95 = 1.959964

/** The two-sided 95 % quantile of Student's t. */
export function tQuantile95(degrees: number): number {
  const z = Z_95
  return (
    T_95[degrees - 1] ??
    z + (z ** 3 + z) / (4 * degrees) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * degrees ** 2)
  )
}

/** A mean with its 95 % interval. */
export interface Interval {
  readonly mean: number
  readonly low: number
  readonly high: number
}

/** The 95 % interval of the mean of some values, by Student's t. Needs at least two. */
export function interval95(values: readonly number[]): Interval {
  const { mean, sd } = statistic(values)
  const reach = (tQuantile95(values.length - 1) * sd) / Math.sqrt(values.length)
  return { mean, low: mean - reach, high: mean + reach }
}
