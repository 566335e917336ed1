/**
 * Goes through a CSV file of so many rows and eight columns as shuffled batches, and prints in megabytes what the heap and
 * arrays hold after a quarter of the rows and near the end, and the peak of resident memory. Needs `--expose-gc`.
 */
'use strict'
const { once } = require('node:events')
const { createWriteStream } = require('node:fs')
const { peakMemory } = require('./peak-memory.cjs')
const { readRows, streamWindows } = require(process.argv[2])
const file = process.argv[3]
const rows = Number(process.argv[4])

const names = ['y', 'a', 'b', 'c', 'd', 'e', 'f', 'g']

async function write() {
  const out = createWriteStream(file)
  out.write(`${names.join()}\n`)
  for (let row = 0; row < rows; row += 1000) {
    const lines = Array.from({ length: 1000 }, (_, at) => names.map((_, i) => (row + at) * 8 + i).join())
    if (!out.write(`${lines.join('\n')}\n`)) await once(out, 'drain')
  }
  out.end()
  await once(out, 'close')
}

function held() {
  globalThis.gc()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return (heapUsed + arrayBuffers) / 2 ** 20
}

async function main() {
  await write()
  const source = streamWindows(() => readRows(file, { numbers: names }), {
    window: 24,
    target: 'y',
    past: names,
    batchSize: 64,
    stride: 8,
    buffer: 2048,
  })
  let [early, late] = []
  let windows = 0
  for await (const { input } of source.batches(0)) {
    windows += input.shape[1]
    if (windows * 8 > rows / 4) early ??= held()
    if (windows * 8 > rows * 0.95) late ??= held()
  }
  console.log(JSON.stringify({ windows, early, late, peak: peakMemory() }))
}

void main()
