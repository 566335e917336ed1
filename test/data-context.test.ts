/** What a forecast reads is what training would have read there, and nothing of what comes later. */
import { contextOf, knownRows } from '../lib/data/context'
import { Scaler } from '../lib/data/scaler'
import type { Series } from '../lib/data/series'
import { readLayout } from '../lib/data/window-layout'
import { windows } from '../lib/data/window-source'
import { DataError } from '../lib/errors'
import { Rng } from './reference/rng'

const layout = readLayout('test', {
  window: 5,
  horizon: 3,
  lead: 2,
  target: 'y',
  past: ['y', 'x'],
  known: ['k'],
  statics: ['size'],
  missing: 'forward',
  missingIndicators: true,
})
const AHEAD = layout.lead + layout.horizon - 1

const series = (seed: number, rows: number, gap?: number): Series => {
  const random = new Rng(seed)
  const x = random.normals(rows).map((value, row) => (row === gap ? NaN : value))
  return {
    name: `s${seed}`,
    columns: { y: random.normals(rows, 9), x, k: random.normals(rows) },
    statics: { size: seed },
  }
}

/** The series as a forecast meets it: no target behind so many rows, and whatever stands in the past columns there. */
const known = ({ columns, ...rest }: Series, rows: number, later: number): Series => ({
  ...rest,
  columns: {
    ...columns,
    y: Array.from(columns.y ?? [], (value, row) => (row < rows ? value : NaN)),
    x: Array.from(columns.x ?? [], (value, row) => (row < rows ? value : later)),
  },
})

test('is the window that the whole series has there', () => {
  const list = [series(1, 30, 20), series(2, 24), series(3, 12, 4)]
  const scaler = Scaler.fit(list)
  const cut = list.map((one) => knownRows(one, layout) - AHEAD)
  for (const later of [NaN, 1e6]) {
    const context = contextOf(
      'test',
      list.map((one, at) => known(one, cut[at] as number, later)),
      { layout, scaler },
    )
    for (const [b, one] of list.entries()) {
      // The last window of the whole series has its last target in its last row.
      const source = windows(one, { ...layout, scaler, shuffle: false, batchSize: 100 })
      const { input } = [...source.batches(0)][0] as {
        input: { data: Float32Array; shape: readonly number[] }
      }
      const [T = 0, B = 0, I = 0] = input.shape
      const lane = (data: Float32Array, at: number, of: number) =>
        Array.from({ length: T * I }, (_, i) => data[(Math.floor(i / I) * of + at) * I + (i % I)])
      expect(lane(context.data, b, list.length)).toEqual(lane(input.data, B - 1, B))
    }
  }
})

test.each<[string, Series, RegExp]>([
  [
    'a series that is too short',
    known(series(1, 12), 4, NaN),
    /s1: 4 rows up to the last value of y; the model reads 5/,
  ],
  [
    'one that knows too little ahead',
    known(series(1, 12), 9, 0),
    /s1: column "k": a forecast needs its values in 4 rows .* there are 3/,
  ],
  ['one without any target', known(series(1, 12), 0, 0), /0 rows up to the last value of y/],
])('%s is an error that says so', (_, one, message) => {
  const run = () => contextOf('test', [one], { layout, scaler: Scaler.fit(series(1, 12)) })
  expect(run).toThrow(DataError)
  expect(run).toThrow(message)
})

test('a gap that is read is an error where windows with gaps are left out', () => {
  const form = { layout: { ...layout, missing: 'drop' as const }, scaler: Scaler.fit(series(1, 20)) }
  expect(() => contextOf('test', [known(series(1, 20, 13), 16, NaN)], form)).toThrow(
    's1: column "x": a value that the forecast reads is missing',
  )
  expect(() => contextOf('test', [known(series(1, 20, 10), 16, NaN)], form)).not.toThrow()
})
