/** Trains in two worker threads at once, and after them in the thread that began. */
'use strict'
const { isMainThread, parentPort, Worker } = require('node:worker_threads')
const train = () => require('./program.cjs')(require('gatewise'))

if (isMainThread) {
  const work = () =>
    new Promise((resolve, reject) => {
      const worker = new Worker(__filename)
      worker.once('message', resolve)
      worker.once('error', reject)
    })
  void Promise.all([work(), work()]).then((results) => {
    const all = [...results, train()].map(({ losses }) => losses.join())
    if (new Set(all).size !== 1) throw new Error(`threads differ: ${all.join(' and ')}`)
    console.log('the same in every thread')
  })
} else {
  parentPort.postMessage(train())
}
