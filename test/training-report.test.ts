/** The report of a training: what was measured is drawn, and what comes from a user is escaped. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { serialize } from 'node:v8'
import { ArgumentError, trainingReport, type EpochRecord } from '../lib'

/** The page, drawn by the built package in a process of its own: Plot is an ES module, which jest's vm does not load. */
function report(...given: Parameters<typeof trainingReport>): string {
  const child = `
    const { deserialize } = require('node:v8')
    const given = deserialize(Buffer.from(process.argv[2], 'base64'))
    require(process.argv[1]).trainingReport(...given).then((page) => process.stdout.write(page))`
  const dist = join(__dirname, '..', 'dist')
  const argument = serialize(given).toString('base64')
  return execFileSync(process.execPath, ['-e', child, dist, argument], { encoding: 'utf8' })
}

const epoch = (index: number, more: Partial<EpochRecord> = {}): EpochRecord => ({
  epoch: index,
  loss: 1 / (index + 1),
  validation: index < 3 ? 0.9 / (index + 1) : 0.4 + index / 10,
  lr: 0.01,
  gradNorm: 2 + index,
  steps: 7,
  skipped: index === 2 ? 3 : 0,
  seconds: 1.5,
  ...more,
})

const seriesIn = (html: string): Set<string> =>
  new Set([...html.matchAll(/data-series="([^"]*)"/g)].map(([, name = '']) => name))

test('has the losses, the rate and the norms, and says which epoch was best', () => {
  const html = report(
    [0, 1, 2, 3, 4].map((index) => epoch(index)),
    { title: 'Waves & <b>noise</b>' },
  )
  expect(html).toContain('<h1>Waves &amp; &lt;b&gt;noise&lt;/b&gt;</h1>')
  expect(html).toContain('Best of 5: epoch 3, validation loss 0.3000. 7.50 s in all. 3 batches were left out')
  expect([...seriesIn(html)].sort()).toEqual([
    'learning rate',
    'mean over the epoch',
    'training',
    'validation',
  ])
  expect(html).not.toMatch(/NaN|undefined|<script/)
})

test('without validation, and with losses that are not finite or not above zero', () => {
  const history = [epoch(0), epoch(1, { loss: NaN }), epoch(2, { loss: -1 })].map(
    ({ validation: _, ...rest }) => rest,
  )
  const html = report(history)
  expect(html).toContain('Best of 3: epoch 3, loss −1.000.')
  expect([...seriesIn(html)].sort()).toEqual(['learning rate', 'mean over the epoch', 'training'])
  expect(html).not.toMatch(/NaN|undefined/)
})

test('of nothing', async () => {
  const html = report([])
  expect(html).toContain('No epoch ended with a finite loss.')
  expect(html).toContain('Nothing to draw')
  await expect(trainingReport(3 as never)).rejects.toThrow(ArgumentError)
})
