/** Trains with a checkpoint after every batch, going on from the last one; says when the first batch is done, and 'done'. */
'use strict'
const [, , dist, folder, resume] = process.argv
const { Adam, fit, GRU, Linear, mseLoss, saveSafetensors, sequential } = require(dist)

// Large enough for a checkpoint to take some milliseconds.
const model = sequential(
  new GRU({ inputSize: 3, hiddenSize: 160, numLayers: 2, dropout: 0.3, seed: 1 }),
  new Linear({ inFeatures: 160, outFeatures: 1, seed: 2 }),
)
const numbers = (length) => Float32Array.from({ length }, (_, i) => Math.sin(i))
const data = {
  input: { data: numbers(5 * 40 * 3), shape: [5, 40, 3] },
  target: { data: numbers(5 * 40), shape: [5, 40, 1] },
}
fit(model, data, {
  loss: mseLoss,
  optimizer: new Adam(model.parameters()),
  epochs: 12,
  batchSize: 4,
  seed: 3,
  ...(folder === 'none' ? {} : { checkpoint: { folder, everyBatches: 1 }, resume: resume !== 'none' }),
  onBatch: () => process.stdout.write('batch\n'),
}).then(() => {
  saveSafetensors(process.argv[5], model.stateDict())
  process.stdout.write('done\n')
})
