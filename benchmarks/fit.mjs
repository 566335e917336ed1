/**
 * What training in a thread of its own costs, and what it leaves of the event loop: the same trainings in the caller's
 * thread and in a worker, in turn, with the ratio of their times and the delay of the event loop. `node benchmarks/fit.mjs`
 */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Adam, engine, fit, GRU, Linear, LSTM, mseLoss, sequential } from 'gatewise'

const ROUNDS = Number(process.argv[2] ?? 9)
const FEATURES = 8

const CASES = [
  { name: 'GRU 32, 32 x 50', Layer: GRU, hiddenSize: 32, batch: 32, steps: 50, batches: 250 },
  { name: 'LSTM 64, 64 x 50', Layer: LSTM, hiddenSize: 64, batch: 64, steps: 50, batches: 60 },
  { name: 'GRU 128, 64 x 100', Layer: GRU, hiddenSize: 128, batch: 64, steps: 100, batches: 16 },
  { name: 'LSTM 256, 32 x 100', Layer: LSTM, hiddenSize: 256, batch: 32, steps: 100, batches: 8 },
]

const numbers = (length) => Float32Array.from({ length }, (_, i) => Math.sin(0.37 * i))

/** Seconds of an epoch, measured by the epoch itself so that starting a thread, once a training, is left out. */
async function seconds({ Layer, hiddenSize, batch, steps, batches }, thread, delay) {
  const model = sequential(
    new Layer({ inputSize: FEATURES, hiddenSize, seed: 1 }),
    new Linear({ inFeatures: hiddenSize, outFeatures: 1, seed: 2 }),
  )
  const one = {
    input: { data: numbers(steps * batch * FEATURES), shape: [steps, batch, FEATURES] },
    target: { data: numbers(steps * batch), shape: [steps, batch, 1] },
  }
  delay?.enable()
  const { history } = await fit(model, Array.from({ length: batches }).fill(one), {
    loss: mseLoss,
    optimizer: new Adam(model.parameters()),
    epochs: 2,
    clipGradNorm: 1,
    thread,
  })
  delay?.disable()
  return history[1].seconds
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]

const { isa, threads, version } = engine()
console.log(`gatewise ${version}, ${isa}, ${threads} threads; median of ${ROUNDS} pairs`)
console.log('case                  ms a step   worker / caller   event loop delay, 99 % and most, ms')
for (const form of CASES) {
  const ratios = []
  const times = []
  const delay = monitorEventLoopDelay({ resolution: 1 })
  for (let round = -1; round < ROUNDS; round++) {
    // The first pair warms up; which of the two comes first alternates.
    const measured = {}
    for (const thread of round % 2 === 0 ? ['caller', 'worker'] : ['worker', 'caller']) {
      measured[thread] = await seconds(form, thread, thread === 'worker' && round >= 0 ? delay : undefined)
    }
    if (round < 0) continue
    ratios.push(measured.worker / measured.caller)
    times.push((measured.caller / form.batches) * 1000)
  }
  const [p99, most] = [delay.percentile(99), delay.max].map((ns) => (ns / 1e6).toFixed(1).padStart(6))
  console.log(
    `${form.name.padEnd(20)}  ${median(times).toFixed(2).padStart(9)}   ${median(ratios).toFixed(3).padStart(15)}   ${p99} ${most}`,
  )
}
