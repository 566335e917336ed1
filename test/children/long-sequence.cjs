/**
 * One step of training on one long sequence with checkpoints, a loss on its last state, then inference of that state.
 * Prints the resident megabytes at the start and the greatest ones after each of the two.
 */
'use strict'
const { readFileSync } = require('node:fs')
const { zeros, ...layers } = require(process.argv[2])
const Cell = layers[process.argv[3]]
const [T, every] = process.argv.slice(4).map(Number)

/** Linux counts what the process had before it became this program towards maxRSS, but not towards VmHWM. */
const peak = () =>
  process.platform === 'linux'
    ? Number(/VmHWM:\s*(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024
    : process.resourceUsage().maxRSS / 1024
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
const trained = peak()
pass.release()
const { hn } = layer.infer(input, { output: false })
const same = hn.data.every((h, i) => h === pass.hn.data[i])
console.log(JSON.stringify({ start, trained, inferred: peak(), finite, same, reaches: dx.data[T - 1] !== 0 }))
