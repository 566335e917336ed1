/** The reference against itself: its gradients against finite differences, and all of it against PyTorch. */
import { differentiate, relativeError } from './reference/finite-differences'
import { goldenNames, readGolden, type RnnConfig } from './reference/golden'
import { meanSquaredError, runLinear } from './reference/network'
import {
  parameterSizes,
  runReference,
  type ReferenceInput,
  type ReferenceOptions,
} from './reference/recurrent'
import { Rng } from './reference/rng'

/** PyTorch sums in another order; K ≤ 65 float64 roundings, over a few steps, stay far below this. */
const GOLDEN_TOLERANCE = 1e-12

/** The five-point formula's own error (see there), with room: a missing term would be of order 1e-2. */
const DIFFERENCE_TOLERANCE = 1e-9

describe('gradients against finite differences', () => {
  type Form = Omit<ReferenceOptions, 'inputSize' | 'hiddenSize'>
  const cases: { name: string; form: Form; lengths?: readonly number[] }[] = [
    { name: 'LSTM', form: { kind: 'LSTM' } },
    { name: 'GRU', form: { kind: 'GRU' } },
    { name: 'GRU, reset before', form: { kind: 'GRU', resetBefore: true } },
    { name: 'LSTM, no bias, batch first', form: { kind: 'LSTM', bias: false, batchFirst: true } },
    {
      name: 'GRU, reset before, stacked',
      form: { kind: 'GRU', numLayers: 2, resetBefore: true, bias: false },
    },
    {
      name: 'LSTM, stacked, two directions, lengths',
      form: { kind: 'LSTM', numLayers: 2, bidirectional: true },
      lengths: [2, 5, 1],
    },
    {
      name: 'GRU, stacked, two directions, lengths',
      form: { kind: 'GRU', numLayers: 2, bidirectional: true },
      lengths: [4, 1, 5],
    },
  ]

  test.each(cases)('$name', ({ form, lengths }) => {
    const rng = new Rng(17)
    const [T, B, I, H] = [5, 3, 4, 2] as const
    const options: ReferenceOptions = { ...form, inputSize: I, hiddenSize: H }
    const dirs = options.bidirectional === true ? 2 : 1
    const places = (options.numLayers ?? 1) * dirs
    const parameters = Object.fromEntries(
      parameterSizes(options).map(([name, n]) => [name, rng.normals(n, 0.7)]),
    )
    const input = rng.normals(T * B * I)
    const h0 = rng.normals(places * B * H, 0.5)
    const c0 = options.kind === 'LSTM' ? rng.normals(places * B * H, 0.5) : new Float64Array(0)
    const given: ReferenceInput = { T, B, input, h0, c0, lengths }
    const weights = {
      output: rng.normals(T * B * dirs * H),
      hn: rng.normals(h0.length),
      cn: rng.normals(c0.length),
    }
    const scalar = (): number => {
      const pass = runReference(options, parameters, given)
      return (['output', 'hn', 'cn'] as const)
        .map((part) => pass[part].reduce((sum, value, i) => sum + value * weights[part][i]!, 0))
        .reduce((a, b) => a + b)
    }

    const gradients = runReference(options, parameters, given).backward(weights)
    expect(relativeError(gradients.input, differentiate(scalar, input))).toBeLessThan(DIFFERENCE_TOLERANCE)
    expect(relativeError(gradients.h0, differentiate(scalar, h0))).toBeLessThan(DIFFERENCE_TOLERANCE)
    expect(relativeError(gradients.c0, differentiate(scalar, c0))).toBeLessThan(DIFFERENCE_TOLERANCE)
    for (const [name, data] of Object.entries(parameters)) {
      const error = relativeError(gradients.parameters[name]!, differentiate(scalar, data))
      expect([name, error < DIFFERENCE_TOLERANCE]).toEqual([name, true])
    }
  })

  test('linear head with mean squared error', () => {
    const rng = new Rng(18)
    const weight = rng.normals(2 * 5)
    const bias = rng.normals(2)
    const input = rng.normals(7 * 5)
    const target = rng.normals(7 * 2)
    const loss = (): number => meanSquaredError(runLinear(weight, bias, input).output, target).loss

    const { output, backward } = runLinear(weight, bias, input)
    const gradients = backward(meanSquaredError(output, target).gradient)
    expect(relativeError(gradients.weight, differentiate(loss, weight))).toBeLessThan(DIFFERENCE_TOLERANCE)
    expect(relativeError(gradients.bias, differentiate(loss, bias))).toBeLessThan(DIFFERENCE_TOLERANCE)
    expect(relativeError(gradients.input, differentiate(loss, input))).toBeLessThan(DIFFERENCE_TOLERANCE)
  })
})

describe('golden files', () => {
  test.each(goldenNames(/^(lstm|gru)-/))('%s', (name) => {
    const golden = readGolden<RnnConfig>(name)
    const { config } = golden
    const parameters = Object.fromEntries(parameterSizes(config).map(([key]) => [key, golden.get(key).data]))
    const optional = (key: string): Float64Array | undefined =>
      golden.has(key) ? golden.get(key).data : undefined
    const pass = runReference(config, parameters, {
      T: config.T,
      B: config.B,
      input: golden.get('input').data,
      h0: optional('h0'),
      c0: optional('c0'),
      lengths: config.lengths,
    })
    const gradients = pass.backward({
      output: golden.get('grad_output').data,
      hn: golden.get('grad_hn').data,
      ...(config.kind === 'LSTM' ? { cn: golden.get('grad_cn').data } : {}),
    })

    const computed: Record<string, Float64Array> = {
      output: pass.output,
      hn: pass.hn,
      cn: pass.cn,
      grad_input: gradients.input,
      grad_h0: gradients.h0,
      grad_c0: gradients.c0,
      ...Object.fromEntries(Object.entries(gradients.parameters).map(([key, data]) => [`grad.${key}`, data])),
    }
    const results = golden.names.filter((key) => /^(output|hn|cn|grad_(input|h0|c0)|grad\..*)$/.test(key))
    expect(results.length).toBeGreaterThanOrEqual(3 + Object.keys(parameters).length)
    for (const key of results) {
      const error = relativeError(computed[key] ?? [], golden.get(key).data)
      expect([key, error < GOLDEN_TOLERANCE]).toEqual([key, true])
    }
  })
})
