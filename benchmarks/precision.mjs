/**
 * What matrices with fewer bits win at batch 1 and what they lose: the time of a streaming step and of a step within `infer`,
 * float32's over theirs, and the root mean square of the difference in the output over that of the output, of 50 steps of
 * normal input. `node benchmarks/precision.mjs [units]`
 */
import { engine, GRU, LSTM, setThreads, tensor } from '../dist/index.mjs'

const hiddenSize = Number(process.argv[2] ?? 1024)
const STEPS = 50
const ROUNDS = 15
const PRECISIONS = ['float32', 'bfloat16', 'float16', 'int8']

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1]
const normal = () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random())
const rms = (values) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length)

function timed(run) {
  run() // the others have filled the caches
  const begin = performance.now()
  run()
  return ((performance.now() - begin) * 1000) / STEPS
}

function rowsOf(Layer, inputSize, threads) {
  setThreads(threads)
  const layer = new Layer({ inputSize, hiddenSize, seed: 1 })
  const input = tensor(Float32Array.from({ length: STEPS * inputSize }, normal), [STEPS, 1, inputSize])
  const out = new Float32Array(hiddenSize)
  const runs = PRECISIONS.map((precision) => {
    const stream = layer.stream({ precision })
    return {
      precision,
      infer: () => layer.infer(input, { precision }).output.data,
      steps: () => {
        for (let t = 0; t < STEPS; t++)
          stream.step(input.data.subarray(t * inputSize, (t + 1) * inputSize), out)
      },
      inferred: [],
      streamed: [],
    }
  })
  for (let round = 0; round < ROUNDS; round++) {
    for (const run of runs) {
      run.streamed.push(timed(run.steps))
      run.inferred.push(timed(run.infer))
    }
  }
  const exact = runs[0].infer()
  const times = (of, run) => median(of(runs[0]).map((time, round) => time / of(run)[round])).toFixed(2)
  return runs.map((run) => ({
    threads,
    layer: `${Layer.name} ${inputSize}, ${hiddenSize}`,
    precision: run.precision,
    'stream, us': median(run.streamed).toFixed(1),
    'stream, times': times(({ streamed }) => streamed, run),
    'infer, us a step': median(run.inferred).toFixed(1),
    'infer, times': times(({ inferred }) => inferred, run),
    'error, %': ((100 * rms(run.infer().map((value, at) => value - exact[at]))) / rms(exact)).toFixed(2),
  }))
}

console.log(`batch 1, ${STEPS} steps, ${engine().isa}`)
console.table(
  [1, 2].flatMap((threads) =>
    [LSTM, GRU].flatMap((Layer) => [8, hiddenSize].flatMap((inputSize) => rowsOf(Layer, inputSize, threads))),
  ),
)
