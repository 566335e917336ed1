/**
 * A training loop of so many passes, each released or dropped, with checkpoints where their distance is given; prints the
 * resident megabytes after a first part of it and at the end.
 */
'use strict'
const { GRU, Linear, LSTM, zeros } = require(process.argv[2])
const release = process.argv[3] === 'release'
const passes = Number(process.argv[4])
const checkpoints = process.argv[6] === undefined ? {} : { checkpointEvery: Number(process.argv[6]) }

const Cell = process.argv[5] === 'GRU' ? GRU : LSTM
const layer = new Cell({
  inputSize: 5,
  hiddenSize: 32,
  numLayers: 2,
  dropout: 0.3,
  bidirectional: true,
  seed: 1,
})
const head = new Linear({ inFeatures: 64, outFeatures: 3, seed: 2 })

function step(T, B) {
  const pass = layer.forward(zeros([T, B, 5]), {
    lengths: Array.from({ length: B }, (_, b) => 1 + ((b * 7) % T)),
    ...checkpoints,
  })
  const end = head.forward(pass.output)
  pass.backward({ output: end.backward({ output: end.output }).input })
  layer.infer(zeros([T, B, 5]))
  if (!release) return
  end.release()
  pass.release()
}

// All in one turn of the event loop: what waits for the next one would pile up.
const resident = []
for (let i = 1; i <= passes; i++) {
  // Sizes come and go, as they do with the last batch of an epoch and sequences of many lengths.
  step(20 + (i % 13), i % 10 === 0 ? 5 : 16)
  if (i === passes / 4 || i === passes) resident.push(process.memoryUsage.rss() / 2 ** 20)
}
console.log(JSON.stringify(resident))
