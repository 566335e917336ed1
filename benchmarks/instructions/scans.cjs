/**
 * Scans for scripts/check-instructions.mjs to count: `node scans.cjs LSTM train 9,7,5,51 12,1,3,67` runs one of each size
 * (T,B,I,H).
 */
'use strict'
const { join } = require('node:path')
const gatewise = require(join(__dirname, '..', '..', 'dist', 'index.js'))

const [, , cell, mode, ...sizes] = process.argv
gatewise.setThreads(1)
const values = (count) => Float32Array.from({ length: count }, (_, i) => Math.sin(0.7 * i))
for (const size of sizes) {
  const [T, B, I, H] = size.split(',').map(Number)
  const layer = new gatewise[cell]({ inputSize: I, hiddenSize: H, seed: 1 })
  const input = gatewise.tensor(values(T * B * I), [T, B, I])
  if (mode === 'infer') layer.infer(input)
  else layer.forward(input).backward({ output: gatewise.tensor(values(T * B * H), [T, B, H]) })
}
