/** The naive forecasts: by hand on a small series, and on the sine where the formula gives their error. */
import { naiveForecasts } from '../lib/compare/naive'
import { sineTask } from '../lib/data/sine-task'
import { ArgumentError } from '../lib/errors'
import { smallTask } from './compare-fixtures'

const rmse = (errors: number[]): number =>
  Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0) / errors.length)

const values = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2, 3, 8, 4, 6, 2, 6, 4, 3, 3, 8, 3, 2, 7]

test('last value: what was known a horizon before each target', () => {
  for (const horizon of [1, 2]) {
    const task = smallTask([values], 2, horizon)
    const [last] = naiveForecasts(task, undefined)
    // Test rows 24 to 29: the first target lies a window and a horizon further.
    const targets = values.map((_, row) => row).slice(24 + 1 + horizon)
    const errors = targets.map((row) => (values[row] ?? 0) - (values[row - horizon] ?? 0))
    expect(last?.name).toBe('last value')
    expect(last?.errors.test.rmse.mean).toBeCloseTo(rmse(errors), 12)
    expect(last?.errors.test.mae.mean).toBeCloseTo(
      errors.reduce((sum, error) => sum + Math.abs(error), 0) / errors.length,
      12,
    )
  }
})

test('seasonal: a whole number of periods back, with the past of earlier parts', () => {
  const task = smallTask([values], 2, 3)
  const [, seasonal] = naiveForecasts(task, 2)
  expect(seasonal?.name).toBe('seasonal (period 2)')
  // Three ahead with a period of two: the value one season ago is not known yet, the one before is.
  const targets = [28, 29]
  const errors = targets.map((row) => (values[row] ?? 0) - (values[row - 4] ?? 0))
  expect(seasonal?.errors.test.rmse.mean).toBeCloseTo(rmse(errors), 12)
})

test('a seasonal forecast of a seasonal series is exact, and stays so in free running', () => {
  const weekly = Array.from({ length: 100 }, (_, row) => [5, 3, 8, 1, 9, 2, 7][row % 7] ?? 0)
  const [last, seasonal] = naiveForecasts(smallTask([weekly]), 7)
  expect(seasonal?.errors.test.rmse.mean).toBe(0)
  expect(seasonal?.errors.train.rmse.mean).toBe(0)
  expect(seasonal?.freeRunRmse).toBe(0)
  expect(last?.errors.test.rmse.mean).toBeGreaterThan(1)
  expect(last?.freeRunRmse).toBeGreaterThan(1)
})

test('in free running the last value stays as it was', () => {
  const task = smallTask([values], 2, 1)
  const [last] = naiveForecasts(task, undefined)
  // Test rows from 24, of which two are the context: the value of row 25 stands for the rows 26 to 29.
  expect(last?.freeRunRmse).toBeCloseTo(rmse([26, 27, 28, 29].map((row) => (values[row] ?? 0) - 3)), 12)
})

test('on the sine the last value errs by what one step changes', () => {
  const parts = { train: { from: 0, to: 4 }, validation: { from: 4, to: 6 }, test: { from: 6, to: 12 } }
  const [last, seasonal] = naiveForecasts(sineTask({ parts, seed: 1 }), 126)
  // sin((t+1)/20) − sin(t/20) = 2 sin(1/40) cos(…), whose root mean square is √2 sin(1/40); likewise 126 steps back.
  expect(last?.errors.test.rmse.mean).toBeCloseTo(Math.SQRT2 * Math.sin(1 / 40), 3)
  expect(seasonal?.errors.test.rmse.mean).toBeCloseTo(Math.SQRT2 * Math.abs(Math.sin(126 / 40)), 3)
})

test.each([60, 1e6])('a period of %p that nothing known reaches back is refused', (period) => {
  expect(() => naiveForecasts(smallTask([values]), period)).toThrow(ArgumentError)
  expect(() => naiveForecasts(smallTask([values]), period)).toThrow(/^compare: period: expected less than/)
})

test('a period that reaches back from the test part only is refused with the part that it fails', () => {
  expect(() => naiveForecasts(smallTask([values]), 18)).toThrow(
    /^compare: period: expected .* the train part .*, received 18$/,
  )
})
