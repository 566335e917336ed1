/**
 * Trains without end, with all that a long run does, and shows the process's resident memory: it is to stay flat.
 * `node --expose-gc benchmarks/soak.mjs [minutes]`; 20 minutes unless told. Ends with exit code 1 where memory grew.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { AdamW, CosineAnnealingLR, fit, GRU, Linear, loadModel, mseLoss, sequential } from '../dist/index.mjs'

const MINUTES = Number(process.argv[2] ?? 20)
const [STEPS, BATCH, FEATURES, HIDDEN] = [40, 32, 6, 48]
/** The last quarter may have so much more than the one before: garbage that waits for its collection. */
const ALLOWED_MB = 8

const folder = mkdtempSync(join(tmpdir(), 'soak-'))
const end = Date.now() + MINUTES * 60_000
const abort = new AbortController()

/** New numbers for every batch, of unequal lengths. */
function* batches(epoch) {
  for (let batch = 0; batch < 200; batch++) {
    const phase = epoch * 200 + batch
    const lengths = Array.from({ length: BATCH }, (_, b) => 1 + ((b * 7 + batch) % STEPS))
    const input = new Float32Array(STEPS * BATCH * FEATURES).map((_, i) => Math.sin(0.01 * i + phase))
    const target = new Float32Array(STEPS * BATCH).map((_, i) => Math.sin(0.01 * i * FEATURES + phase))
    yield {
      input: { data: input, shape: [STEPS, BATCH, FEATURES] },
      target: { data: target, shape: [STEPS, BATCH, 1] },
      lengths,
    }
  }
}

const model = sequential(
  new GRU({ inputSize: FEATURES, hiddenSize: HIDDEN, numLayers: 2, dropout: 0.1, seed: 1 }),
  new Linear({ inFeatures: HIDDEN, outFeatures: 1, seed: 2 }),
)
const optimizer = new AdamW(model.parameters(), { lr: 1e-3 })
const samples = []
let steps = 0
try {
  await fit(model, batches, {
    loss: mseLoss,
    optimizer,
    schedule: new CosineAnnealingLR(optimizer, { tMax: 1e6 }),
    scheduleEvery: 'step',
    epochs: 1e9,
    validation: () => batches(-1),
    clipGradNorm: 1,
    ema: { decay: 0.99 },
    checkpoint: { folder, everyBatches: 50 },
    log: join(folder, 'log.jsonl'),
    syncEvery: 20,
    signal: abort.signal,
    onBatch: (batch) => {
      steps = batch.steps
      if (Date.now() > end) abort.abort()
    },
    onEpoch({ epoch }) {
      loadModel(join(folder, 'last.safetensors')).model.infer(batches(epoch).next().value.input)
      // What was measured is what is held, not what waits to be collected here; the worker's garbage is its own.
      globalThis.gc?.()
      samples.push(process.memoryUsage.rss() / 2 ** 20)
      if (epoch % 20 === 0) console.log(`epoch ${epoch}, ${steps} steps: ${samples.at(-1).toFixed(1)} MB`)
    },
  })
} finally {
  rmSync(folder, { recursive: true, force: true })
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length
const quarters = [0, 1, 2, 3].map((quarter) => {
  const from = (part) => Math.floor((part * samples.length) / 4)
  return mean(samples.slice(from(quarter), Math.max(from(quarter) + 1, from(quarter + 1))))
})
console.log(
  `${MINUTES} minutes, ${steps} steps, ${samples.length} epochs: ${quarters.map((mb) => mb.toFixed(1)).join(', ')} MB, means of the quarters`,
)
// Heaps and the allocator's arenas find their size in the first half.
const growth = quarters[3] - quarters[2]
if (growth > ALLOWED_MB) {
  console.error(`memory grew by ${growth.toFixed(1)} MB in the second half`)
  process.exitCode = 1
}
