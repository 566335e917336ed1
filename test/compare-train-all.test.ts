/** Several trainings in a row: what one that diverges costs the others. */
import { DIVERGED, runCell } from '../lib/compare/cell-run'
import type { CellRun } from '../lib/compare/cell-run'
import { resolveOptions } from '../lib/compare/options'
import { trainAll } from '../lib/compare/train-all'
import { GatewiseError } from '../lib/errors'
import { noisyWave, smallTask } from './compare-fixtures'

jest.mock('../lib/compare/cell-run', () => ({ DIVERGED: 'ERR_GATEWISE_DIVERGED', runCell: jest.fn() }))

const settings = resolveOptions({ file: 'a.csv', seeds: 3 })
const forms = (['gru', 'lstm'] as const).map((cell) => ({ cell, inputSize: 1, hiddenSize: 2, numLayers: 1 }))
const task = smallTask([noisyWave(60)])

/** Stands in for training: what happens is looked up by cell and seed. */
const script = (fails: Record<string, 'first' | 'later' | 'other'>): void => {
  jest.mocked(runCell).mockImplementation((form, _task, { seed }) => {
    const fate = fails[`${form.cell} ${seed}`]
    if (fate === 'first') return Promise.reject(new GatewiseError(DIVERGED, 'diverged'))
    if (fate === 'other') return Promise.reject(new RangeError('no memory'))
    return Promise.resolve({ form, seed, training: { divergedAt: fate && 4 } } as unknown as CellRun)
  })
}

const run = async () => {
  const { runs, troubles } = await trainAll(settings, task, forms, {})
  return {
    seeds: Object.fromEntries([...runs].map(([cell, all]) => [cell, all.map(({ seed }) => seed)])),
    troubles,
  }
}

test('a seed that diverges at once is left out, and said to be', async () => {
  script({ 'lstm 1': 'first' })
  expect(await run()).toEqual({
    seeds: { gru: [0, 1, 2], lstm: [0, 2] },
    troubles: ['The LSTM with seed 1 is left out: it diverged in its first epoch.'],
  })
})

test('one that diverges later stays, with a word about it', async () => {
  script({ 'gru 2': 'later' })
  const { seeds, troubles } = await run()
  expect(seeds).toEqual({ gru: [0, 1, 2], lstm: [0, 1, 2] })
  expect(troubles).toEqual([
    expect.stringMatching(/GRU’s training with seed 2 diverged in epoch 4.*Lower --lr/),
  ])
})

test('where already the first diverges, that is the error', async () => {
  script({ 'gru 0': 'first' })
  await expect(run()).rejects.toThrow('diverged')
})

test('other errors are not swallowed', async () => {
  script({ 'gru 2': 'other' })
  await expect(run()).rejects.toThrow('no memory')
})
