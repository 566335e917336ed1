// The time of one streaming step from the call in JavaScript to its result: one layer, batch 1, eight features.
// Usage: node benchmarks/stream.mjs
import { engine, GRU, LSTM } from 'gatewise'

const STEPS = 20_000
const ROUNDS = 25

const cases = [LSTM, GRU].flatMap((Layer) =>
  [32, 64, 128].map((hiddenSize) => {
    const stream = new Layer({ inputSize: 8, hiddenSize, seed: 1 }).stream()
    return { name: `${Layer.name} ${hiddenSize}`, stream, out: new Float32Array(hiddenSize), times: [] }
  }),
)
const x = Float32Array.from({ length: 8 }, (_, i) => Math.sin(i))

for (let round = 0; round <= ROUNDS; round++) {
  for (const { stream, out, times } of cases) {
    const begin = performance.now()
    for (let step = 0; step < STEPS; step++) stream.step(x, out)
    if (round > 0) times.push(((performance.now() - begin) * 1000) / STEPS)
  }
}

const { isa, version } = engine()
console.log(`gatewise ${version}, ${isa}: microseconds for one step, least and median of ${ROUNDS} rounds`)
for (const { name, times } of cases) {
  times.sort((a, b) => a - b)
  console.log(`${name.padEnd(9)} ${times[0].toFixed(2)}  ${times[Math.floor(ROUNDS / 2)].toFixed(2)}`)
}
