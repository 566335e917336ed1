/** Windows: what a batch holds, and that no window reaches into another part. */
import fc from 'fast-check'

import { DataError } from '../lib/errors'
import { seriesTask } from '../lib/data/series-task'
import { PARTS, splitRows } from '../lib/data/series'
import { IDENTITY } from '../lib/data/scaler'
import type { TableSeries } from '../lib/data/table-series'
import { Windows, windowStarts } from '../lib/data/windows'

const seriesFrom = (...columns: number[][]): TableSeries => ({
  name: 'a.csv',
  features: columns.map((_, index) => `c${index}`),
  columns: columns.map((column) => Float64Array.from(column)),
  rows: columns[0]?.length ?? 0,
  positions: Float64Array.from(columns[0]?.keys() ?? []),
  dates: false,
  lines: Array.from(columns[0]?.keys() ?? [], (row) => row + 2),
})

const ramp = (length: number, scale = 1): number[] => Array.from({ length }, (_, row) => row * scale)

const reading = (values: readonly number[], ahead = 0) => ({ values, ahead, scale: IDENTITY })

test('a batch is time-major, with the chosen windows side by side and the target a horizon ahead', () => {
  const form = { window: 4, lead: 3, horizon: 1, everyStep: false }
  const series = {
    inputs: [0, 1].map((feature) => reading(ramp(20).map((row) => 2 * row + feature))),
    targets: [
      reading(
        ramp(20).map((row) => 100 + row),
        3,
      ),
    ],
    starts: windowStarts(0, 20, form),
  }
  const windows = new Windows([series], form)
  expect(windows.count).toBe(14)
  const batch = windows.batch(3)
  windows.fill(batch, [0, 9, 5, 13, 2], 1)
  expect(batch.inputs.shape).toEqual([4, 3, 2])
  // Step 0 of the windows 9, 5 and 13, both features of each; then step 1.
  expect(Array.from(batch.inputs.data.subarray(0, 12))).toEqual([
    18, 19, 10, 11, 26, 27, 20, 21, 12, 13, 28, 29,
  ])
  expect(batch.targets.shape).toEqual([3, 1])
  expect(Array.from(batch.targets.data)).toEqual([115, 111, 119])
})

test('with a target at every step, each lies a horizon behind its own input', () => {
  const series = {
    inputs: [reading(ramp(10))],
    targets: [reading(ramp(10), 2)],
    starts: Int32Array.of(0, 5),
  }
  const windows = new Windows([series], { window: 3, lead: 2, horizon: 1, everyStep: true })
  const batch = windows.batch(2)
  windows.fill(batch, [1, 0], 0)
  expect(Array.from(batch.inputs.data)).toEqual([5, 0, 6, 1, 7, 2])
  expect(Array.from(batch.targets.data)).toEqual([7, 2, 8, 3, 9, 4])
})

test('the shares cut all rows, in order, without a gap', () => {
  expect(splitRows(200, [0.7, 0.15, 0.15])).toEqual({
    train: { from: 0, to: 140 },
    validation: { from: 140, to: 170 },
    test: { from: 170, to: 200 },
  })
  expect(splitRows(200, [197 / 200, 1 / 200, 2 / 200])).toEqual({
    train: { from: 0, to: 197 },
    validation: { from: 197, to: 198 },
    test: { from: 198, to: 200 },
  })
})

test('no window crosses a border, its target included, and none that fits is left out', () => {
  const cases = fc.record({
    rows: fc.integer({ min: 60, max: 400 }),
    window: fc.integer({ min: 1, max: 8 }),
    horizon: fc.integer({ min: 1, max: 4 }),
  })
  fc.assert(
    fc.property(cases, ({ rows, window, horizon }) => {
      const split = [0.6, 0.2, 0.2] as const
      const task = seriesTask(seriesFrom(ramp(rows)), { window, horizon, split })
      const spans = splitRows(rows, split)
      for (const part of PARTS) {
        const { from, to } = spans[part]
        const windows = task.parts[part]
        const firsts = Array.from({ length: windows.count }, (_, index) => windows.place(index).start)
        const lasts = firsts.map((_, index) => windows.targetRow(index, 0))
        expect(Math.min(...firsts)).toBe(from)
        expect(Math.max(...lasts)).toBe(to - 1)
        expect(windows.count).toBe(to - from - window - horizon + 1)
        for (const [index, first] of firsts.entries()) expect(lasts[index]).toBe(first + window - 1 + horizon)
      }
    }),
  )
})

test('free running starts where the test part has a window, and knows nothing later', () => {
  const task = seriesTask(seriesFrom(ramp(100), ramp(100, 2)), {
    window: 5,
    horizon: 2,
    split: [0.6, 0.2, 0.2],
  })
  const { context, past, future, positions } = task.freeRun
  expect(context.shape).toEqual([6, 1, 2])
  expect(past[0]).toEqual(Float64Array.from(ramp(86)))
  expect(Array.from(future[0] ?? [])).toEqual(ramp(100).slice(86))
  expect(positions.length).toBe(100)
})

test.each([
  ['train', [0.1, 0.4, 0.5] as const],
  ['validation', [0.4, 0.1, 0.5] as const],
  ['test', [0.4, 0.5, 0.1] as const],
])('too few rows in the %s part are an error with column, line and count', (part, split) => {
  const run = () => seriesTask(seriesFrom(ramp(100)), { window: 9, horizon: 2, split })
  expect(run).toThrow(DataError)
  expect(run).toThrow(
    `a.csv: column "c0", line 101: the file ends with too few rows (100): the ${part} part has 10, and a window of 9 with horizon 2 needs 11`,
  )
})
