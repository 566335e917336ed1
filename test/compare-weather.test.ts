/** The example on real data runs as `npm run example:weather` runs it, in small. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { CompareResult } from '../lib/compare/result'

test('examples/weather.mjs compares both cells with both naive forecasts', () => {
  const directory = mkdtempSync(join(tmpdir(), 'gatewise-weather-'))
  try {
    const outputs = ['--report', join(directory, 'r.html'), '--json', join(directory, 'r.json')]
    const example = join(__dirname, '..', 'examples', 'weather.mjs')
    const stdout = execFileSync(process.execPath, [example, '--seeds', '2', '--epochs', '8', ...outputs], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    expect(stdout).toMatch(/seattle-weather\.csv: temp_max, one step ahead/)
    const result = JSON.parse(readFileSync(join(directory, 'r.json'), 'utf8')) as CompareResult
    expect(result.data).toMatchObject({ rows: 1461, time: true, target: 'temp_max' })
    const last = result.naive.find(({ name }) => name === 'last value')
    expect(result.naive.map(({ name }) => name)).toContain('seasonal (period 365)')
    for (const { errors } of result.cells) {
      expect(errors.test.rmse.values).toHaveLength(2)
      // Both learn more than to repeat the day before, even in so few epochs.
      expect(errors.test.rmse.mean).toBeLessThan(last?.errors.test.rmse.mean ?? 0)
    }
    expect(readFileSync(join(directory, 'r.html'), 'utf8')).toMatch(/^<!doctype html>/i)
  } finally {
    rmSync(directory, { recursive: true })
  }
}, 60_000)
