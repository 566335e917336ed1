/** A scaler of several columns: what it measures, the way back for quantiles and widths, and its plain data. */
import fc from 'fast-check'

import { Scaler } from '../lib/data/scaler'
import type { ScalerKind } from '../lib/data/scaler'
import type { Series } from '../lib/data/series'
import { DataError } from '../lib/errors'
import { refusal } from './refusal'
import { Rng } from './reference/rng'

const series = (seed: number, rows: number): Series => {
  const random = new Rng(seed)
  return {
    columns: {
      y: random.normals(rows, 5).map((value) => value + 1000),
      x: Array.from(random.normals(rows), (value, row) => (row % 4 === 1 ? NaN : value)),
    },
    statics: { size: seed },
  }
}

/** Mean and standard deviation in the plain way, over what is there. */
function plain(columns: readonly ArrayLike<number>[]): {
  mean: number
  sd: number
  least: number
  most: number
} {
  const values = columns.flatMap((column) => Array.from(column)).filter((value) => !Number.isNaN(value))
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const sd = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)
  return { mean, sd, least: Math.min(...values), most: Math.max(...values) }
}

const columnsOf = (list: readonly Series[], name: string) => list.map(({ columns }) => columns[name] ?? [])

test('measures all series together, without what is missing, and statics once per series', () => {
  const list = [series(1, 30), series(2, 7), series(4, 1)]
  const scaler = Scaler.fit(list)
  expect(scaler.columns).toEqual(['y', 'x', 'size'])
  for (const name of ['y', 'x']) {
    const { mean, sd } = plain(columnsOf(list, name))
    expect(scaler.scale(name).offset).toBeCloseTo(mean, 9)
    expect(scaler.scale(name).mean).toBeCloseTo(mean, 9)
    expect(scaler.scale(name).factor).toBeCloseTo(sd, 9)
  }
  expect(scaler.scale('size').offset).toBeCloseTo(7 / 3, 12)
})

test('minmax brings a column to 0 … 1; none leaves it, and knows its mean all the same', () => {
  const list = [series(1, 30), series(2, 7)]
  const { least, most, mean } = plain(columnsOf(list, 'y'))
  const scaler = Scaler.fit(list, { kind: 'minmax', columns: ['y'] })
  expect(Array.from(scaler.transform('y', [least, most]))).toEqual([0, 1])
  const none = Scaler.fit(list, { kind: 'none' }).scale('y')
  expect(none).toMatchObject({ offset: 0, factor: 1 })
  expect(none.mean).toBeCloseTo(mean, 9)
})

test('rows that come in blocks give what the whole gives', async () => {
  const whole = series(3, 101)
  const blocks = [0, 1, 40, 64, 101].flatMap((from, at, cuts) => {
    const to = cuts[at + 1]
    if (to === undefined) return []
    const columns = Object.fromEntries(
      Object.entries(whole.columns).map(([name, column]) => [name, Array.from(column).slice(from, to)]),
    )
    return [{ rows: to - from, columns }]
  })
  const [scaler, expected] = [await Scaler.fitRows(blocks), Scaler.fit(whole)]
  for (const name of ['y', 'x']) {
    for (const part of ['offset', 'factor', 'mean'] as const)
      expect(scaler.scale(name)[part]).toBeCloseTo(expected.scale(name)[part], 9)
  }
})

test('the way back restores values, keeps quantiles in order and stretches widths alone', () => {
  const kinds = fc.constantFrom<ScalerKind>('standard', 'minmax', 'none')
  const sorted = fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 3, maxLength: 9 })
  fc.assert(
    fc.property(kinds, sorted, fc.integer({ min: 0, max: 99 }), (kind, values, seed) => {
      const scaler = Scaler.fit(series(seed, 20), { kind })
      const quantiles = values.sort((a, b) => a - b)
      const own = scaler.inverse('y', quantiles)
      expect(Array.from(own)).toEqual(Array.from(own).sort((a, b) => a - b))
      for (const [at, value] of scaler.transform('y', own).entries())
        expect(value).toBeCloseTo(quantiles[at] as number, 6)
      const width = (own.at(-1) as number) - (own[0] as number)
      const [told = NaN] = scaler.inverseWidth('y', [(quantiles.at(-1) as number) - (quantiles[0] as number)])
      expect(told).toBeCloseTo(width, 6)
    }),
  )
})

test('as text and back it is the same to the last digit', () => {
  const scaler = Scaler.fit(series(5, 40))
  const again = Scaler.from(JSON.parse(JSON.stringify(scaler)) as ReturnType<Scaler['toJSON']>)
  expect(again.toJSON()).toEqual(scaler.toJSON())
  expect(again.scale('y').offset).toBe(scaler.scale('y').offset)
})

test('refuses what is no scaler, no column, and values without bounds', () => {
  const scaler = Scaler.fit(series(1, 9))
  expect(refusal(() => scaler.scale('z'))).toContain('expected one of y, x, size, received "z"')
  expect(refusal(() => Scaler.fit(series(1, 9), { columns: ['q'] }))).toContain('options.columns')
  const state = { kind: 'standard', columns: { y: { offset: 1, factor: 0, mean: 1 } } } as const
  expect(refusal(() => Scaler.from(state))).toContain('state.columns.y.factor: expected a number above 0')
  expect(refusal(() => Scaler.from({ ...state, kind: 'robust' as never }))).toContain('state.')
  expect(() => Scaler.fit({ columns: { y: [1, Infinity] } })).toThrow(DataError)
})
