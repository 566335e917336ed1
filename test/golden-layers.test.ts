/** LSTM and GRU against PyTorch's answers: outputs, states, and the gradients of everything. */
import { engine, GRU, LSTM, type Tensor } from '../lib/index'
import { native } from '../lib/native/load'
import { relativeError } from './reference/finite-differences'
import { goldenNames, readGolden, type Golden, type GoldenCase, type RnnConfig } from './reference/golden'

/**
 * The core is float32, with a rounding of at most 2⁻²⁴ an operation; the golden numbers are float64. A number of
 * these cases is the end of a chain of some hundred operations (K ≤ 65 products to a sum, T ≤ 9 steps, 3 layers),
 * whose roundings add up like a random walk, to about √100 · 2⁻²⁴ = 6e-7 of the tensor's largest magnitude. Gradients
 * of weights sum over T·B ≤ 52 such numbers more. A wrong or missing term would show at 1e-2 or more.
 */
const TOLERANCE = 2e-6

const tensorOf = ({ data, shape }: Golden): Tensor => ({ data: Float32Array.from(data), shape })

function layerOf(golden: GoldenCase<RnnConfig>): LSTM | GRU {
  const { kind, projSize, inputSize, hiddenSize, numLayers, bidirectional, bias, batchFirst } = golden.config
  const options = { inputSize, hiddenSize, numLayers, bidirectional, bias, batchFirst }
  const layer = kind === 'LSTM' ? new LSTM({ ...options, projSize }) : new GRU(options)
  const state = layer.parameters().map(({ name }) => [name, tensorOf(golden.get(name))] as const)
  layer.loadStateDict(Object.fromEntries(state))
  return layer
}

/** The initial states and lengths that a case has. */
function forwardOptions(golden: GoldenCase<RnnConfig>) {
  const { lengths } = golden.config
  return {
    ...(golden.has('h0') ? { h0: tensorOf(golden.get('h0')) } : {}),
    ...(golden.has('c0') ? { c0: tensorOf(golden.get('c0')) } : {}),
    ...(lengths === undefined ? {} : { lengths }),
  }
}

/** Compares tensors by name with those of a golden file; the names that are wrong show in the failure. */
function expectGolden(
  golden: GoldenCase<RnnConfig>,
  computed: Readonly<Record<string, Tensor | undefined>>,
): void {
  const errors = Object.entries(computed).map(([name, tensor]) => {
    const expected = golden.get(name)
    expect([name, tensor?.shape]).toEqual([name, expected.shape])
    return [name, relativeError(tensor?.data ?? [], expected.data)] as const
  })
  expect(errors.filter(([, error]) => !(error < TOLERANCE))).toEqual([])
}

const names = goldenNames(/^(lstm|gru)-/)
const cases = engine().isas.flatMap((isa) => names.map((name) => [isa, name] as const))

afterAll(() => native().chooseIsa(''))

describe.each(cases)('%s %s', (isa, name) => {
  beforeAll(() => native().chooseIsa(isa))

  const golden = readGolden<RnnConfig>(name)
  const isLstm = golden.config.kind === 'LSTM'
  const gradients = {
    output: tensorOf(golden.get('grad_output')),
    hn: tensorOf(golden.get('grad_hn')),
    ...(isLstm ? { cn: tensorOf(golden.get('grad_cn')) } : {}),
  }

  test('forward and backward', () => {
    const layer = layerOf(golden)
    const pass = layer.forward(tensorOf(golden.get('input')), forwardOptions(golden))
    const back = pass.backward(gradients)
    const parameters = layer.parameters().map((p) => [`grad.${p.name}`, p.grad] as const)
    expect(parameters.map(([key]) => key)).toEqual(golden.names.filter((key) => key.startsWith('grad.')))
    expectGolden(golden, {
      output: pass.output,
      hn: pass.hn,
      ...('cn' in pass ? { cn: pass.cn } : {}),
      grad_input: back.input,
      ...(golden.has('grad_h0') ? { grad_h0: back.h0 } : {}),
      ...(golden.has('grad_c0') ? { grad_c0: back.c0 } : {}),
      ...Object.fromEntries(parameters),
    })
    pass.release()
  })

  test('inference', () => {
    const { output, hn, cn } = layerOf(golden).infer(tensorOf(golden.get('input')), forwardOptions(golden))
    expectGolden(golden, { output, hn, ...(isLstm ? { cn } : {}) })
  })

  test('gradients add up over passes', () => {
    const layer = layerOf(golden)
    const input = tensorOf(golden.get('input'))
    const passes = [
      layer.forward(input, forwardOptions(golden)),
      layer.forward(input, forwardOptions(golden)),
    ]
    for (const pass of passes) pass.backward(gradients)
    for (const { name: parameter, grad } of layer.parameters()) {
      const twice = golden.get(`grad.${parameter}`).data.map((g) => 2 * g)
      const error = relativeError(grad.data, twice)
      expect([parameter, error < TOLERANCE]).toEqual([parameter, true])
    }
    for (const pass of passes) pass.release()
  })
})
