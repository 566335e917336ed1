/** What a row's share of the machine's limits is, worked out by hand; and the middle of several rounds. */
import { flopsOf, type Subject } from '../benchmarks/cases'
import { sharesOf } from '../benchmarks/limits'
import { geometricMean, spreadOf } from '../benchmarks/statistics'

const subject: Subject = { cell: 'GRU', T: 10, B: 2, I: 5, H: 7, layers: 1, bidirectional: false }

test('operations: two for each weight and row, three times that in training', () => {
  expect(flopsOf(subject, 'infer')).toBe(2 * 20 * 3 * 7 * (5 + 7))
  expect(flopsOf({ ...subject, lengths: [10, 4] }, 'infer')).toBe(2 * 14 * 3 * 7 * (5 + 7))
  // Two layers of two ways: the second has 2 · 7 features.
  const stack = { ...subject, layers: 2, bidirectional: true }
  expect(flopsOf(stack, 'train')).toBe(3 * 2 * 20 * 3 * 7 * 2 * (5 + 7 + 14 + 7))
})

test('where reading is free, the share is that of the operations', () => {
  const limits = { flops: 1e6, read: Infinity }
  for (const mode of ['infer', 'train'] as const) {
    const seconds = flopsOf(subject, mode) / 1e6 / 0.25
    const { flops, bound, by } = sharesOf(subject, mode, seconds, limits)
    expect([flops, bound, by]).toEqual([expect.closeTo(0.25), expect.closeTo(0.25), 'FMA'])
  }
})

test('where operations are free, it is that of W_hh, read once a step and way', () => {
  const limits = { flops: Infinity, read: 1e3 }
  for (const [mode, ways] of [
    ['infer', 1],
    ['train', 2],
  ] as const) {
    const seconds = (ways * 10 * 4 * 3 * 7 * 7) / 1e3 / 0.5
    const { read, bound, by } = sharesOf(subject, mode, seconds, limits)
    expect([read, bound, by]).toEqual([expect.closeTo(0.5), expect.closeTo(0.5), 'read'])
  }
})

test('quartiles lie between the values', () => {
  expect(spreadOf([4, 1, 3, 2])).toEqual({ median: 2.5, min: 1, low: 1.75, high: 3.25 })
  expect(spreadOf([7])).toEqual({ median: 7, min: 7, low: 7, high: 7 })
  expect(geometricMean([1, 8, 27])).toBeCloseTo(6)
})
