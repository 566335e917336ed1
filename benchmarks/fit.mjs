/**
 * What training in a thread of its own costs, and what it leaves of the event loop. Two trainings of the same go on, one in
 * the caller's thread and one in a worker, which take turns epoch by epoch: an epoch takes part of a second, and a shared
 * machine that changes its speed every few minutes is the same for both of a pair. The delay of the event loop is taken in
 * a training of its own: what takes it wakes a thousand times a second, which is work beside a worker and none beside a
 * busy caller. `node benchmarks/fit.mjs [pairs]`
 */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import process from 'node:process'
import { Adam, engine, fit, GRU, Linear, LSTM, mseLoss, sequential } from '../dist/index.mjs'

const PAIRS = Number(process.argv[2] ?? 60)
/** Pairs before those that count: a new thread compiles its JavaScript anew, which takes the first second or two. */
const WARM = 8
/** Epochs of the training whose event loop is watched. */
const WATCHED = 20
const FEATURES = 8

const CASES = [
  { name: 'GRU 32, 32 x 50', Layer: GRU, hiddenSize: 32, batch: 32, steps: 50, batches: 500 },
  { name: 'LSTM 64, 64 x 50', Layer: LSTM, hiddenSize: 64, batch: 64, steps: 50, batches: 100 },
  { name: 'GRU 128, 64 x 100', Layer: GRU, hiddenSize: 128, batch: 64, steps: 100, batches: 25 },
  { name: 'LSTM 256, 32 x 100', Layer: LSTM, hiddenSize: 256, batch: 32, steps: 100, batches: 12 },
]

const numbers = (length) => Float32Array.from({ length }, (_, i) => Math.sin(0.37 * i))

/** Trains for so many epochs, and waits at each one's end for what `onEpoch` gives. */
function train({ Layer, hiddenSize, batch, steps, batches }, thread, epochs, onEpoch) {
  const model = sequential(
    new Layer({ inputSize: FEATURES, hiddenSize, seed: 1 }),
    new Linear({ inFeatures: hiddenSize, outFeatures: 1, seed: 2 }),
  )
  const one = {
    input: { data: numbers(steps * batch * FEATURES), shape: [steps, batch, FEATURES] },
    target: { data: numbers(steps * batch), shape: [steps, batch, 1] },
  }
  return fit(model, Array.from({ length: batches }).fill(one), {
    loss: mseLoss,
    optimizer: new Adam(model.parameters()),
    epochs,
    clipGradNorm: 1,
    thread,
    onEpoch,
  })
}

/** Seconds of the process's threads together. */
function processorSeconds() {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

/** Epochs of both trainings in turn: of each, seconds and processor seconds. Which of a pair comes first alternates. */
async function measure(form) {
  const used = { caller: [], worker: [] }
  const order = Array.from({ length: WARM + PAIRS }, (_, i) =>
    i % 2 === 0 ? ['caller', 'worker'] : ['worker', 'caller'],
  ).flat()
  const waiting = {}
  let turn = 0
  let begun
  // A training comes here at the end of an epoch of its own, and leaves when the next is its turn.
  const wait = (thread) =>
    new Promise((resolve) => {
      waiting[thread] = resolve
      if (!waiting.caller || !waiting.worker) return
      begun = processorSeconds()
      waiting[order[turn]]()
    })
  const trainInTurn = async (thread) => {
    await train(form, thread, WARM + PAIRS + 1, ({ epoch, seconds }) => {
      // The first epoch is before the turns begin.
      if (epoch > 0) {
        used[thread].push({ seconds, cpu: processorSeconds() - begun })
        turn++
      }
      if (turn < order.length) return wait(thread)
      // The last of all: the other one, which waits, may end too.
      for (const go of Object.values(waiting)) go()
    })
  }
  await Promise.all(['caller', 'worker'].map(trainInTurn))
  return { caller: used.caller.slice(WARM), worker: used.worker.slice(WARM) }
}

/** Milliseconds that the event loop is late during a training in a worker: at the 99th percentile, and at most. */
async function delays(form) {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  await train(form, 'worker', WATCHED)
  delay.disable()
  return [delay.percentile(99), delay.max].map((ns) => ns / 1e6)
}

/** A quantile of values, without interpolation. */
const quantile = (values, q) => values.toSorted((a, b) => a - b)[Math.floor(q * (values.length - 1))]

const { isa, threads, version } = engine()
console.log(
  `gatewise ${version}, ${isa}, ${threads} threads; ${PAIRS} pairs of epochs: median (quartiles), least of each`,
)
console.log(
  'worker / caller:       ms a step   time                     least   processor   event loop delay, 99 % and most, ms',
)
for (const form of CASES) {
  const { caller, worker } = await measure(form)
  const [callerSeconds, workerSeconds] = [caller, worker].map((epochs) =>
    epochs.map(({ seconds }) => seconds),
  )
  const ratios = workerSeconds.map((seconds, i) => seconds / callerSeconds[i])
  const cpuRatios = worker.map(({ cpu }, i) => cpu / caller[i].cpu)
  const [lower, ratio, upper] = [0.25, 0.5, 0.75].map((q) => quantile(ratios, q).toFixed(3))
  const least = Math.min(...workerSeconds) / Math.min(...callerSeconds)
  const milliseconds = (quantile(callerSeconds, 0.5) / form.batches) * 1000
  const [p99, most] = (await delays(form)).map((ms) => ms.toFixed(1).padStart(6))
  console.log(
    [
      form.name.padEnd(20),
      milliseconds.toFixed(3).padStart(11),
      `  ${ratio} (${lower} to ${upper})`,
      least.toFixed(3).padStart(8),
      quantile(cpuRatios, 0.5).toFixed(3).padStart(11),
      `  ${p99} ${most}`,
    ].join(' '),
  )
}
