/** Batches of windows against a plain reference that copies every window out, over random series, layouts and gaps. */
import fc from 'fast-check'

import type { Batch } from '../lib/data/batch'
import { Scaler } from '../lib/data/scaler'
import { splitSeries } from '../lib/data/series'
import type { Series } from '../lib/data/series'
import { windows } from '../lib/data/window-source'
import type { WindowOptions } from '../lib/data/window-source'
import { DataError } from '../lib/errors'
import { refusal } from './refusal'
import { naiveWindows } from './reference/windows'
import { Rng } from './reference/rng'

/** So many rows of y, x (past), k (known ahead) and a static, all of them distinct; gaps where `gap` says so. */
function seriesOf(
  rows: number,
  seed: number,
  gap: (column: string, row: number) => boolean = () => false,
): Series {
  const random = new Rng(seed)
  const column = (name: string) =>
    Float64Array.from({ length: rows }, (_, row) => {
      const value = 10 * random.uniform() - 3
      return gap(name, row) ? Number.NaN : value
    })
  return {
    name: `s${seed}`,
    columns: { y: column('y'), x: column('x'), k: column('k') },
    statics: { size: seed + 0.5 },
  }
}

const all = (source: { batches(epoch: number): Iterable<Batch> }, epoch = 0): Batch[] => [
  ...source.batches(epoch),
]

/** A batch's sequences one by one: all inputs of a window, then its targets. */
function rowsOfBatch({ input, target }: Batch, batchFirst: boolean): number[][] {
  const [first = 0, second = 0, I = 0] = input.shape
  const [T, B] = batchFirst ? [second, first] : [first, second]
  const { data, shape } = target as { data: ArrayLike<number>; shape: readonly number[] }
  const everyStep = shape.length === 3
  const O = shape.at(-1) ?? 0
  const at = (t: number, b: number): number => (batchFirst ? b * T + t : t * B + b)
  return Array.from({ length: B }, (_, b) => [
    ...Array.from({ length: T * I }, (_, i) => input.data[at(Math.floor(i / I), b) * I + (i % I)] as number),
    ...Array.from({ length: (everyStep ? T : 1) * O }, (_, i) =>
      everyStep ? (data[at(Math.floor(i / O), b) * O + (i % O)] as number) : (data[b * O + i] as number),
    ),
  ])
}

const layouts = fc.record({
  rows: fc.array(fc.integer({ min: 8, max: 40 }), { minLength: 1, maxLength: 3 }),
  window: fc.integer({ min: 1, max: 5 }),
  horizon: fc.integer({ min: 1, max: 3 }),
  lead: fc.integer({ min: 1, max: 2 }),
  stride: fc.integer({ min: 1, max: 3 }),
  targets: fc.constantFrom('last' as const, 'every' as const),
  known: fc.constantFrom([], ['k']),
  statics: fc.constantFrom([], ['size']),
  several: fc.boolean(),
  missing: fc.constantFrom('drop' as const, 'forward' as const, 'mean' as const, 'zero' as const),
  missingIndicators: fc.boolean(),
  kind: fc.constantFrom('standard' as const, 'minmax' as const, 'none' as const),
  gaps: fc.array(fc.tuple(fc.constantFrom('y', 'x', 'k'), fc.integer({ min: 0, max: 39 })), { maxLength: 4 }),
  batchSize: fc.integer({ min: 1, max: 7 }),
  batchFirst: fc.boolean(),
})

test('every batch holds what copied windows hold, in order, and nothing is left out that is whole', () => {
  fc.assert(
    fc.property(layouts, ({ rows, several, kind, gaps, stride, batchSize, batchFirst, ...layout }) => {
      const gap = (column: string, row: number) => gaps.some(([name, at]) => name === column && at === row)
      const list = rows.map((length, at) => seriesOf(length, at + 1, gap))
      const scaler = Scaler.fit(list, { kind })
      const target = several ? ['y', 'x'] : ['y']
      const expected = naiveWindows(list, { ...layout, target, past: ['y', 'x'], stride }, scaler)
      const run = () =>
        windows(list, {
          ...layout,
          target,
          past: ['y', 'x'],
          stride,
          scaler,
          batchSize,
          batchFirst,
          shuffle: false,
        })
      if (expected.length === 0) {
        expect(run).toThrow(DataError)
        return
      }
      const source = run()
      const got = all(source).flatMap((batch) => rowsOfBatch(batch, batchFirst))
      expect(got).toEqual(expected.map((row) => row.map(Math.fround)))
      expect(source.count).toBe(expected.length)
      expect(source.inputNames).toHaveLength(source.inputSize)
    }),
    { numRuns: 300 },
  )
})

test('names say what each input of a step is', () => {
  const source = windows(seriesOf(20, 1), {
    window: 4,
    horizon: 2,
    lead: 2,
    target: 'y',
    past: ['y', 'x'],
    known: ['k'],
    statics: ['size'],
    missingIndicators: true,
  })
  expect(source.inputNames).toEqual(['y', 'x', 'k', 'k+2', 'k+3', 'size', 'y?', 'x?', 'k?'])
  const [batch] = all(source)
  expect(batch?.input.shape).toEqual([4, 14, 9])
})

describe('the series stand in memory once', () => {
  test('a change of the series’ own array shows in the next batch', () => {
    const series = seriesOf(12, 1)
    const source = windows(series, { window: 3, target: 'y', shuffle: false, batchSize: 1 })
    const y = series.columns.y as Float64Array
    y[1] = 777
    expect(all(source)[0]?.input.data[1]).toBe(777)
  })

  test('parts are views on it', () => {
    const series = seriesOf(100, 1)
    const parts = splitSeries(series)
    for (const part of [parts.train, parts.validation, parts.test])
      expect((part[0]?.columns.y as Float64Array).buffer).toBe((series.columns.y as Float64Array).buffer)
  })
})

describe('nothing leaks', () => {
  const shares = [0.6, 0.2, 0.2] as const

  test('parts share no row, and windows of a part stay within it, targets included', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 30, max: 90 }), { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 3 }),
        (lengths, window, horizon) => {
          // Every value says where it stands: series · 1000 + row.
          const list = lengths.map((rows, s) => ({
            columns: { y: Float64Array.from({ length: rows }, (_, row) => s * 1000 + row) },
          }))
          const parts = splitSeries(list, shares)
          const seen = [parts.train, parts.validation, parts.test].map((part) => {
            const source = windows(part, { window, horizon, target: 'y', batchSize: 5 })
            return new Set(
              all(source)
                .flatMap((batch) => rowsOfBatch(batch, false))
                .flat(),
            )
          })
          for (const [s, rows] of lengths.entries()) {
            const [first, second] = [Math.round(rows * 0.6), Math.round(rows * 0.8)]
            for (const [p, [from, to]] of [
              [0, first],
              [first, second],
              [second, rows],
            ].entries()) {
              const own = [...(seen[p] as Set<number>)].filter((value) => Math.floor(value / 1000) === s)
              expect(Math.min(...own)).toBe(s * 1000 + (from as number))
              expect(Math.max(...own)).toBe(s * 1000 + (to as number) - 1)
            }
          }
        },
      ),
    )
  })

  test('a window holds rows of one series alone', () => {
    const list = [seriesOf(7, 1), seriesOf(9, 2)]
    const source = windows(list, { window: 3, horizon: 2, target: 'y', statics: ['size'], shuffle: false })
    for (const row of all(source).flatMap((batch) => rowsOfBatch(batch, false))) {
      const size = row[1]
      const own = list.find(({ statics }) => statics?.size === size) as Series
      for (const value of [row[0], row[2], row[4], row[6], row[7]])
        expect(Array.from(own.columns.y as Float64Array, Math.fround)).toContain(value)
    }
    expect(source.count).toBe(3 + 5)
  })

  test('the future of a target is in no input, whatever the horizon and lead', () => {
    const y = Float64Array.from({ length: 60 }, (_, row) => row)
    for (const [horizon, lead] of [
      [1, 1],
      [3, 1],
      [2, 4],
    ] as const) {
      const source = windows({ columns: { y } }, { window: 5, horizon, lead, target: 'y' })
      for (const batch of all(source)) {
        for (const row of rowsOfBatch(batch, false))
          expect(Math.max(...row.slice(0, 5))).toBe((row[5] as number) - lead)
      }
    }
  })

  test('a gap is filled from behind, never from ahead', () => {
    const y = [1, NaN, 3, NaN, NaN, 6, 7, 8]
    const source = windows(
      { columns: { x: y, y: y.map((_, row) => row) } },
      { window: 8 - 1, target: 'y', past: ['x'], missing: 'forward', shuffle: false },
    )
    expect(Array.from(all(source)[0]?.input.data ?? [])).toEqual([1, 1, 3, 3, 3, 6, 7])
  })
})

describe('the order of an epoch', () => {
  const source = (options: Partial<WindowOptions> = {}) =>
    windows(seriesOf(60, 3), { window: 4, target: 'y', batchSize: 8, seed: 5, ...options })
  const first = (batches: Batch[]) => batches.map(({ input }) => Array.from(input.data))

  test('is the same for the same seed and epoch, and another for another', () => {
    expect(first(all(source(), 2))).toEqual(first(all(source(), 2)))
    expect(first(all(source(), 2))).not.toEqual(first(all(source(), 3)))
    expect(first(all(source(), 2))).not.toEqual(first(all(source({ seed: 6 }), 2)))
  })

  test('holds every window once', () => {
    const sorted = (batches: Batch[]) =>
      batches
        .flatMap((batch) => rowsOfBatch(batch, false))
        .map(String)
        .sort()
    expect(sorted(all(source(), 1))).toEqual(sorted(all(source({ shuffle: false }), 0)))
  })

  test('goes on from a batch as if it had been there before', () => {
    expect(first([...source().batches(4, 3)])).toEqual(first(all(source(), 4)).slice(3))
    expect([...source().batches(4, source().length)]).toEqual([])
  })

  test('the last batch takes what is left, or is left out', () => {
    expect(all(source()).map(({ input }) => input.shape[1])).toEqual([8, 8, 8, 8, 8, 8, 8])
    expect(all(source({ batchSize: 9 })).map(({ input }) => input.shape[1])).toEqual([9, 9, 9, 9, 9, 9, 2])
    expect(all(source({ batchSize: 9, dropLast: true }))).toHaveLength(6)
    expect(source({ batchSize: 9, dropLast: true }).length).toBe(6)
  })
})

test('classes are integers, unscaled, with the shape of their places', () => {
  const columns = { x: Float64Array.from({ length: 9 }, (_, row) => row / 7), c: [0, 2, 1, 0, 1, 2, 2, 0, 1] }
  const options = { window: 3, lead: 0, target: 'c', classes: true, past: ['x'], shuffle: false } as const
  const scaler = Scaler.fit({ columns })
  expect(all(windows({ columns }, { ...options, scaler }))[0]?.target).toEqual({
    data: Int32Array.from([1, 0, 1, 2, 2, 0, 1]),
    shape: [7],
  })
  expect(all(windows({ columns }, { ...options, targets: 'every', batchSize: 2 }))[0]?.target).toEqual({
    data: Int32Array.from([0, 2, 2, 1, 1, 0]),
    shape: [3, 2],
  })
  const wrong = { columns: { ...columns, c: [0, 1.5, 1, 0, 1, 2, 2, 0, 1] } }
  expect(() => windows(wrong, options)).toThrow(
    'column "c", row 1: 1.5 is no class, a whole number from 0 on',
  )
})

describe('refusals', () => {
  const series = seriesOf(20, 1)
  const run = (options: object, given: unknown = series) =>
    refusal(() => windows(given as Series, { window: 3, target: 'y', ...options }))

  test.each([
    [{ window: 0 }, 'options.window: expected a whole number of at least 1, received 0'],
    [{ windw: 3 }, 'options.windw: expected one of window, horizon'],
    [{ target: 'z' }, 'options: expected names among the columns y, x, k of series "s1", received "z"'],
    [{ past: ['y', 'q'] }, 'options: expected names among the columns y, x, k of series "s1", received "q"'],
    [{ past: ['y', 'y'] }, 'options.past: expected each input once, received "y" again'],
    [{ known: ['y'], past: ['x'] }, 'options.known: expected what is known before it is forecast'],
    [{ lead: 0, past: ['x', 'y'] }, 'options.past: expected columns other than the target'],
    [{ statics: ['age'] }, 'options.statics: expected names among the series’ statics or columns'],
    [{ missing: 'guess' }, "options.missing: expected one of 'error', 'drop', 'forward'"],
    [{ batchSize: 0 }, 'options.batchSize: expected a whole number of at least 1, received 0'],
    [{ seed: -1 }, 'options.seed: expected a whole number from 0 to 4294967295, received -1'],
    [{ scaler: {} }, 'options.scaler: expected a Scaler, received an object'],
  ])('%j', (options, message) => {
    expect(run(options)).toContain(`windows: ${message}`)
  })

  test('mean without a scaler has no mean to give', () => {
    const gap = seriesOf(20, 1, (name, row) => name === 'x' && row === 3)
    expect(run({ past: ['x'], missing: 'mean' }, gap)).toContain('options.scaler: expected a scaler')
  })

  test('a gap is an error unless told otherwise, and says where it is', () => {
    const gap = seriesOf(20, 1, (name, row) => name === 'x' && row === 3)
    expect(() => windows(gap, { window: 3, target: 'y', past: ['x'] })).toThrow(
      /^s1: column "x", row 3: a value is missing \(missing: 'drop'/,
    )
    const lines = Int32Array.from({ length: 20 }, (_, row) => row + 2)
    expect(() => windows({ ...gap, lines }, { window: 3, target: 'y', past: ['x'] })).toThrow(
      /column "x", line 5:/,
    )
  })

  test('an infinite value is always one', () => {
    const columns = { y: [1, 2, 3, Infinity, 5, 6] }
    expect(() => windows({ columns }, { window: 2, target: 'y', missing: 'drop' })).toThrow(
      'column "y", row 3: a value is infinite',
    )
  })

  test('columns of different lengths', () => {
    expect(run({}, { columns: { y: [1, 2], x: [1] } })).toContain('series.columns.x: expected 2 numbers')
  })

  test('shares that are none', () => {
    expect(refusal(() => splitSeries(series, [0.5, 0.4, 0.2]))).toContain('shares: expected three shares')
  })
})
