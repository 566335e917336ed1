/**
 * Makes five hundred tapes of 4 MB through the addon, with next to no memory of JavaScript's own, and drops them: only
 * a collector that knows of native memory has a reason to run. Prints by how many megabytes the process grew at most.
 */
'use strict'
const { Scan } = require(process.argv[2])

const [T, H] = [3200, 64]
const floats = (n) => new Float32Array(n)
const scan = new Scan('lstm', 1, H, true)
const parameters = [floats(4 * H), floats(4 * H * H), floats(4 * H), floats(4 * H)]
const [x, out, hn, cn] = [floats(T), floats(T * H), floats(H), floats(H)]

async function main() {
  const start = process.memoryUsage.rss()
  let most = 0
  for (let i = 0; i < 500 && most < 2 ** 31; i++) {
    scan.forward(parameters, T, 1, null, false, x, null, null, 0, out, H, 0, hn, cn, true)
    await new Promise((resolve) => setImmediate(resolve)) // finalizers run between turns
    most = Math.max(most, process.memoryUsage.rss() - start)
  }
  console.log(Math.round(most / 2 ** 20))
}
void main()
