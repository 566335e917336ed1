/**
 * What training in a thread of its own costs, and what it leaves of the event loop: the same trainings in the caller's
 * thread and in a worker, in turn, with the ratio of their times. The delay of the event loop is taken in a round of its
 * own: what takes it wakes a thousand times a second, which is work beside a worker and none beside a busy caller.
 * `node benchmarks/fit.mjs [rounds]`
 */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import process from 'node:process'
import { Adam, engine, fit, GRU, Linear, LSTM, mseLoss, sequential } from '../dist/index.mjs'

const ROUNDS = Number(process.argv[2] ?? 7)
const EPOCHS = 4
const FEATURES = 8

const CASES = [
  { name: 'GRU 32, 32 x 50', Layer: GRU, hiddenSize: 32, batch: 32, steps: 50, batches: 2000 },
  { name: 'LSTM 64, 64 x 50', Layer: LSTM, hiddenSize: 64, batch: 64, steps: 50, batches: 400 },
  { name: 'GRU 128, 64 x 100', Layer: GRU, hiddenSize: 128, batch: 64, steps: 100, batches: 80 },
  { name: 'LSTM 256, 32 x 100', Layer: LSTM, hiddenSize: 256, batch: 32, steps: 100, batches: 32 },
]

const numbers = (length) => Float32Array.from({ length }, (_, i) => Math.sin(0.37 * i))

/**
 * Seconds and processor seconds of the last epoch: a new thread compiles its JavaScript anew, which takes the first second
 * or two of a training. The processor's are those of the whole process: what a busy machine does to the one it hardly does
 * to the other.
 */
async function measure({ Layer, hiddenSize, batch, steps, batches }, thread, isWatched = false) {
  const model = sequential(
    new Layer({ inputSize: FEATURES, hiddenSize, seed: 1 }),
    new Linear({ inFeatures: hiddenSize, outFeatures: 1, seed: 2 }),
  )
  const one = {
    input: { data: numbers(steps * batch * FEATURES), shape: [steps, batch, FEATURES] },
    target: { data: numbers(steps * batch), shape: [steps, batch, 1] },
  }
  const used = []
  const delay = monitorEventLoopDelay({ resolution: 1 })
  if (isWatched) delay.enable()
  const { history } = await fit(model, Array.from({ length: batches }).fill(one), {
    loss: mseLoss,
    optimizer: new Adam(model.parameters()),
    epochs: EPOCHS,
    clipGradNorm: 1,
    thread,
    onEpoch: () => {
      const { user, system } = process.cpuUsage()
      used.push((user + system) / 1e6)
    },
  })
  delay.disable()
  const [p99, most] = [delay.percentile(99), delay.max].map((ns) => ns / 1e6)
  return { seconds: history[EPOCHS - 1].seconds, cpu: used[EPOCHS - 1] - used[EPOCHS - 2], p99, most }
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]

const { isa, threads, version } = engine()
console.log(
  `gatewise ${version}, ${isa}, ${threads} threads; of ${ROUNDS} pairs the median, and the least of each`,
)
console.log(
  'worker / caller:       ms a step      time     least   processor   event loop delay, 99 % and most, ms',
)
for (const form of CASES) {
  const [times, workerTimes, ratios, cpuRatios] = [[], [], [], []]
  for (let round = -1; round < ROUNDS; round++) {
    // The first pair warms up; which of the two comes first alternates.
    const measured = {}
    for (const thread of round % 2 === 0 ? ['caller', 'worker'] : ['worker', 'caller']) {
      measured[thread] = await measure(form, thread)
    }
    if (round < 0) continue
    const { worker, caller } = measured
    times.push((caller.seconds / form.batches) * 1000)
    workerTimes.push((worker.seconds / form.batches) * 1000)
    ratios.push(worker.seconds / caller.seconds)
    cpuRatios.push(worker.cpu / caller.cpu)
  }
  const delays = await measure(form, 'worker', true)
  const [p99, most] = [delays.p99, delays.most].map((ms) => ms.toFixed(1).padStart(6))
  const [time, ratio, cpuRatio] = [times, ratios, cpuRatios].map((values) => median(values).toFixed(3))
  const least = (Math.min(...workerTimes) / Math.min(...times)).toFixed(3)
  console.log(
    `${form.name.padEnd(20)} ${time.padStart(11)} ${ratio.padStart(9)} ${least.padStart(9)} ${cpuRatio.padStart(11)}   ${p99} ${most}`,
  )
}
