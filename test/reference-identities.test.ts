/**
 * What finite differences cannot see: whether a variant computes the right function. Each is held to another form of
 * the layer that computes the same, down to the plain one, which is held to PyTorch.
 */
import { relativeError } from './reference/finite-differences'
import { parameterSizes, type ReferenceOptions } from './reference/recurrent'
import {
  B,
  drawVariant,
  gradientsOf,
  I,
  run,
  sizesOf,
  T,
  type Drawn,
  type Variant,
} from './reference/variants'

/** The same numbers summed in another order, a few dozen at a time and over a few steps. */
const SAME = 1e-13

const both = { numLayers: 2, bidirectional: true } as const
const lengths = [2, 5, 1]

/** The drawn numbers in a layer with other options. */
const withOptions = (drawn: Drawn, options: Partial<ReferenceOptions>): Drawn => ({
  ...drawn,
  options: { ...drawn.options, ...options },
})

test.each(['LSTM', 'GRU', 'RNN'] as const)('%s: zoneout of everything keeps the first state', (kind) => {
  const drawn = drawVariant({ kind, zoneout: 'shares', lengths })
  for (const m of [...drawn.given.zoneout!.h!, ...(drawn.given.zoneout!.c ?? [])]) m.fill(1)
  const { output, hn, cn } = run(drawn)
  expect(hn).toEqual(drawn.given.h0)
  expect(cn).toEqual(drawn.given.c0)
  expect(output.slice(0, hn.length)).toEqual(hn)
  const { h0: _h0, c0, ...others } = gradientsOf(drawn)
  expect(c0).toEqual(drawn.weights.cn)
  const moved = Object.entries(others).filter(([, gradient]) => gradient.some((d) => d !== 0))
  expect(moved).toEqual([])
})

test('zoneout goes by time, row and place', () => {
  const drawn = drawVariant({ kind: 'GRU', zoneout: 'shares', bidirectional: true, hiddenSize: 3 })
  const H = 3
  const kept = [
    { t: 2, b: 1 },
    { t: 3, b: 0 },
  ]
  for (const [place, m] of drawn.given.zoneout!.h!.entries()) {
    m.fill(0)
    const { t, b } = kept[place]!
    m.fill(1, (t * B + b) * H, (t * B + b + 1) * H)
  }
  const { output } = run(drawn)
  const stateAt = (t: number, b: number, direction: number): Float64Array => {
    const start = ((t * B + b) * 2 + direction) * H
    return output.slice(start, start + H)
  }
  const still: string[] = []
  for (let t = 1; t < T; t++) {
    for (let b = 0; b < B; b++) {
      if (relativeError(stateAt(t, b, 0), stateAt(t - 1, b, 0)) === 0) still.push(`forward ${t} ${b}`)
      if (relativeError(stateAt(t - 1, b, 1), stateAt(t, b, 1)) === 0) still.push(`reverse ${t - 1} ${b}`)
    }
  }
  expect(still.sort()).toEqual(['forward 2 1', 'reverse 3 0'])
})

test.each<{ name: string; variant: Variant }>([
  { name: 'LSTM', variant: { kind: 'LSTM' } },
  { name: 'LSTM, projection', variant: { kind: 'LSTM', projSize: 3 } },
  { name: 'GRU', variant: { kind: 'GRU' } },
  { name: 'GRU, reset before', variant: { kind: 'GRU', resetBefore: true } },
  { name: 'RNN', variant: { kind: 'RNN' } },
])("$name: a dropout mask scales the columns of a row's weights", ({ variant }) => {
  const drawn = drawVariant({ ...variant, hiddenSize: 6, dropout: true, ...both, lengths })
  const { R, places } = sizesOf(drawn.options)
  const whole = run(drawn)
  for (let b = 0; b < B; b++) {
    const parameters = { ...drawn.parameters }
    for (let place = 0; place < places; place++) {
      const name = `weight_hh_l${place >> 1}${place % 2 === 0 ? '' : '_reverse'}`
      const mask = drawn.given.dropout![place]!
      parameters[name] = parameters[name]!.map((w, index) => w * mask[b * R + (index % R)]!)
    }
    const scaled = run({ ...drawn, parameters }, { dropout: undefined })
    const rowOf = (hn: Float64Array): Float64Array => hn.filter((_, index) => Math.floor(index / R) % B === b)
    expect(relativeError(rowOf(scaled.hn), rowOf(whole.hn))).toBeLessThan(SAME)
  }
})

test.each([false, true])(
  'coupled gates are those of an LSTM with f = σ(−a_i); peepholes: %s',
  (peepholes) => {
    const drawn = drawVariant({
      kind: 'LSTM',
      coupledInputForget: true,
      peepholes,
      ...both,
      hiddenSize: 3,
      lengths,
    })
    const plain = withOptions(drawn, { coupledInputForget: false })
    plain.parameters = Object.fromEntries(
      Object.entries(drawn.parameters).map(([name, data]) => {
        const i = data.slice(0, data.length / (name.includes('peephole') ? 2 : 3))
        return [name, Float64Array.of(...i, ...i.map((x) => -x), ...data.slice(i.length))]
      }),
    )
    expect(relativeError(run(drawn).output, run(plain).output)).toBeLessThan(SAME)
    const [actual, expected] = [gradientsOf(drawn), gradientsOf(plain)]
    for (const name of ['input', 'h0', 'c0'])
      expect(relativeError(actual[name]!, expected[name]!)).toBeLessThan(SAME)
  },
)

test('projection by the identity is none', () => {
  const drawn = drawVariant({ kind: 'LSTM', projSize: 3, hiddenSize: 3, ...both, lengths })
  const identity = Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1)
  for (const [name, data] of Object.entries(drawn.parameters)) if (name.includes('_hr_')) data.set(identity)
  const plain = withOptions(drawn, { projSize: 0 })
  expect(run(drawn).output).toEqual(run(plain).output)
  const [actual, expected] = [gradientsOf(drawn), gradientsOf(plain)]
  for (const name of Object.keys(expected)) expect(actual[name]).toEqual(expected[name])
})

test.each([false, true])('over one step, peepholes are biases; coupled: %s', (coupledInputForget) => {
  const form = { kind: 'LSTM', coupledInputForget, hiddenSize: 3, lengths: [1, 1, 1] } as const
  const drawn = drawVariant({ ...form, peepholes: true, cellClip: 0.5 })
  const H = 3
  const p = drawn.parameters['weight_peephole_l0']!
  const { hn, cn } = run(drawn)
  for (let b = 0; b < B; b++) {
    const seen = [...(coupledInputForget ? [drawn.given.c0] : [drawn.given.c0, drawn.given.c0]), cn]
    const terms = seen.map((c, block) => p.slice(block * H, (block + 1) * H).map((w, j) => w * c[b * H + j]!))
    // The gates' order is i, f, g, o, or i, g, o; g has none.
    const bias = Float64Array.of(...terms.slice(0, -1).flatMap((v) => [...v]), 0, 0, 0, ...terms.at(-1)!)
    const parameters = { ...drawn.parameters }
    parameters['bias_hh_l0'] = parameters['bias_hh_l0']!.map((x, index) => x + bias[index]!)
    const plain = run({ ...drawn, options: { ...drawn.options, peepholes: false }, parameters })
    const rowOf = (v: Float64Array): Float64Array => v.slice(b * H, (b + 1) * H)
    expect(relativeError(rowOf(hn), rowOf(plain.hn))).toBeLessThan(SAME)
    expect(relativeError(rowOf(cn), rowOf(plain.cn))).toBeLessThan(SAME)
  }
})
test('over one step, zoneout mixes the states before and after', () => {
  const variant: Variant = {
    kind: 'LSTM',
    peepholes: true,
    zoneout: 'shares',
    hiddenSize: 3,
    lengths: [1, 1, 1],
  }
  const drawn = drawVariant(variant)
  const [mixed, plain] = [run(drawn), run(drawn, { zoneout: undefined })]
  const { h0, c0, zoneout } = drawn.given
  const mix = (m: Float64Array, old: Float64Array, fresh: Float64Array): Float64Array =>
    old.map((value, index) => m[index]! * value + (1 - m[index]!) * fresh[index]!)
  expect(relativeError(mixed.hn, mix(zoneout!.h![0]!, h0, plain.hn))).toBeLessThan(SAME)
  expect(relativeError(mixed.cn, mix(zoneout!.c![0]!, c0, plain.cn))).toBeLessThan(SAME)
})

test.each(['LSTM', 'GRU'] as const)('%s: over one step, what layer norm gives is biases', (kind) => {
  const drawn = drawVariant({ kind, layerNorm: true, hiddenSize: 3, lengths: [1, 1, 1] })
  const [H, { parameters, given }] = [3, drawn]
  const normed = (v: number[], gain: ArrayLike<number>, bias: ArrayLike<number>): Float64Array => {
    const mean = v.reduce((sum, x) => sum + x) / v.length
    const squares = v.reduce((sum, x) => sum + x * x, 0) / v.length
    return Float64Array.from(
      v,
      (x, j) => (gain[j]! * (x - mean)) / Math.sqrt(squares - mean * mean + 1e-5) + bias[j]!,
    )
  }
  const productNormed = (part: 'ih' | 'hh', v: Float64Array): Float64Array => {
    const [w, bias] = [parameters[`weight_${part}_l0`]!, parameters[`bias_${part}_l0`]!]
    const sums = Array.from(bias, (_, row) => v.reduce((sum, x, k) => sum + x * w[row * v.length + k]!, 0))
    return normed(sums, parameters[`norm_weight_${part}_l0`]!, bias)
  }
  const { hn, cn } = run(drawn)
  for (let b = 0; b < B; b++) {
    const rowOf = (v: Float64Array, width = H): Float64Array => v.slice(b * width, (b + 1) * width)
    const plain = withOptions(drawn, { layerNorm: false })
    plain.parameters = Object.fromEntries(
      parameterSizes(plain.options).map(([name, n]) => [name, new Float64Array(n)]),
    )
    plain.parameters['bias_ih_l0'] = productNormed('ih', rowOf(given.input, I))
    plain.parameters['bias_hh_l0'] = productNormed('hh', rowOf(given.h0))
    const after = run(plain)
    const [c, h] = [rowOf(after.cn), rowOf(after.hn)]
    // The plain LSTM has h = o ⊙ tanh(c), of which o is the same.
    const y =
      kind === 'GRU' ? c : normed([...c], parameters['norm_weight_c_l0']!, parameters['norm_bias_c_l0']!)
    const expected = kind === 'GRU' ? h : h.map((x, j) => (x / Math.tanh(c[j]!)) * Math.tanh(y[j]!))
    expect(relativeError(rowOf(cn), c)).toBeLessThan(SAME)
    expect(relativeError(rowOf(hn), expected)).toBeLessThan(SAME)
  }
})

test.each(['LSTM', 'GRU'] as const)('%s: layer norm does not see the scale of weights', (kind) => {
  const drawn = drawVariant({ kind, layerNorm: true, hiddenSize: 6, ...both, lengths })
  const scaledBy = (factor: number): Float64Array => {
    const scaled = Object.entries(drawn.parameters).map(([name, data]): [string, Float64Array] => [
      name,
      name.startsWith('weight_ih') ? data.map((w) => factor * w) : data,
    ])
    return run({ ...drawn, parameters: Object.fromEntries(scaled) }).output
  }
  // 1e-5 beside variances of 1e6 and more.
  expect(relativeError(scaledBy(3e3), scaledBy(1e3))).toBeLessThan(1e-9)
})

test('refuses what means nothing', () => {
  const refused: Variant[] = [
    { kind: 'GRU', peepholes: true },
    { kind: 'RNN', cellClip: 1 },
    { kind: 'LSTM', resetBefore: true },
    { kind: 'GRU', nonlinearity: 'relu' },
    { kind: 'RNN', layerNorm: true },
    { kind: 'LSTM', layerNorm: true, projSize: 1 },
    { kind: 'GRU', layerNorm: true, resetBefore: true },
  ]
  for (const variant of refused) expect(() => drawVariant(variant)).toThrow('the reference has no')
  const projected = drawVariant({ kind: 'LSTM', projSize: 1 })
  const zoneout = { h: [new Float64Array(projected.given.input.length)] }
  expect(() => run(projected, { zoneout })).toThrow('the reference has no zoneout of h with projection')
})
