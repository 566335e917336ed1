/** The example of two models against each other learns: its waves come near to real ones, and are of the kind asked for. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

interface Line {
  step: number
  discrepancy: number
  rightKind: number
}

test('examples/rcgan.mjs draws waves that are nearly real', () => {
  const example = join(__dirname, '..', 'examples', 'rcgan.mjs')
  const stdout = execFileSync(process.execPath, [example, '--steps', '1000', '--seed', '3'], {
    encoding: 'utf8',
  })
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)
  expect(lines.map(({ step }) => step)).toEqual([0, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000])
  const first = lines[0]!
  // The last three: such a game has its ups and downs. Seen were 0.02 of the first discrepancy, and all of the right kind.
  const last = lines.slice(-3)
  const mean = last.reduce((sum, { discrepancy }) => sum + discrepancy, 0) / 3
  expect(mean).toBeLessThan(0.3 * first.discrepancy)
  expect(first.rightKind).toBeLessThan(0.7)
  expect(Math.min(...last.map(({ rightKind }) => rightKind))).toBeGreaterThan(0.9)
}, 120_000)
