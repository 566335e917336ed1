/** Medians, quartiles and means. */

export interface Spread {
  readonly median: number
  readonly min: number
  /** The quartiles: a quarter is below the first, a quarter above the second. */
  readonly low: number
  readonly high: number
}

/** By linear interpolation between the order statistics. */
function quantile(sorted: readonly number[], share: number): number {
  const at = share * (sorted.length - 1)
  const below = Math.floor(at)
  const low = sorted[below] ?? NaN
  return low + (at - below) * ((sorted[below + 1] ?? low) - low)
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  return {
    median: quantile(sorted, 0.5),
    min: sorted[0] ?? NaN,
    low: quantile(sorted, 0.25),
    high: quantile(sorted, 0.75),
  }
}

export const median = (values: readonly number[]): number => spreadOf(values).median

export function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length)
}
