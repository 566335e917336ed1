/** Normalisation: fitted on the training part alone, and safe where a column does not vary. */
import { IDENTITY, denormalise, fitScale, normalise } from '../lib/data/scaler'
import { seriesTask } from '../lib/data/series-task'

const taskOf = (target: number[], other: number[]) =>
  seriesTask(
    {
      name: 'a.csv',
      features: ['y', 'x'],
      columns: [Float64Array.from(target), Float64Array.from(other)],
      rows: target.length,
      positions: Float64Array.from(target.keys()),
      dates: false,
      lines: Array.from(target.keys()),
    },
    { window: 2, horizon: 1, split: [0.5, 0.25, 0.25] },
  )

test('measures mean and standard deviation of the given rows only', () => {
  const scale = fitScale(Float64Array.of(100, 2, 4, 4, 4, 5, 5, 7, 9, -100), 1, 9)
  expect(scale).toEqual({ offset: 5, factor: 2 })
  expect(normalise(9, scale)).toBe(2)
  expect(denormalise(-1, scale)).toBe(3)
})

test('what stands in the validation and test part does not change the scale', () => {
  const train = [1, 4, 2, 8, 5, 7, 3, 9]
  const x = train.map((value) => value * 10)
  const calm = taskOf([...train, 1, 2, 3, 4, 5, 6, 7, 8], [...x, 1, 2, 3, 4, 5, 6, 7, 8])
  const wild = taskOf([...train, 1e6, -5, 0, 0, 0, 0, 0, 0], [...x, 0, 0, 0, 0, 0, 0, 0, 9e9])
  expect(calm.scales).toEqual(wild.scales)
  expect(calm.scale).toEqual(fitScale(Float64Array.from(train), 0, 8))
  expect(calm.scales[1]).toEqual(fitScale(Float64Array.from(x), 0, 8))
  // The training part itself then has mean 0 and standard deviation 1.
  const windows = calm.parts.train
  const batch = windows.batch(windows.count)
  windows.fill(batch, [...Array(windows.count).keys()], 0)
  // Step 0 of the six windows are the rows 0 to 5; the last two windows' targets are the rows 6 and 7.
  const inputs = [
    ...batch.inputs.data.filter((_, at) => at % 2 === 0).subarray(0, 6),
    ...batch.targets.data.subarray(4),
  ]
  const mean = inputs.reduce((sum, value) => sum + value, 0) / 8
  expect(mean).toBeCloseTo(0, 6)
  expect(inputs.reduce((sum, value) => sum + value * value, 0) / 8).toBeCloseTo(1, 6)
})

test.each([
  ['zero', 0],
  ['a value with rounding', 0.1],
  ['a large value', 1e9 + 0.3],
])('a column that is constant (%s) becomes 0 and stays finite later', (_, value) => {
  const column = new Float64Array(20).fill(value)
  column[15] = value + 3
  const scale = fitScale(column, 0, 10)
  expect(scale.factor).toBe(1)
  expect(normalise(value, scale)).toBeCloseTo(0, 6)
  expect(normalise(value + 3, scale)).toBeCloseTo(3, 6)
})

test('the identity changes nothing', () => {
  expect(normalise(0.7, IDENTITY)).toBe(0.7)
  expect(denormalise(0.7, IDENTITY)).toBe(0.7)
})
