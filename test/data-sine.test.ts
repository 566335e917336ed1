/** The embedded sine: distinct phases, disjoint parts, and the values that the formula says. */
import { SINE_PERIOD, SINE_ROWS, sineAt, sinePhases } from '../lib/data/sine'
import { sineTask } from '../lib/data/sine-task'
import { splitRows } from '../lib/data/series'

const around = (a: number, b: number): number => {
  const distance = Math.abs(a - b) % SINE_PERIOD
  return Math.min(distance, SINE_PERIOD - distance)
}

test.each([0, 1, 2026])('any two phases differ, around the circle too (seed %p)', (seed) => {
  const phases = sinePhases(SINE_ROWS, seed)
  const sorted = [...phases].sort((a, b) => a - b)
  const gaps = sorted.map((phase, at) => around(phase, sorted[(at + 1) % sorted.length] ?? 0))
  expect(phases.length).toBe(200)
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual((SINE_PERIOD / SINE_ROWS) * 0.5 - 1e-9)
  expect(Math.min(...phases)).toBeGreaterThanOrEqual(0)
  expect(Math.max(...phases)).toBeLessThan(SINE_PERIOD)
})

test('the seed gives the phases, and another seed other ones in another order', () => {
  expect(sinePhases(200, 3)).toEqual(sinePhases(200, 3))
  expect(sinePhases(200, 3)).not.toEqual(sinePhases(200, 4))
  expect([...sinePhases(200, 3)]).not.toEqual([...sinePhases(200, 3)].sort((a, b) => a - b))
})

describe.each([
  ['default', [0.7, 0.15, 0.15] as const, [140, 30, 30]],
  ['full', [197 / 200, 1 / 200, 2 / 200] as const, [197, 1, 2]],
])('the %s task', (_, split, counts) => {
  const parts = splitRows(SINE_ROWS, split)
  const task = sineTask({ parts, seed: 5 })
  const phases = sinePhases(SINE_ROWS, 5)

  test('has the rows that it says', () => {
    const { train, validation, test } = task.parts
    expect([train.count, validation.count, test.count]).toEqual(counts)
  })

  test('no phase of the test rows occurs in training or validation', () => {
    const of = ({ from, to }: { from: number; to: number }) => [...phases.subarray(from, to)]
    const others = [...of(parts.train), ...of(parts.validation)]
    for (const phase of of(parts.test)) {
      for (const other of others) expect(around(phase, other)).toBeGreaterThan(0.3)
    }
    for (const phase of of(parts.validation)) {
      for (const other of of(parts.train)) expect(around(phase, other)).toBeGreaterThan(0.3)
    }
  })

  test('a batch holds sin((t + phase) / 20), and the step after as the target', () => {
    const { test: windows } = task.parts
    const batch = windows.batch(1)
    windows.fill(batch, [windows.count - 1], 0)
    const phase = phases[SINE_ROWS - 1] ?? 0
    expect(batch.inputs.shape).toEqual([999, 1, 1])
    for (const step of [0, 1, 500, 998]) {
      expect(batch.inputs.data[step]).toBeCloseTo(Math.sin((step + phase) / 20), 6)
      expect(batch.targets.data[step]).toBeCloseTo(Math.sin((step + 1 + phase) / 20), 6)
    }
  })

  test('free running goes on from the test rows, 1,000 steps further', () => {
    const { context, past, future } = task.freeRun
    const rows = parts.test.to - parts.test.from
    const phase = phases[parts.test.from + 1] ?? 0
    expect(context.shape).toEqual([1000, rows, 1])
    expect(future).toHaveLength(rows)
    expect(context.data[999 * rows + 1]).toBeCloseTo(sineAt(999, phase), 6)
    expect(past[1]?.[999]).toBeCloseTo(sineAt(999, phase), 12)
    expect(future[1]?.[0]).toBeCloseTo(sineAt(1000, phase), 12)
    expect(future[1]?.[999]).toBeCloseTo(sineAt(1999, phase), 12)
  })
})
