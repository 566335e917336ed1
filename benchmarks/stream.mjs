/**
 * The time of one streaming step from the call in JavaScript to its result, at batch 1 and eight features: of one layer,
 * and of two layers with a head. `node benchmarks/stream.mjs`
 */
import { engine, GRU, Linear, LSTM, sequential } from '../dist/index.mjs'

const STEPS = 20_000
const ROUNDS = 25

const cases = [LSTM, GRU].flatMap((Layer) =>
  [32, 64, 128].flatMap((hiddenSize) => {
    const layer = new Layer({ inputSize: 8, hiddenSize, seed: 1 })
    const model = sequential(
      new Layer({ inputSize: 8, hiddenSize, numLayers: 2, seed: 1 }),
      new Linear({ inFeatures: hiddenSize, outFeatures: 1, seed: 2 }),
    )
    return [
      {
        name: `${Layer.name} ${hiddenSize}`,
        stream: layer.stream(),
        out: new Float32Array(hiddenSize),
        times: [],
      },
      {
        name: `2 x ${Layer.name} ${hiddenSize}, head`,
        stream: model.stream(),
        out: new Float32Array(1),
        times: [],
      },
    ]
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
  console.log(`${name.padEnd(18)} ${times[0].toFixed(2)}  ${times[Math.floor(ROUNDS / 2)].toFixed(2)}`)
}
