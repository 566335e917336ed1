/**
 * The reference against itself: its gradients against finite differences, and what PyTorch has of it against PyTorch.
 * The function itself of the variants that PyTorch has not: `reference/identities.test.ts`.
 */
import { differentiate, relativeError } from './reference/finite-differences'
import { goldenNames, readGolden, type RnnConfig } from './reference/golden'
import { meanSquaredError, runLinear } from './reference/network'
import { parameterSizes, runReference } from './reference/recurrent'
import { Rng } from './reference/rng'
import { B, drawVariant, gradientsOf, pointOf, run, scalar, T, type Variant } from './reference/variants'

/** PyTorch sums in another order; K ≤ 65 float64 roundings, over a few steps, stay far below this. */
const GOLDEN_TOLERANCE = 1e-12

/** The five-point formula's own error (see there), with room: a missing term would be of order 1e-2. */
const DIFFERENCE_TOLERANCE = 1e-9

const both = { numLayers: 2, bidirectional: true } as const
const lengths = [2, 5, 1]

/** Variants with a kink, which is further from all that meets it than a difference reaches: a test says so. */
const relu: Variant = { kind: 'RNN', nonlinearity: 'relu', numLayers: 2, lengths: [5, 2, 4] }
const clipped: Variant = { kind: 'LSTM', peepholes: true, cellClip: 0.5, numLayers: 2, lengths: [5, 2, 4] }
const KINKED = [
  { name: 'RNN, relu', variant: relu, part: 'hn', beyond: (h: number) => h === 0 },
  { name: 'LSTM, clip', variant: clipped, part: 'cn', beyond: (c: number) => Math.abs(c) === 0.5 },
] as const

describe('gradients against finite differences', () => {
  const cases: { name: string; variant: Variant; h?: number }[] = [
    { name: 'LSTM', variant: { kind: 'LSTM' } },
    { name: 'GRU', variant: { kind: 'GRU' } },
    { name: 'GRU, reset before', variant: { kind: 'GRU', resetBefore: true } },
    { name: 'LSTM, no bias, batch first', variant: { kind: 'LSTM', bias: false, batchFirst: true } },
    {
      name: 'GRU, reset before, stacked',
      variant: { kind: 'GRU', numLayers: 2, resetBefore: true, bias: false },
    },
    { name: 'LSTM, stacked, two directions, lengths', variant: { kind: 'LSTM', ...both, lengths } },
    { name: 'GRU, stacked, two directions, lengths', variant: { kind: 'GRU', ...both, lengths: [4, 1, 5] } },

    { name: 'RNN', variant: { kind: 'RNN', ...both, lengths } },
    ...KINKED,
    {
      name: 'GRU, reset before, dropout',
      variant: { kind: 'GRU', resetBefore: true, dropout: true, ...both },
    },
    { name: 'LSTM, dropout, stacked', variant: { kind: 'LSTM', dropout: true, ...both, lengths } },
    { name: 'LSTM, coupled', variant: { kind: 'LSTM', coupledInputForget: true, ...both } },
    {
      name: 'LSTM, coupled, peepholes',
      variant: { kind: 'LSTM', coupledInputForget: true, peepholes: true, numLayers: 2, lengths },
    },
    { name: 'LSTM, projection', variant: { kind: 'LSTM', hiddenSize: 6, projSize: 2, ...both, lengths } },
    {
      name: 'LSTM, projection, coupled, peepholes, dropout',
      variant: {
        kind: 'LSTM',
        hiddenSize: 6,
        projSize: 2,
        coupledInputForget: true,
        peepholes: true,
        dropout: true,
      },
    },
    {
      name: 'LSTM, projection, zoneout of c',
      variant: { kind: 'LSTM', hiddenSize: 4, projSize: 2, zoneout: 'shares', lengths },
    },
    ...(['LSTM', 'GRU', 'RNN'] as const).flatMap((kind) =>
      (['shares', 'choices'] as const).map((zoneout) => ({
        name: `${kind}, zoneout, ${zoneout}`,
        variant: { kind, zoneout, bidirectional: true, lengths, batchFirst: zoneout === 'shares' },
      })),
    ),
    ...(['LSTM', 'GRU'] as const).flatMap((kind) => {
      const variant: Variant = { kind, layerNorm: true, hiddenSize: 6, lengths }
      const clip = kind === 'LSTM' ? { cellClip: 0.4 } : {}
      return [
        { name: `${kind}, layer norm, stacked`, variant: { ...variant, numLayers: 2 }, h: 2e-4 },
        {
          name: `${kind}, layer norm with zoneout, dropout${kind === 'LSTM' ? ', clip' : ''}`,
          variant: { ...variant, ...clip, zoneout: 'shares' as const, dropout: true, bidirectional: true },
          h: 2e-4,
        },
      ]
    }),
  ]

  // Norms bend on the scale of the spread of what they normalise, which is well below 1: their h is smaller.
  test.each(cases)('$name', ({ variant, h }) => {
    const drawn = drawVariant(variant)
    const gradients = gradientsOf(drawn)
    const value = (): number => scalar(drawn)
    for (const [name, data] of Object.entries(pointOf(drawn))) {
      const error = relativeError(gradients[name]!, differentiate(value, data, h))
      expect([name, error < DIFFERENCE_TOLERANCE ? 'right' : error]).toEqual([name, 'right'])
    }
  })

  test.each(KINKED)('$name: on both sides of the kink, and never across', ({ variant, part, beyond }) => {
    const drawn = drawVariant(variant)
    // The layers go one way: what rows of length n end with is what longer ones have after step n.
    const sides = (): string =>
      Array.from({ length: T }, (_, t) => run(drawn, { lengths: Array<number>(B).fill(t + 1) })[part])
        .flatMap((ends) => Array.from(ends, beyond))
        .join()
    const here = sides()
    expect(here).toContain('true')
    expect(here).toContain('false')
    for (const data of Object.values(pointOf(drawn))) {
      for (const [index, x] of data.entries()) {
        for (const offset of [-2e-3, 2e-3]) {
          data[index] = x + offset
          expect(sides()).toBe(here)
        }
        data[index] = x
      }
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
