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
    // It asks to stop when it hears of step 123; the thread that trains may be some steps ahead of what is heard.
    const stopped = Number(/^stopped after (\d+) steps \(aborted\)/m.exec(said)?.[1])
    expect(stopped).toBeGreaterThanOrEqual(123)
    expect(stopped).toBeLessThan(140)
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
