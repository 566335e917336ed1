/** Two models that learn from each other: the waves that the example makes come to look like the true ones. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

const MINUTE = 60_000

test(
  'amplitude and smoothness are those asked for',
  () => {
    const said = execFileSync(process.execPath, [join(__dirname, '..', 'examples', 'rcgan.mjs')], {
      encoding: 'utf8',
      timeout: 2 * MINUTE,
    })
    const looks = (name: string): number[] => {
      const line = new RegExp(`^${name}: (.*)$`, 'm').exec(said)?.[1] ?? ''
      return [...line.matchAll(/rms ([\d.-]+), smoothness ([\d.-]+)/g)].flatMap(([, rms, smoothness]) => [
        Number(rms),
        Number(smoothness),
      ])
    }
    const [made, wanted] = [looks('made after training'), looks('true waves')]
    expect(wanted.length).toBe(4)
    for (const [i, value] of wanted.entries()) {
      expect(made[i]! / value).toBeGreaterThan(0.7)
      expect(made[i]! / value).toBeLessThan(1.4)
    }
  },
  2 * MINUTE,
)
