// The time of one L-BFGS closure of `gatewise compare --full`: loss and all gradients of two stacked layers of 51 units
// and a linear head over 197 sine waves of 999 steps. Usage: node benchmarks/closure.mjs [repetitions]
//
// Cells and thread counts take turns within each repetition, so that a machine that speeds up or slows down does so
// for all of them; the least time and the median are shown.
import { engine, GRU, Linear, LSTM, mseLoss, setThreads, tensor } from '../dist/index.mjs'

const ROWS = 197
const STEPS = 999
const UNITS = 51
const repetitions = Number(process.argv[2] ?? 7)

const wave = (ahead) =>
  tensor(
    Float32Array.from({ length: STEPS * ROWS }, (_, i) => {
      const [step, row] = [Math.floor(i / ROWS), i % ROWS]
      return Math.sin((step + ahead + 37 * row) / 20)
    }),
    [STEPS, ROWS, 1],
  )
const input = wave(0)
const target = wave(1)

function closureOf(Layer) {
  const layer = new Layer({ inputSize: 1, hiddenSize: UNITS, numLayers: 2, seed: 1 })
  const head = new Linear({ inFeatures: UNITS, outFeatures: 1, seed: 2 })
  return () => {
    for (const { grad } of [...layer.parameters(), ...head.parameters()]) grad.data.fill(0)
    const pass = layer.forward(input)
    const out = head.forward(pass.output)
    const { grad } = mseLoss(out.output, target)
    pass.backward({ output: out.backward({ output: grad }).input }, { input: false })
    out.release()
    pass.release()
  }
}

const cases = [
  ['GRU', closureOf(GRU)],
  ['LSTM', closureOf(LSTM)],
].flatMap(([cell, closure]) => [1, 2].map((threads) => ({ cell, threads, closure, seconds: [] })))

for (let repetition = 0; repetition <= repetitions; repetition++) {
  for (const { threads, closure, seconds } of cases) {
    setThreads(threads)
    const begin = performance.now()
    closure()
    // The first time also touches all memory for the first time.
    if (repetition > 0) seconds.push((performance.now() - begin) / 1000)
  }
}

const { isa, version } = engine()
console.log(
  `gatewise ${version}, ${isa}: seconds for one closure, ${ROWS} × ${STEPS} steps, 2 × ${UNITS} units`,
)
for (const { cell, threads, seconds } of cases) {
  seconds.sort((a, b) => a - b)
  const [least, median] = [seconds[0], seconds[Math.floor(seconds.length / 2)]]
  console.log(
    `${cell.padEnd(5)} ${threads} thread${threads > 1 ? 's' : ' '}  least ${least.toFixed(3)}  median ${median.toFixed(3)}`,
  )
}
