/**
 * Makes so many passes in one turn of the event loop, whose tapes are 4 MB each, and drops them: nothing but the
 * collector can give their memory back. Prints by how many megabytes the process grew at most.
 */
'use strict'
const { LSTM, zeros } = require(process.argv[2])

const [T, H] = [3200, 64]
const layer = new LSTM({ inputSize: 1, hiddenSize: H, seed: 1 })
const input = zeros([T, 1, 1])
const gradient = zeros([T, 1, H])

const start = process.memoryUsage.rss()
let most = 0
for (let i = 0; i < 500 && most < 2 ** 31; i++) {
  layer.forward(input).backward({ output: gradient })
  most = Math.max(most, process.memoryUsage.rss() - start)
}
console.log(Math.round(most / 2 ** 20))
