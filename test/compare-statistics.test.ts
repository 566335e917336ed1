/** The statistics behind the verdict, against published values. */
import { interval95, median, statistic, tQuantile95 } from '../lib/compare/statistics'

test('mean and sample standard deviation', () => {
  expect(statistic([2, 4, 4, 4, 5, 5, 7, 9]).mean).toBe(5)
  expect(statistic([2, 4, 4, 4, 5, 5, 7, 9]).sd).toBeCloseTo(Math.sqrt(32 / 7), 12)
  expect(statistic([3])).toEqual({ mean: 3, sd: 0, values: [3] })
})

test('the median of an odd and of an even number of values, unsorted', () => {
  expect(median([5, 1, 3])).toBe(3)
  expect(median([4, 10, 1, 2])).toBe(3)
})

test.each([
  [1, 12.706],
  [4, 2.776],
  [12, 2.179],
  [13, 2.16],
  [20, 2.086],
  [30, 2.042],
  [120, 1.98],
])('Student’s t has the quantile of the tables for %p degrees of freedom', (degrees, expected) => {
  expect(tQuantile95(degrees)).toBeCloseTo(expected, 2.6)
})

test('the interval of a mean', () => {
  const { mean, low, high } = interval95([1, 2, 3, 4, 5])
  expect(mean).toBe(3)
  expect(high - mean).toBeCloseTo((2.776 * Math.sqrt(2.5)) / Math.sqrt(5), 3)
  expect(mean - low).toBeCloseTo(high - mean, 12)
})
