/** The memory of one long sequence, in a process of its own: what checkpoints hold, not what all steps would. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

interface Run {
  /** Resident megabytes: before, and the most until after training and after inference. */
  readonly start: number
  readonly trained: number
  readonly inferred: number
  readonly finite: boolean
  readonly same: boolean
  readonly reaches: boolean
}

function run(cell: string, T: number, every: number): Run {
  const given = [join(__dirname, '..', 'dist'), cell, String(T), String(every)]
  const child = spawnSync(process.execPath, [join(__dirname, 'children', 'long-sequence.cjs'), ...given], {
    encoding: 'utf8',
    env: { ...process.env, GATEWISE_THREADS: '1' },
  })
  expect([child.status, child.signal, child.stderr]).toEqual([0, null, ''])
  return JSON.parse(child.stdout) as Run
}

const T = 200_000

/**
 * The input, its copy and its gradient, which passes for the user's too, are 0.8 MB each. One segment of 447 steps has
 * 0.6 MB of gates and states, and the states between 448 of them are 0.2 MB. Everything kept would be 256 MB (LSTM) or
 * 205 MB (GRU) of gates and 51 MB of outputs, and inference with outputs 51 MB and as much again for the user.
 * What was measured is 8 MB; the rest is the collector's, and code that is compiled meanwhile.
 */
test.each(['LSTM', 'GRU'])('%s: a step of training on 200,000 steps, and inference', (cell) => {
  const { start, trained, inferred, ...facts } = run(cell, T, Math.round(Math.sqrt(T)))
  expect(facts).toEqual({ finite: true, same: true, reaches: true })
  expect(trained - start).toBeLessThan(30)
  expect(inferred - start).toBeLessThan(30)
})

test('the measure sees what is kept: without checkpoints it is more than 200 MB', () => {
  const { start, trained } = run('GRU', T, T)
  expect(trained - start).toBeGreaterThan(200)
})
