/** The example of a forecaster beside a web service shows what it says. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

const MINUTE = 60_000

test(
  'it is stopped and resumed to the same bits, answers meanwhile, and beats the same days of the year before',
  () => {
    const said = execFileSync(process.execPath, [join(__dirname, '..', 'examples', 'forecaster.mjs')], {
      encoding: 'utf8',
      timeout: MINUTE,
    })
    expect(said).toMatch(/^stopped after 124 steps \(aborted\)|^stopped after 12[5-7] steps \(aborted\)/m)
    const answered = /; (\d+) requests were answered meanwhile$/m.exec(said)
    expect(Number(answered?.[1])).toBeGreaterThan(0)
    expect(said).toMatch(/^resumed to the bits of a training that was never stopped: true$/m)
    const errorOf = (name: string): number =>
      Number(new RegExp(`^  ${name}: ([\\d.]+) °C$`, 'm').exec(said)?.[1])
    const [forecaster, yearBefore, last] = ['forecaster', 'same days a year before', 'last value'].map(
      errorOf,
    )
    expect(forecaster).toBeLessThan(0.85 * yearBefore!)
    expect(forecaster).toBeLessThan(0.95 * last!)
  },
  MINUTE,
)
