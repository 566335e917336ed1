/** Workers with an engine and threads of their own, ended in the middle of passes, round after round. Prints 'done'. */
'use strict'
const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads')

if (isMainThread) {
  const rounds = Number(process.argv[3])
  const work = async (round) => {
    const workers = Array.from(
      { length: 4 },
      (_, index) => new Worker(__filename, { workerData: { dist: process.argv[2], index } }),
    )
    // Every one has begun; the one of index 0 ends by itself, with passes alive.
    await Promise.all(
      workers.map(
        (worker) =>
          new Promise((resolve, reject) => {
            worker.once('message', resolve)
            worker.once('error', reject)
          }),
      ),
    )
    await new Promise((resolve) => setTimeout(resolve, 5 * (round % 4)))
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
  ;(async () => {
    for (let round = 0; round < rounds; round++) await work(round)
    const { LSTM, zeros, setThreads } = require(process.argv[2])
    setThreads(3)
    const { output } = new LSTM({ inputSize: 2, hiddenSize: 40, seed: 1 }).forward(zeros([20, 30, 2]))
    console.log(output.data.every(Number.isFinite) ? 'done' : 'wrong')
  })()
} else {
  const { engine, GRU, LSTM, setThreads, zeros } = require(workerData.dist)
  setThreads(2 + workerData.index)
  const layers = [new LSTM({ inputSize: 5, hiddenSize: 70 }), new GRU({ inputSize: 5, hiddenSize: 70 })]
  const kept = []
  for (let i = 0; i < (workerData.index === 0 ? 3 : Infinity); i++) {
    for (const layer of layers) {
      const pass = layer.forward(zeros([30, 24, 5]))
      pass.backward({ output: pass.output })
      if (kept.push(pass) > 4) kept.shift().release()
    }
    if (i === 0) parentPort.postMessage(engine().threads)
  }
}
