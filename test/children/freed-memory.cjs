'use strict'
// Prints how many pages a call of `infer` gets of the system, on average of so many calls and once twice as many have made the
// heap grow, and how many kilobytes of the heap may be huge pages.
const { readFileSync } = require('node:fs')
const { LSTM, tensor } = require(process.argv[2])

const [T, B, I, H] = [100, 64, 8, 96]
const layer = new LSTM({ inputSize: I, hiddenSize: H, seed: 1 })
const input = tensor(new Float32Array(T * B * I).fill(0.5), [T, B, I])
const pagesOf = (calls) => {
  const before = process.resourceUsage().minorPageFault
  for (let call = 0; call < calls; call++) layer.infer(input)
  return (process.resourceUsage().minorPageFault - before) / calls
}
/** Of /proc/self/smaps: a mapping begins with its addresses, and ends with its flags, of which `hg` asks for huge pages. */
const hugeKilobytes = () => {
  const mappings = readFileSync('/proc/self/smaps', 'utf8').matchAll(
    /\[heap\]\nSize: +(\d+) kB[^]*?VmFlags:(.*)/g,
  )
  return [...mappings].reduce((sum, [, size, flags]) => sum + (/ hg\b/.test(flags) ? Number(size) : 0), 0)
}
const calls = Number(process.argv[3])
pagesOf(2 * calls)
console.log(JSON.stringify([pagesOf(calls), hugeKilobytes()]))
