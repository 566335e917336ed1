/** A process that is killed while it trains leaves a checkpoint that is whole, and the training goes on to the same bits. */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadModel, loadSafetensors } from '../lib'

const MINUTE = 60_000
const child = join(__dirname, 'children', 'fit-kill.cjs')
const dist = join(__dirname, '..', 'dist')

/** Runs a training, and kills it so many milliseconds after its first batch; says whether it came to its end. */
function run(folder: string, result: string, killAfter?: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const running = spawn(process.execPath, [child, dist, folder, 'resume', result], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let said = ''
    running.stdout.on('data', (text: Buffer) => {
      if (said === '' && killAfter !== undefined) setTimeout(() => running.kill('SIGKILL'), killAfter)
      said += text.toString()
    })
    running.on('error', reject)
    running.on('exit', (code, signal) => {
      if (code === 0 || signal === 'SIGKILL') resolve(said.endsWith('done\n'))
      else reject(new Error(`exit code ${String(code)}`))
    })
  })
}

test(
  'at many points',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gatewise-kill-'))
    try {
      const [checkpoints, whole, resumed] = ['checkpoints', 'whole', 'resumed'].map((name) =>
        join(folder, name),
      ) as [string, string, string]
      await run('none', whole)
      const steps: number[] = []
      // Delays that fall on all parts of a step and of the writing of a checkpoint, which take some milliseconds each; more
      // of them where a busy machine has not come to write often enough.
      for (let killAfter = 1; killAfter < 80 || (steps.length <= 5 && killAfter < 1000); killAfter += 8.3) {
        await run(checkpoints, resumed, killAfter)
        const last = join(checkpoints, 'last.safetensors')
        if (!existsSync(last)) continue
        loadModel(last)
        const { metadata } = loadSafetensors(last)
        const training = JSON.parse(metadata['gatewise.training']!) as {
          progress: { position: { steps: number } }
        }
        steps.push(training.progress.position.steps)
      }
      expect(steps.length).toBeGreaterThan(5)
      expect(steps).toEqual([...steps].sort((a, b) => a - b))
      expect(await run(checkpoints, resumed)).toBe(true)
      expect(readFileSync(resumed)).toEqual(readFileSync(whole))
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
  2 * MINUTE,
)
