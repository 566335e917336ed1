/** The whole comparison on small data: what the result holds, that it repeats, and how it ends early. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { compare } from '../lib/compare/compare'
import type { Progress, Start } from '../lib/compare/progress'
import { parameterCount } from '../lib/compare/match'
import { DataError, FileError, GatewiseError } from '../lib/errors'
import { noisyWave } from './compare-fixtures'

let directory: string
let file: string

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'gatewise-compare-'))
  file = join(directory, 'wave.csv')
  const other = noisyWave(200, 5)
  const day = (row: number) => new Date(Date.UTC(2020, 0, 1 + row)).toISOString().slice(0, 10)
  const lines = noisyWave(200).map((value, row) => `${day(row)},${value},${other[row] ?? 0},note`)
  writeFileSync(file, ['day,y,x,remark', ...lines, ''].join('\n'))
})

afterAll(() => rmSync(directory, { recursive: true }))

const small = { target: 'y', features: ['x'], time: 'day', window: 6, hidden: 8, epochs: 3, batch: 16 }

test('holds everything that it was asked for', async () => {
  const starts: Start[] = []
  const progress: Progress[] = []
  const { result, models } = await compare(
    { file, ...small, horizon: 2, period: 25, seeds: 2, seed: 4 },
    { onStart: (start) => starts.push(start), onProgress: (at) => progress.push(at) },
  )
  expect(result.interrupted).toBe(false)
  expect(result.data).toEqual({
    name: 'wave.csv',
    target: 'y',
    features: ['y', 'x'],
    rows: 200,
    parts: { train: 140 - 7, validation: 30 - 7, test: 30 - 7 },
    window: 6,
    horizon: 2,
    time: true,
  })
  expect(result.seeds).toEqual([4, 5])
  expect(result.naive.map(({ name }) => name)).toEqual(['last value', 'seasonal (period 25)'])
  expect(result.cells.map(({ cell }) => cell)).toEqual(['gru', 'lstm'])
  expect(result.verdict[0]).toMatch(/test error/)
  expect(result.truth.freeRunFrom).toBe(Date.UTC(2020, 0, 1 + 170 + 7))
  const first = new Date(Date.UTC(2020, 0, 1 + 170 + 7)).getTime()
  for (const cell of result.cells) {
    expect(cell.parameters).toBe(parameterCount(cell.cell, 2, cell.hiddenSize, 1))
    expect(cell.curves.map(({ seed }) => seed)).toEqual([4, 5])
    expect(cell.curves[0]?.train).toHaveLength(3)
    expect(cell.errors.test.rmse.values).toHaveLength(2)
    expect(cell.forecast.x[0]).toBe(first)
    expect(cell.forecast.y).toHaveLength(23)
    expect(cell.freeRun.x[0]).toBe(first)
    expect(cell.freeRun.y).toHaveLength(23)
    expect(cell.gradientFalloff.lags).toEqual([0, 1, 2, 3, 4, 5])
    const numbers = [...cell.forecast.y, ...cell.freeRun.y, ...cell.gradientFalloff.norms]
    expect(numbers.every(Number.isFinite)).toBe(true)
  }
  // The truth covers the forecasts, and what was known before them.
  expect(result.truth.forecast.x).toEqual(expect.arrayContaining([...(result.cells[0]?.forecast.x ?? [])]))
  expect(result.truth.freeRun.x).toEqual(expect.arrayContaining([...(result.cells[0]?.freeRun.x ?? [])]))
  expect(result.truth.freeRun.x[0]).toBeLessThan(first)
  expect(JSON.parse(JSON.stringify(result))).toEqual(result)

  // GRU of 8 units: 3·8·(2+8+2) + 9 = 297; the LSTM of 7 has 4·7·11 + 8 = 316, that of 6 has 247.
  expect(starts).toHaveLength(1)
  expect(starts[0]?.models.map(({ hiddenSize, parameters }) => [hiddenSize, parameters])).toEqual([
    [8, 297],
    [7, 316],
  ])
  const batches = Math.ceil(133 / 16)
  expect(progress).toHaveLength(2 * 2 * 3 * batches)
  expect(progress.map(({ done }) => done)).toEqual(
    [...progress.map(({ done }) => done)].sort((a, b) => a - b),
  )
  expect(progress.at(-1)).toMatchObject({ done: 1, secondsLeft: 0, cell: 'lstm', seed: 5, epoch: 3 })

  expect(models.map(({ cell, seed }) => [cell, seed])).toEqual([
    ['gru', 4],
    ['gru', 5],
    ['lstm', 4],
    ['lstm', 5],
  ])
  expect(models[0]?.weights['rnn.weight_ih_l0']?.shape).toEqual([24, 2])
  expect(models[2]?.metadata).toMatchObject({ cell: 'lstm', hiddenSize: '7', features: '["y","x"]' })
})

test('the same seed gives the same numbers, another seed others', async () => {
  const errorsOf = async (seed: number) => {
    const { result } = await compare({ file, ...small, seed })
    return result.cells.map(({ errors, freeRun, curves }) => [errors, freeRun, curves[0]?.train])
  }
  const first = await errorsOf(0)
  expect(await errorsOf(0)).toEqual(first)
  expect(await errorsOf(1)).not.toEqual(first)
})

test('a cell’s numbers do not depend on which others are trained, or in which order', async () => {
  const both = await compare({ file, ...small, match: 'hidden' })
  const alone = await compare({ file, ...small, match: 'hidden', cells: ['lstm'] })
  const errorsOf = ({ result }: typeof both) => result.cells.find(({ cell }) => cell === 'lstm')?.errors
  expect(errorsOf(alone)).toEqual(errorsOf(both))
  expect(alone.result.verdict[0]).toMatch(/only the LSTM/)
})

test('an abort ends with what there is: one cell whole, the other up to its last finished epoch', async () => {
  const abort = new AbortController()
  const { result, models } = await compare(
    { file, ...small },
    {
      signal: abort.signal,
      onProgress: ({ cell, epoch, batch }) => {
        if (cell === 'lstm' && epoch === 2 && batch === 3) abort.abort()
      },
    },
  )
  expect(result.interrupted).toBe(true)
  expect(result.cells.map(({ cell, curves }) => [cell, curves[0]?.train.length])).toEqual([
    ['gru', 3],
    ['lstm', 1],
  ])
  expect(models).toHaveLength(2)
  expect(result.verdict.at(-1)).toMatch(/interrupted/)
})

test('an abort before the first epoch is over leaves the naive forecasts', async () => {
  const { result, models } = await compare({ file, ...small }, { signal: AbortSignal.abort() })
  expect(result.cells).toEqual([])
  expect(models).toEqual([])
  expect(result.naive[0]?.errors.test.rmse.mean).toBeGreaterThan(0)
  expect(result.verdict).toEqual([
    'No verdict: the run was interrupted before any cell had finished an epoch.',
  ])
})

test('the sine in small: LBFGS on whole rows, and the seconds of a closure', async () => {
  const { result } = await compare({ hidden: 4, layers: 1, epochs: 1, split: [0.01, 0.005, 0.985] })
  expect(result.data).toMatchObject({
    name: 'sine',
    rows: 200,
    window: 999,
    parts: { train: 2, validation: 1, test: 197 },
  })
  expect(result.settings).toMatchObject({ optimiser: 'LBFGS', iterationsPerStep: 20, normalisation: 'none' })
  expect(result.settings.closureSecondsGRU).toBeGreaterThan(0)
  expect(result.settings.closureSecondsLSTM).toBeGreaterThan(0)
  expect(result.truth.freeRunFrom).toBe(1000)
  const [gru] = result.cells
  expect(gru?.freeRun.x).toHaveLength(1000)
  expect(gru?.freeRun.x[0]).toBe(1000)
  expect(gru?.forecast.x[0]).toBe(1)
  expect(gru?.forecast.x.at(-1)).toBe(999)
})

test('a loss that is never a number is an error that says what to do', async () => {
  const run = compare({ file, ...small, lr: 1e30 })
  await expect(run).rejects.toThrow(GatewiseError)
  await expect(compare({ file, ...small, lr: 1e30 })).rejects.toThrow(/GRU’s loss .* lower --lr, now 1e\+30/)
})

test.each([
  ['an unknown target', { target: 'z' }, DataError, /column|"z"/],
  ['text', { target: 'remark' }, DataError, /column "remark", line 2: text "note"/],
  ['an unknown feature', { features: ['q'] }, DataError, /no column "q"/],
  ['a window that is too long', { window: 29 }, DataError, /line 201: .* the validation part has 30/],
])('%s is refused before anything is trained', async (_, changes, type, message) => {
  let trained = false
  const run = compare({ file, ...small, horizon: 2, ...changes }, { onProgress: () => (trained = true) })
  await expect(run).rejects.toThrow(type)
  await expect(compare({ file, ...small, horizon: 2, ...changes })).rejects.toThrow(message)
  expect(trained).toBe(false)
})

test('a file that is not there is a FileError', async () => {
  await expect(compare({ file: join(directory, 'none.csv') })).rejects.toThrow(FileError)
})
