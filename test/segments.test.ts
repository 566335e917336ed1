/** Where a pass is cut in two groups: at half of its rows, or as near to it as whole sequences come. */
import { halfOf, type Segment } from '../lib/layers/segments'
import { Rng } from './reference/rng'

/** The segments of `every` steps of sequences of these lengths, longest first. */
function segmentsOf(lengths: readonly number[], every: number): Segment[] {
  const steps = Math.max(...lengths)
  const counts = Int32Array.from({ length: steps }, (_, t) => lengths.filter((length) => length > t).length)
  const alike = lengths.every((length) => length === steps)
  return Array.from({ length: Math.ceil(steps / every) }, (_, place) => {
    const firstStep = place * every
    const own = counts.subarray(firstStep, firstStep + every)
    return {
      firstStep,
      steps: own.length,
      batch: own[0] as number,
      counts: alike ? null : own,
      firstRow: counts.subarray(0, firstStep).reduce((sum, count) => sum + count, 0),
      rows: own.reduce((sum, count) => sum + count, 0),
    }
  })
}

const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0)

test.each([8, 9, 32, 33])('%d sequences of one length: half of them, the larger group last', (batch) => {
  for (const every of [7, 3]) {
    expect(halfOf(segmentsOf(Array<number>(batch).fill(7), every))).toBe(Math.floor(batch / 2))
  }
})

test('unequal lengths: no other cut is nearer to half', () => {
  const rng = new Rng(5)
  for (let round = 0; round < 50; round++) {
    // Four of the longest: no step is of fewer rows.
    const rest = Array.from({ length: 4 + rng.integer(40) }, () => 1 + rng.integer(30))
    const lengths = [30, 30, 30, 30, ...rest.sort((a, b) => b - a)]
    const off = (cut: number): number => Math.abs(2 * sumOf(lengths.slice(0, cut)) - sumOf(lengths))
    const half = halfOf(segmentsOf(lengths, 1 + rng.integer(30)))
    expect(off(half)).toBe(Math.min(...lengths.map((_, cut) => off(cut))))
  }
})

test('one sequence is much longer than the others: it goes with few of them', () => {
  const lengths = [100, ...Array<number>(31).fill(50)]
  // 100 + 13 · 50 rows, and 50 steps of one that take as long as steps of four: as long as 18 · 50.
  expect(halfOf(segmentsOf(lengths, 100))).toBe(14)
  expect(halfOf(segmentsOf([1000, ...Array<number>(9).fill(2)], 1000))).toBe(1)
})
