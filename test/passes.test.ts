/** A pass is its own: whatever happens to other passes, parameters and arrays, backward gives what it would have given. */
import { engine, LSTM, setThreads, StateError, type Tensor } from '../lib'
import type { RecurrentPass } from '../lib/layers/recurrent-pass'
import {
  backward,
  differentBits,
  draw,
  f32,
  forward,
  gradientsOf,
  makeLayer,
  outputGradients,
  passOptions,
  resultsOf,
  runAll,
  shapesOf,
  zeroGradients,
  type Drawn,
  type Form,
  type Named,
} from './layer-cases'
import { Rng } from './reference/rng'

const { threads } = engine()
afterEach(() => setThreads(threads))

const FORMS: Form[] = (['LSTM', 'GRU'] as const).flatMap((kind): Form[] => [
  { kind, T: 5, B: 3, inputSize: 7, hiddenSize: 18 },
  { kind, T: 4, B: 3, inputSize: 35, hiddenSize: 9, numLayers: 2, bidirectional: true, lengths: [2, 4, 1] },
])

/** A case of the same parameters and sizes with other input, states and gradients. */
const another = (drawn: Drawn, seed: number): Drawn => ({
  ...draw(drawn.form, seed),
  parameters: drawn.parameters,
})

const scrambleParameters = (layer: { parameters(): { value: Tensor }[] }): void => {
  for (const { value } of layer.parameters()) value.data.forEach((x, i) => (value.data[i] = 0.3 - 2 * x))
}

const sumOf = (a: Named, b: Named): Named =>
  Object.fromEntries(
    Object.entries(a).map(([name, data]) => [name, Float32Array.from(data, (x, i) => x + b[name]![i]!)]),
  )

const parametersOnly = (all: Named): Named =>
  Object.fromEntries(Object.entries(all).filter(([name]) => /^d\.(weight|bias)/.test(name)))

describe.each(FORMS)('$kind, layers $numLayers', (form) => {
  const drawn = draw(form, 51)

  test('several alive at once go back in any order', () => {
    const cases = [drawn, another(drawn, 52), another(drawn, 53)]
    const alone = cases.map((one) => runAll(one))
    const layer = makeLayer(drawn)
    const passes = cases.map((one) => forward(layer, one))
    for (const index of [1, 2, 0]) {
      zeroGradients(layer)
      const results = resultsOf(passes[index]!)
      const all = { ...results, ...backward(passes[index]!, layer, cases[index]!) }
      expect([index, differentBits(all, alone[index]!)]).toEqual([index, []])
    }
  })

  test('backward uses the weights that forward saw, and the next forward the new ones', () => {
    const expected = runAll(drawn)
    const layer = makeLayer(drawn)
    const pass = forward(layer, drawn)
    scrambleParameters(layer)
    expect(differentBits({ ...resultsOf(pass), ...backward(pass, layer, drawn) }, expected)).toEqual([])

    const scrambled = Object.fromEntries(
      layer.parameters().map(({ name, value }) => [name, Float64Array.from(value.data)]),
    )
    zeroGradients(layer)
    const next = forward(layer, drawn)
    const all = { ...resultsOf(next), ...backward(next, layer, drawn) }
    expect(differentBits(all, runAll({ ...drawn, parameters: scrambled }))).toEqual([])
  })

  test('what the caller does to arrays after forward changes nothing', () => {
    const layer = makeLayer(drawn)
    const input = f32(drawn.input, shapesOf(drawn).input)
    const given = passOptions(drawn)
    const lengths = form.lengths && [...form.lengths]
    const pass: RecurrentPass = layer.forward(input, { ...given, ...(lengths && { lengths }) })
    input.data.fill(NaN)
    ;(input.shape as number[]).fill(1)
    lengths?.fill(1)
    for (const state of [given.h0, given.c0]) {
      state?.data.fill(NaN)
      ;(state?.shape as number[] | undefined)?.fill(1)
    }
    const results = resultsOf(pass)
    for (const result of [pass.output, pass.hn, pass.cn]) result?.data.fill(NaN)
    expect(differentBits({ ...results, ...backward(pass, layer, drawn) }, runAll(drawn))).toEqual([])
  })

  test('backward leaves the gradients that it was given as they were', () => {
    const layer = makeLayer(drawn)
    const given = outputGradients(drawn)
    forward(layer, drawn).backward(given)
    const { output, hn, cn } = outputGradients(drawn)
    expect(given.output.data).toEqual(output.data)
    expect(given.hn.data).toEqual(hn.data)
    expect(given.cn?.data).toEqual(cn?.data)
  })

  test('backward twice gives the same twice and adds twice', () => {
    const layer = makeLayer(drawn)
    const pass = forward(layer, drawn)
    const once = backward(pass, layer, drawn)
    const twice = backward(pass, layer, drawn)
    expect(differentBits(twice, { ...once, ...sumOf(parametersOnly(once), parametersOnly(once)) })).toEqual(
      [],
    )
  })

  test('gradients of several passes add up', () => {
    const other = another(drawn, 54)
    const layer = makeLayer(drawn)
    backward(forward(layer, drawn), layer, drawn)
    const both = parametersOnly(backward(forward(layer, other), layer, other))
    // Each pass sums for itself and adds its sum with one rounding.
    expect(differentBits(both, sumOf(parametersOnly(runAll(drawn)), parametersOnly(runAll(other))))).toEqual(
      [],
    )
  })

  test('missing gradients count as zeros', () => {
    const names = ['output', 'hn', 'cn'] as const
    for (const kept of names) {
      if (kept === 'cn' && form.kind === 'GRU') continue
      const { gradients } = drawn
      const withZeros = { ...drawn, gradients: { ...gradients } }
      for (const name of names) {
        if (name !== kept) withZeros.gradients[name] = new Float64Array(gradients[name].length)
      }
      const layer = makeLayer(drawn)
      const back = forward(layer, drawn).backward({ [kept]: outputGradients(drawn)[kept] })
      const actual: Named = {
        'd.input': back.input.data,
        'd.h0': back.h0.data,
        ...(back.c0 && { 'd.c0': back.c0.data }),
        ...gradientsOf(layer),
      }
      const expectedLayer = makeLayer(drawn)
      const expected = backward(forward(expectedLayer, drawn), expectedLayer, withZeros)
      // 0 + x and x differ in the sign of a zero at most.
      expect([kept, differentBits(plusZero(actual), plusZero(expected))]).toEqual([kept, []])
    }
    const layer = makeLayer(drawn)
    const none = forward(layer, drawn).backward({})
    expect([...none.input.data, ...none.h0.data].every((x) => x === 0)).toBe(true)
    expect(Object.values(gradientsOf(layer)).every((data) => Array.from(data).every((x) => x === 0))).toBe(
      true,
    )
  })

  test('without the gradient of the input all others are the same', () => {
    const layer = makeLayer(drawn)
    const back = forward(layer, drawn).backward(outputGradients(drawn), { input: false })
    expect(back).not.toHaveProperty('input')
    const { 'd.input': _, ...expected } = backwardAlone(drawn)
    const actual = { 'd.h0': back.h0.data, ...(back.c0 && { 'd.c0': back.c0.data }), ...gradientsOf(layer) }
    expect(differentBits(actual, expected)).toEqual([])
  })

  test('release ends a pass, may be called again, and leaves its results', () => {
    const layer = makeLayer(drawn)
    const pass = forward(layer, drawn)
    const results = resultsOf(pass)
    const kept = forward(layer, drawn)
    pass.release()
    pass.release()
    kept[Symbol.dispose]()
    const gradients = gradientsOf(layer)
    for (const ended of [pass, kept]) expect(() => ended.backward(outputGradients(drawn))).toThrow(StateError)
    expect(() => pass.backward({})).toThrow(/backward: the pass was released/)
    expect(differentBits(gradientsOf(layer), gradients)).toEqual([])
    forward(layer, another(drawn, 55)) // would write into what was released
    expect(differentBits(resultsOf(pass), results)).toEqual([])
  })

  test('a pass in memory that another one left has the bits of a fresh layer', () => {
    const layer = makeLayer(drawn)
    // A larger, then a smaller pass before, so that blocks are cut anew and full of other numbers.
    for (const T of [form.T + 3, 1]) {
      const { lengths: _, ...rest } = form
      const before = { ...draw({ ...rest, T }, 56), parameters: drawn.parameters }
      const pass = forward(layer, before)
      backward(pass, layer, before)
      pass.release()
      layer.infer(f32(before.input, shapesOf(before).input))
    }
    for (let round = 0; round < 3; round++) {
      zeroGradients(layer)
      const pass = forward(layer, drawn)
      const all = { ...resultsOf(pass), ...backward(pass, layer, drawn) }
      expect([round, differentBits(all, runAll(drawn))]).toEqual([round, []])
      pass.release()
    }
  })
})

const plusZero = (all: Named): Named =>
  Object.fromEntries(Object.entries(all).map(([name, data]) => [name, Float32Array.from(data, (x) => x + 0)]))

function backwardAlone(drawn: Drawn): Named {
  const layer = makeLayer(drawn)
  return backward(forward(layer, drawn), layer, drawn)
}

test('the input’s gradient is that of a few rows by themselves, where a gated product is cut for many', () => {
  // Backward cuts K = 4 H where four vectors of it fill a second-level cache, with 8 lanes from 8192 on, and then takes 384 rows
  // or 192 at a time. A projection keeps all else small.
  const [batch, few, inputSize, hiddenSize] = [390, 3, 3, 2061]
  setThreads(1)
  const layer = new LSTM({ inputSize, hiddenSize, projSize: 1, seed: 61 })
  const rng = new Rng(62)
  const x = f32(rng.normals(batch * inputSize), [1, batch, inputSize])
  const dout = f32(rng.normals(batch), [1, batch, 1])
  const rowsOf = ({ data, shape: [, , width = 0] }: Tensor, first: number, count: number): Tensor =>
    f32(data.subarray(first * width, (first + count) * width), [1, count, width])
  const gradientOf = (first: number, count: number): Tensor =>
    layer.forward(rowsOf(x, first, count)).backward({ output: rowsOf(dout, first, count) }).input
  const whole = gradientOf(0, batch)
  for (const first of [0, 201, 387]) {
    const expected = { input: gradientOf(first, few).data }
    expect(differentBits({ input: rowsOf(whole, first, few).data }, expected)).toEqual([])
  }
})
