/**
 * One step of training on one long sequence with checkpoints, a loss on its last state, then inference of that state.
 * Prints the resident megabytes at the start and the greatest ones after each of the two.
 */
'use strict'
const { peakMemory } = require('./peak-memory.cjs')
const { zeros, ...layers } = require(process.argv[2])
const Cell = layers[process.argv[3]]
const [T, every] = process.argv.slice(4).map(Number)

const H = 64
const layer = new Cell({ inputSize: 1, hiddenSize: H, seed: 1 })
layer.infer(zeros([1, 1, 1]))
const start = process.memoryUsage.rss() / 2 ** 20

const input = zeros([T, 1, 1])
for (let t = 0; t < T; t++) input.data[t] = Math.sin(t / 7)
const pass = layer.forward(input, { checkpointEvery: every, output: false })
const { input: dx } = pass.backward({ hn: { data: new Float32Array(H).fill(1), shape: [1, 1, H] } })
const finite = [dx, ...layer.parameters().map(({ grad }) => grad)].every(({ data }) =>
  data.every(Number.isFinite),
)
const trained = peakMemory()
pass.release()
const { hn } = layer.infer(input, { output: false })
const same = hn.data.every((h, i) => h === pass.hn.data[i])
console.log(
  JSON.stringify({ start, trained, inferred: peakMemory(), finite, same, reaches: dx.data[T - 1] !== 0 }),
)
