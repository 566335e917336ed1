/**
 * What unequal lengths cost: a training pass (forward and backward) over a batch whose sequences end at different steps, as
 * a share of the same pass over all steps of all, beside the share of steps that there are. Turns of some passes alternate, and
 * the median of neighbours' ratios counts: a shared machine changes its speed from one minute to the next, less so within
 * a pair of turns. `node benchmarks/lengths.mjs [rounds]`
 */
import { GRU, LSTM, setThreads, tensor } from '../dist/index.mjs'

const rounds = Number(process.argv[2] ?? 21)
const random = (() => {
  let state = 1
  return () => (state = (state * 48271) % 2147483647) / 2147483647
})()
const numbers = (count) => Float32Array.from({ length: count }, () => random() * 2 - 1)
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1]

/**
 * Milliseconds of a call, in a turn of some: the least, since the first calls of a turn meet caches that the other form of
 * batch has left, and a training has one form.
 */
function turn(call) {
  const times = []
  for (const end = performance.now() + 30; performance.now() < end || times.length < 2;) times.push(call())
  return Math.min(...times)
}

/** Ways in which B lengths up to T are drawn. */
const SPREADS = {
  'uniform from 1 to T': (T) => 1 + Math.floor(random() * T),
  'half of them T, half T / 10': (T, b) => (b % 2 ? T : Math.ceil(T / 10)),
  'one of them T, the others T / 2': (T, b) => (b === 0 ? T : T >> 1),
  'all T': (T) => T,
}

const SIZES = [
  [100, 32, 16, 64],
  [100, 32, 64, 128],
  [100, 64, 128, 256],
  [50, 64, 512, 512],
]

const rows = []
for (const threads of [1, 2]) {
  setThreads(threads)
  for (const [T, B, I, H] of SIZES) {
    for (const Layer of [LSTM, GRU]) {
      for (const [spread, draw] of Object.entries(SPREADS)) {
        const lengths = Array.from({ length: B }, (_, b) => draw(T, b))
        const layer = new Layer({ inputSize: I, hiddenSize: H, seed: 1 })
        const input = tensor(numbers(T * B * I), [T, B, I])
        const output = tensor(numbers(T * B * H), [T, B, H])
        const once = (options) => {
          const start = performance.now()
          const pass = layer.forward(input, options)
          pass.backward({ output })
          pass.release()
          return performance.now() - start
        }
        const ratios = []
        for (let round = -2; round < rounds; round++) {
          const [padded, packed] = [turn(() => once()), turn(() => once({ lengths }))]
          if (round >= 0) ratios.push(packed / padded)
        }
        const share = lengths.reduce((sum, length) => sum + length, 0) / (T * B)
        const cost = median(ratios)
        rows.push({
          threads,
          cell: Layer.name,
          'T,B,I,H': [T, B, I, H].join(','),
          lengths: spread,
          'steps there are': share.toFixed(2),
          cost: cost.toFixed(2),
          'cost / steps': (cost / share).toFixed(2),
        })
      }
    }
  }
}
console.table(rows)
