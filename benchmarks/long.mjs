/**
 * Very long sequences: what `checkpointEvery` costs in time beside a pass that keeps everything (runs alternate, medians),
 * and how much memory a million steps take, in a process of their own. `node benchmarks/long.mjs [rounds]`
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { engine, GRU, LSTM, setThreads, tensor } from '../dist/index.mjs'

const CELLS = { GRU, LSTM }
const numbers = (count) => {
  const values = new Float32Array(count)
  for (let i = 0; i < count; i++) values[i] = Math.sin(0.37 * i + 0.001 * (i % 977))
  return values
}
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1]

if (process.argv[2] === 'million') trainOnMillion(process.argv[3])
else {
  compareTimes(Number(process.argv[2] ?? 7))
  compareMemory()
}

/** Time with checkpoints as a share of the time without. */
function compareTimes(rounds) {
  const rows = []
  for (const threads of [1, 2]) {
    setThreads(threads)
    for (const [T, B, I, H, every] of [
      [20_000, 1, 1, 64, 141],
      [2_000, 8, 16, 64, 45],
      [1_000, 32, 32, 128, 32],
      [400, 32, 256, 256, 20],
      [100, 64, 512, 512, 10],
    ]) {
      for (const [cell, Layer] of Object.entries(CELLS)) {
        const layer = new Layer({ inputSize: I, hiddenSize: H, seed: 1 })
        const input = tensor(numbers(T * B * I), [T, B, I])
        const hn = tensor(numbers(B * H), [1, B, H])
        const once = (options) => {
          const start = performance.now()
          const pass = layer.forward(input, { output: false, ...options })
          pass.backward({ hn })
          pass.release()
          return performance.now() - start
        }
        const [whole, cut] = [[], []]
        for (let round = -1; round < rounds; round++) {
          const [a, b] = [once({}), once({ checkpointEvery: every })]
          if (round < 0) continue
          whole.push(a)
          cut.push(b)
        }
        const ratios = whole.map((time, round) => cut[round] / time)
        rows.push({
          threads,
          cell,
          'T,B,I,H': [T, B, I, H].join(','),
          every,
          'ms without': median(whole).toFixed(1),
          'times that': median(ratios).toFixed(2),
          least: Math.min(...ratios).toFixed(2),
          most: Math.max(...ratios).toFixed(2),
        })
      }
    }
  }
  console.log(`gatewise ${engine().version}, ${engine().isa}: a training pass with checkpoints`)
  console.table(rows)
}

function compareMemory() {
  const rows = Object.keys(CELLS).map((cell) => {
    const child = spawnSync(process.execPath, [fileURLToPath(import.meta.url), 'million', cell], {
      encoding: 'utf8',
    })
    if (child.status !== 0) throw new Error(child.stderr)
    return JSON.parse(child.stdout)
  })
  console.log('one training step on 1,000,000 steps, I = 1, H = 64, B = 1, loss on the last state')
  console.table(rows)
}

// The peak that Node reports counts what the parent had when it made this process; the system's own does not.
function peakKilobytes() {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS
  return Number(/VmHWM:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1])
}

function trainOnMillion(cell) {
  const [T, H] = [1_000_000, 64]
  const before = peakKilobytes()
  const layer = new CELLS[cell]({ inputSize: 1, hiddenSize: H, seed: 1 })
  const input = { data: numbers(T), shape: [T, 1, 1] }
  const start = performance.now()
  const pass = layer.forward(input, { output: false, checkpointEvery: 1_000 })
  pass.backward({ hn: tensor(numbers(H), [1, 1, H]) })
  const seconds = (performance.now() - start) / 1000
  pass.release()
  const peak = peakKilobytes()
  const finite = layer.parameters().every(({ grad }) => grad.data.every(Number.isFinite))
  if (!finite) throw new Error('a gradient is not finite')
  console.log(
    JSON.stringify({
      cell,
      'MB above the start': ((peak - before) / 1024).toFixed(0),
      'MB in all': (peak / 1024).toFixed(0),
      seconds: seconds.toFixed(2),
    }),
  )
}
