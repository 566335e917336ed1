/** A program of somebody who has installed the package: trains both cells for some steps, and says what became of it. */
'use strict'

/** Trains on the package as it was imported; throws unless the loss falls by nine tenths. */
module.exports = function train({ Adam, engine, GRU, Linear, LSTM, mseLoss, tensor, zeros }) {
  const [T, B, H] = [12, 5, 9]
  const input = tensor(
    Array.from({ length: T * B * 2 }, (_, i) => Math.sin(i * 0.7)),
    [T, B, 2],
  )
  const target = tensor(
    Array.from({ length: T * B }, (_, i) => Math.cos(i * 0.3) / 2),
    [T, B, 1],
  )
  const losses = [LSTM, GRU].map((Layer) => {
    const layer = new Layer({ inputSize: 2, hiddenSize: H, seed: 1 })
    const head = new Linear({ inFeatures: H, outFeatures: 1, seed: 2 })
    const optimizer = new Adam([...layer.parameters(), ...head.parameters()], { lr: 0.03 })
    const step = () => {
      optimizer.zeroGrad()
      const pass = layer.forward(input)
      const out = head.forward(pass.output)
      const { loss, grad } = mseLoss(out.output, target)
      pass.backward({ output: out.backward({ output: grad }).input })
      optimizer.step()
      return loss
    }
    const first = step()
    for (let i = 0; i < 300; i++) step()
    const last = step()
    if (!(last < first / 10)) throw new Error(`${Layer.name}: the loss went from ${first} to ${last}`)
    return last
  })
  if (new GRU({ inputSize: 2, hiddenSize: 3 }).infer(zeros([4, 5, 2])).output.shape.join() !== '4,5,3') {
    throw new Error('the shape of an output is wrong')
  }
  return { ...engine(), losses }
}
