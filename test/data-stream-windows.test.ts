/** Windows out of a stream are those out of memory: the same ones, each once, however the rows come. */
import fc from 'fast-check'

import type { Batch } from '../lib/data/batch'
import { Scaler } from '../lib/data/scaler'
import type { RowBlock, Series } from '../lib/data/series'
import { streamWindows } from '../lib/data/stream-windows'
import type { StreamWindowOptions } from '../lib/data/stream-windows'
import { windows } from '../lib/data/window-source'
import { DataError } from '../lib/errors'
import { refusal } from './refusal'
import { Rng } from './reference/rng'

function seriesOf(rows: number, seed: number, gaps: readonly number[] = []): Series {
  const random = new Rng(seed)
  const column = () => random.normals(rows).map((value, row) => (gaps.includes(row) ? NaN : value))
  return {
    name: `s${seed}`,
    columns: { y: random.normals(rows), x: column(), size: new Float64Array(rows).fill(seed) },
  }
}

/** The rows of series one after another, in blocks of the given sizes. */
function* blocksOf(list: readonly Series[], sizes: readonly number[]): Generator<RowBlock> {
  const rows = list.flatMap(({ name, columns }) =>
    Array.from({ length: columns.y?.length ?? 0 }, (_, row) => ({
      name: name as string,
      values: ['y', 'x', 'size'].map((column) => columns[column]?.[row] as number),
    })),
  )
  let at = 0
  for (let block = 0; at < rows.length; block++) {
    const taken = rows.slice(at, at + (sizes[block % sizes.length] as number))
    const column = (index: number) => Float64Array.from(taken, ({ values }) => values[index] as number)
    yield {
      rows: taken.length,
      columns: { y: column(0), x: column(1), size: column(2) },
      texts: { name: taken.map(({ name }) => name) },
    }
    at += taken.length
  }
}

async function all(batches: AsyncIterable<Batch>): Promise<Batch[]> {
  const found: Batch[] = []
  for await (const batch of batches) found.push(batch)
  return found
}

/** The windows of batches, as texts. */
function windowsOf(batches: readonly Batch[]): string[] {
  return batches.flatMap(({ input, target }) => {
    const [T = 0, B = 0, I = 0] = input.shape
    const { data, shape } = target as { data: ArrayLike<number>; shape: readonly number[] }
    const O = shape.at(-1) ?? 0
    return Array.from({ length: B }, (_, b) =>
      [
        ...Array.from({ length: T * I }, (_, at) => input.data[(Math.floor(at / I) * B + b) * I + (at % I)]),
        ...Array.from({ length: O }, (_, o) => data[b * O + o]),
      ].join(),
    )
  })
}

const cases = fc.record({
  rows: fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 4 }),
  sizes: fc.array(fc.integer({ min: 1, max: 25 }), { minLength: 1, maxLength: 4 }),
  window: fc.integer({ min: 1, max: 5 }),
  horizon: fc.integer({ min: 1, max: 3 }),
  stride: fc.integer({ min: 1, max: 9 }),
  gaps: fc.array(fc.integer({ min: 0, max: 59 }), { maxLength: 5 }),
  missing: fc.constantFrom('drop' as const, 'forward' as const, 'mean' as const, 'zero' as const),
  missingIndicators: fc.boolean(),
  shuffle: fc.boolean(),
  buffer: fc.integer({ min: 7, max: 40 }),
  seed: fc.integer({ min: 0, max: 5 }),
})

test('the windows are those of the same series in memory, in order where nothing is shuffled', async () => {
  await fc.assert(
    fc.asyncProperty(cases, async ({ rows, sizes, gaps, buffer, seed, ...layout }) => {
      const list = rows.map((length, at) => seriesOf(length, at + 1, gaps))
      const options = { ...layout, target: 'y', past: ['y', 'x'], known: ['size'], batchSize: 7, seed }
      const scaler = Scaler.fit(list)
      const stream = streamWindows(() => blocksOf(list, sizes), {
        ...options,
        scaler,
        series: 'name',
        buffer,
      })
      let expected: string[]
      try {
        expected = windowsOf([...windows(list, { ...options, scaler, shuffle: false }).batches(0)])
      } catch {
        await expect(all(stream.batches(0))).rejects.toThrow(DataError)
        return
      }
      const batches = await all(stream.batches(2))
      const found = windowsOf(batches)
      if (layout.shuffle) expect([...found].sort()).toEqual(expected.sort())
      else expect(found).toEqual(expected)
      // Only the last batch takes what is left.
      for (const { input } of batches.slice(0, -1)) expect(input.shape[1]).toBe(7)
      // Resumed, it goes on where it was.
      expect(windowsOf(await all(stream.batches(2, 2)))).toEqual(windowsOf(batches.slice(2)))
    }),
    { numRuns: 200 },
  )
})

describe('the order', () => {
  const list = [seriesOf(400, 1)]
  const order = async (epoch: number, seed = 3, sizes = [13, 50]) =>
    windowsOf(
      await all(
        streamWindows(() => blocksOf(list, sizes), {
          window: 3,
          target: 'y',
          batchSize: 8,
          buffer: 64,
          seed,
        }).batches(epoch),
      ),
    )

  test('is the epoch’s and the seed’s, and the blocks have no part in it beyond the buffer’s ends', async () => {
    expect(await order(1)).toEqual(await order(1))
    expect(await order(1)).not.toEqual(await order(2))
    expect(await order(1)).not.toEqual(await order(1, 4))
  })

  test('mixes within the buffer: neighbours stand apart', async () => {
    const inMemory = windowsOf([...windows(list, { window: 3, target: 'y', shuffle: false }).batches(0)])
    const places = new Map(inMemory.map((window, at) => [window, at]))
    const shuffled = (await order(0)).map((window) => places.get(window) as number)
    const neighbours = shuffled.filter((place, at) => at > 0 && place === (shuffled[at - 1] as number) + 1)
    expect(neighbours.length).toBeLessThan(20)
    for (const [at, place] of shuffled.entries()) expect(Math.abs(place - at)).toBeLessThan(130)
  })
})

test('rows from … to are all that is used, counted over the stream', async () => {
  const list = [seriesOf(100, 1)]
  const options: StreamWindowOptions = { window: 2, target: 'y', from: 30, to: 50, shuffle: false }
  const found = await all(streamWindows(() => blocksOf(list, [7]), options).batches(0))
  expect(windowsOf(found)).toHaveLength(20 - 2)
  const y = list[0]?.columns.y as Float64Array
  expect(found[0]?.input.data[0]).toBe(Math.fround(y[30] as number))
  expect((found[0]?.target as { data: Float32Array }).data.at(-1)).toBe(Math.fround(y[49] as number))
})

test('a gap that must not be is named by its place in the stream', async () => {
  const list = [seriesOf(100, 1, [77])]
  const options: StreamWindowOptions = { window: 2, target: 'y', past: ['x'], buffer: 8, batchSize: 4 }
  await expect(all(streamWindows(() => blocksOf(list, [10]), options).batches(0))).rejects.toThrow(
    /column "x", row 77: a value is missing/,
  )
})

test('also where windows stand further apart than they are long, and rows between them come later', async () => {
  const list = [seriesOf(100, 1, [81])]
  const options = { window: 1, target: 'y', past: ['x'], stride: 9, buffer: 2, batchSize: 2 }
  await expect(all(streamWindows(() => blocksOf(list, [1]), options).batches(0))).rejects.toThrow(
    /column "x", row 81: a value is missing/,
  )
})

test('a gap is filled from rows between windows too', async () => {
  // Windows start at rows 0, 9, 18, …; row 72 is filled with row 71, which is in none and comes after two were given out.
  const list = [seriesOf(100, 1, [72])]
  const scaler = Scaler.fit(list)
  const options = { window: 1, target: 'y', past: ['x'], stride: 9, missing: 'forward' as const, scaler }
  const expected = windowsOf([...windows(list, { ...options, shuffle: false }).batches(0)])
  for (const sizes of [[1], [4, 25], [100]]) {
    const stream = streamWindows(() => blocksOf(list, sizes), {
      ...options,
      shuffle: false,
      buffer: 2,
      batchSize: 2,
    })
    expect(windowsOf(await all(stream.batches(0)))).toEqual(expected)
  }
})

test('refuses wrong options before anything is read', () => {
  const open = () => {
    throw new Error('read')
  }
  expect(refusal(() => streamWindows(open, { window: 2, target: 'y', buffer: 5 }))).toContain(
    'options.buffer',
  )
  expect(refusal(() => streamWindows(open, { window: 2, target: 'y', from: -1 }))).toContain('options.from')
  expect(refusal(() => streamWindows({} as never, { window: 2, target: 'y' }))).toContain(
    'open: expected a function',
  )
})
