/** The memory of passes comes back, released or dropped; workers come and go. In processes of their own. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { usesMusl } from '../lib/native/platform'

const dist = join(__dirname, '..', 'dist')

function run(program: string, ...given: string[]): string {
  return runWith({}, program, ...given)
}

function runWith(env: NodeJS.ProcessEnv, program: string, ...given: string[]): string {
  // One thread each, so that busy cores do not hold a loop up; workers set their own.
  const child = spawnSync(process.execPath, [join(__dirname, 'children', program), ...given], {
    encoding: 'utf8',
    env: { ...process.env, GATEWISE_THREADS: '1', ...env },
  })
  expect([program, child.status, child.signal, child.stderr]).toEqual([program, 0, null, ''])
  return child.stdout
}

test('the collector frees dropped passes within a turn of the event loop', () => {
  // 2,000 MB if it did not. V8 lets memory outside its heap grow by some 64 MB beyond what the last collection left, and
  // frees it concurrently with the loop.
  expect(Number(run('memory-dropped.cjs', dist))).toBeLessThan(700)
})

// An output is 2.4 MB, 600 pages. glibc by itself gives most of them back and gets them anew (mostly 230 to 380 a call); other
// allocators are not told what to keep.
const testWithGlibc = process.platform === 'linux' && !usesMusl(process.execPath) ? test : test.skip

testWithGlibc('memory of dropped results serves the next ones', () => {
  const [pages = NaN, huge = NaN] = JSON.parse(run('freed-memory.cjs', dist, '200')) as number[]
  expect(pages).toBeLessThan(15)
  // 64 MB at once, in which all but the first results are.
  if (existsSync('/sys/kernel/mm/transparent_hugepage')) expect(huge).toBeGreaterThan(60_000)
})

testWithGlibc('an allocator that was set up by environment stays as it was', () => {
  const [, huge] = JSON.parse(
    runWith({ MALLOC_TRIM_THRESHOLD_: '1000000' }, 'freed-memory.cjs', dist, '10'),
  ) as number[]
  expect(huge).toBe(0)
})

/**
 * A step's four tapes and their packed weights are about 1.3 MB (GRU) to 1.6 MB (LSTM), so that losing them each time,
 * for 600 steps, would be more than 780 MB, and losing no more than an output (160 kB) 96 MB.
 */
test.each([
  ['release', 'LSTM', 60],
  ['release', 'GRU', 60],
  ['drop', 'LSTM', 120],
  ['drop', 'GRU', 120],
])('memory stays flat in a loop: %s, %s', (way, cell, allowed) => {
  const [early = NaN, late = NaN] = JSON.parse(run('memory-loop.cjs', dist, way, '800', cell)) as number[]
  expect(late - early).toBeLessThan(allowed)
})

// The tapes of two directions and layers for 5 steps, their packed weights and the states between are 0.4 MB.
test('and so it does with checkpoints', () => {
  const [early = NaN, late = NaN] = JSON.parse(
    run('memory-loop.cjs', dist, 'release', '800', 'LSTM', '5'),
  ) as number[]
  expect(late - early).toBeLessThan(120)
})

test('workers have engines of their own and may be ended in mid-pass', () => {
  expect(run('workers.cjs', dist, '12').trim()).toBe('done')
})
