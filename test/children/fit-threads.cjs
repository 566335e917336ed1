/** Trainings in processes and threads of their own: `over` trains and ends; `ended` ends threads in mid-training. Prints 'done'. */
'use strict'
const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads')

function training(dist, more) {
  const { Adam, fit, GRU, Linear, mseLoss, sequential } = require(dist)
  const model = sequential(
    new GRU({ inputSize: 3, hiddenSize: 64, dropout: 0.1, numLayers: 2, seed: 1 }),
    new Linear({ inFeatures: 64, outFeatures: 1, seed: 2 }),
  )
  const numbers = (length) => Float32Array.from({ length }, (_, i) => Math.sin(i))
  const data = {
    input: { data: numbers(20 * 64 * 3), shape: [20, 64, 3] },
    target: { data: numbers(20 * 64), shape: [20, 64, 1] },
  }
  const optimizer = new Adam(model.parameters())
  return fit(model, data, { loss: mseLoss, optimizer, batchSize: 8, ...more })
}

async function over(dist) {
  const { stopped } = await training(dist, { epochs: 2 })
  console.log(stopped === 'finished' ? 'done' : stopped)
}

/** Ends threads that train, each in a thread of its own or in itself, at different moments. */
async function ended(dist) {
  for (let round = 0; round < 8; round++) {
    const workers = Array.from(
      { length: 2 },
      (_, index) =>
        new Worker(__filename, { workerData: { dist, thread: index === 0 ? 'worker' : 'caller' } }),
    )
    await Promise.all(
      workers.map(
        (worker) =>
          new Promise((resolve, reject) => {
            worker.once('message', resolve)
            worker.once('error', reject)
          }),
      ),
    )
    await new Promise((resolve) => setTimeout(resolve, 3 * round))
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
  await over(dist)
}

module.exports = { over }

if (!isMainThread) {
  void training(workerData.dist, {
    epochs: 1e9,
    thread: workerData.thread,
    onBatch: ({ steps }) => {
      if (steps === 3) parentPort.postMessage(steps)
    },
  })
} else if (require.main === module) {
  void (process.argv[3] === 'ended' ? ended(process.argv[2]) : over(process.argv[2]))
}
