/** Whole training runs against PyTorch's: the package's layers, and the float64 reference in their place. */
import { GRU, Linear, LSTM, mseLoss, type Tensor } from '../lib/index'
import { relativeError } from './reference/finite-differences'
import { goldenNames, readGolden, type GoldenCase, type TrainConfig } from './reference/golden'
import { initialParameters, referenceModel, runLbfgs, runTraining, type Model } from './training-runs'

/** The golden network in the package's layers. */
function layerModel(golden: GoldenCase<TrainConfig>): Model {
  const { kind, inputSize, hiddenSize, numLayers, bidirectional, outputSize } = golden.config
  const options = { inputSize, hiddenSize, numLayers, bidirectional }
  const rnn = kind === 'LSTM' ? new LSTM(options) : new GRU(options)
  const head = new Linear({ inFeatures: hiddenSize * (bidirectional ? 2 : 1), outFeatures: outputSize })
  for (const [prefix, layer] of Object.entries({ rnn, head })) {
    const own = initialParameters(golden).filter(({ name }) => name.startsWith(`${prefix}.`))
    layer.loadStateDict(
      Object.fromEntries(own.map(({ name, value }) => [name.slice(prefix.length + 1), value])),
    )
  }
  const tensorOf = (name: string): Tensor => {
    const { data, shape } = golden.get(name)
    return { data: Float32Array.from(data), shape }
  }
  const [input, target] = [tensorOf('input'), tensorOf('target')]
  const parameters = [rnn, head].flatMap((layer) => layer.parameters())
  return {
    parameters,
    evaluate: () => {
      for (const { grad } of parameters) grad.data.fill(0)
      const pass = rnn.forward(input)
      const out = head.forward(pass.output)
      const { loss, grad } = mseLoss(out.output, target)
      pass.backward({ output: out.backward({ output: grad }).input })
      pass.release()
      return loss
    },
  }
}

/**
 * Every step rounds the parameters to float32 (6e-8 of each, and the layers' gradients to some 5e-7), and the steps
 * after it magnify that: adaptive step lengths do so most where gradients are close to 0. PyTorch's float64 has none
 * of it. Over 40 steps the layers and the reference alike came to 6e-7 for the losses, 3e-5 for the norms and 8e-6
 * for the final values, relative to the largest; the bounds leave room for other machines' order of summation. A term
 * left out of an optimiser (momentum, the decay, a bias correction) shows at 1e-3 or more.
 */
const LOSS_TOLERANCE = 5e-6
const NORM_TOLERANCE = 2e-4
const VALUE_TOLERANCE = 5e-5

/**
 * L-BFGS divides differences of nearly equal gradients by each other: 5e-5 was seen after 32 iterations, one by one.
 * Another step length or history would change the first digits.
 */
const LBFGS_TOLERANCE = 5e-4

describe.each([
  { kind: 'the layers', modelOf: layerModel },
  { kind: 'the float64 reference', modelOf: referenceModel },
])('with $kind', ({ modelOf }) => {
  test.each(goldenNames(/^train-/))('%s', (name) => {
    const golden = readGolden<TrainConfig>(name)
    const model = modelOf(golden)
    const { losses, norms } = runTraining(golden, model)
    expect(relativeError(losses, golden.get('loss_per_step').data)).toBeLessThan(LOSS_TOLERANCE)
    expect(relativeError(norms, golden.get('grad_norm_per_step').data)).toBeLessThan(NORM_TOLERANCE)

    const finals = golden.names.filter((key) => key.startsWith('final.'))
    expect(finals).toHaveLength(model.parameters.length)
    const errors = finals.map((key, i) => {
      const error = relativeError(model.parameters[i]!.value.data, golden.get(key).data)
      return [key, error < VALUE_TOLERANCE ? 'close' : error]
    })
    expect(errors).toEqual(finals.map((key) => [key, 'close']))
  })

  test.each(goldenNames(/^lbfgs-/))('%s', (name) => {
    const golden = readGolden<TrainConfig>(name)
    const expected = golden.get('loss_per_step').data
    const losses = runLbfgs(golden, modelOf(golden), expected.length)
    for (const [i, loss] of losses.entries()) {
      expect(Math.abs(loss / expected[i]! - 1)).toBeLessThan(LBFGS_TOLERANCE)
    }
  })
})
