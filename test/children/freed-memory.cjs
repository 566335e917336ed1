'use strict'
// Prints how many pages a call of `infer` gets of the system, on average, once the heap has grown.
const { LSTM, tensor } = require(process.argv[2])

const [T, B, I, H] = [100, 64, 8, 96]
const layer = new LSTM({ inputSize: I, hiddenSize: H, seed: 1 })
const input = tensor(new Float32Array(T * B * I).fill(0.5), [T, B, I])
const pagesOf = (calls) => {
  const before = process.resourceUsage().minorPageFault
  for (let call = 0; call < calls; call++) layer.infer(input)
  return (process.resourceUsage().minorPageFault - before) / calls
}
pagesOf(400)
console.log(pagesOf(200))
