/** `stateful: true`: each call of a layer goes on from the states that the last one ended with. */
import type { CellForwardOptions } from '../lib/layers/recurrent-input'
import type { Tensor } from '../lib'
import {
  backward,
  differentBits,
  draw,
  f32,
  makeLayer,
  outputGradients,
  passOptions,
  resultsOf,
  zeroGradients,
  type Drawn,
  type Form,
  type Layer,
  type Named,
} from './layer-cases'
import { refusal } from './refusal'

const [T, B, I] = [11, 3, 5]
const CUT = 4

const FORMS: Form[] = [
  { kind: 'LSTM', T, B, inputSize: I, hiddenSize: 17 },
  { kind: 'LSTM', T, B, inputSize: I, hiddenSize: 9, numLayers: 2, projSize: 4, peepholes: true },
  { kind: 'GRU', T, B, inputSize: I, hiddenSize: 17 },
  { kind: 'GRU', T, B, inputSize: I, hiddenSize: 9, numLayers: 2, resetBefore: true },
  { kind: 'RNN', T, B, inputSize: I, hiddenSize: 9, numLayers: 3 },
]

const stateful = (drawn: Drawn): Layer => {
  const { form } = drawn
  return makeLayer({ ...drawn, form: { ...form, more: { ...form.more, stateful: true } } })
}

/** Steps of the case's input. */
const steps = ({ input }: Drawn, from = 0, to = T): Tensor =>
  f32(input.slice(from * B * I, to * B * I), [to - from, B, I])

type Method = 'forward' | 'infer'
const WAYS: [Method, Method][] = [
  ['forward', 'forward'],
  ['infer', 'infer'],
  ['forward', 'infer'],
  ['infer', 'forward'],
]

const statesOf = ({ hn, cn }: { hn: Tensor; cn?: Tensor }): { h0: Tensor; c0?: Tensor } => ({
  h0: { data: hn.data.slice(), shape: hn.shape },
  ...(cn && { c0: { data: cn.data.slice(), shape: cn.shape } }),
})

describe.each(FORMS)('$kind, $hiddenSize units, layers $numLayers', (form) => {
  const drawn = draw({ ...form, states: false }, 111)
  const fresh = makeLayer(drawn)
  const whole = resultsOf(fresh.infer(steps(drawn)))

  test.each(WAYS)('%s, then %s: the bits of one call', (first, second) => {
    const layer = stateful(drawn)
    for (const options of [{}, { output: false }, { lengths: [CUT, CUT, CUT] }]) {
      layer.resetStates()
      const one = layer[first](steps(drawn, 0, CUT), options)
      const two = layer[second](steps(drawn, CUT))
      const output = [...('output' in one ? one.output.data : []), ...two.output.data]
      const expected = { ...whole, output: Array.from(whole['output']!).slice(-output.length) }
      expect([options, differentBits({ ...resultsOf(two), output }, expected)]).toEqual([options, []])
    }
  })

  test('many calls of one step, some of them with checkpoints', () => {
    const layer = stateful(drawn)
    const results = Array.from({ length: T }, (_, t) =>
      t % 2 === 0
        ? layer.forward(steps(drawn, t, t + 1), { checkpointEvery: 1 })
        : layer.infer(steps(drawn, t, t + 1)),
    )
    const output = results.flatMap((result) => [...result.output.data])
    expect(differentBits({ ...resultsOf(results.at(-1)!), output }, whole)).toEqual([])
  })

  test('resetStates begins anew, and so does a layer that is not stateful', () => {
    const layer = stateful(drawn)
    for (let round = 0; round < 2; round++) {
      layer.resetStates()
      expect(differentBits(resultsOf(layer.forward(steps(drawn))), whole)).toEqual([])
    }
    expect(differentBits(resultsOf(layer.infer(steps(drawn))), whole)).not.toEqual([])
    for (const method of ['forward', 'infer', 'forward'] as const) {
      expect(differentBits(resultsOf(fresh[method](steps(drawn))), whole)).toEqual([])
    }
  })

  test('states that are given win, and are gone on from', () => {
    const given = passOptions(draw(form, 112))
    const layer = stateful(drawn)
    const expected = resultsOf(fresh.infer(steps(drawn), given))
    layer.infer(steps(drawn, 0, 3))
    const one = layer.forward(steps(drawn, 0, CUT), given)
    const two = layer.infer(steps(drawn, CUT))
    const output = [...one.output.data, ...two.output.data]
    expect(differentBits({ ...resultsOf(two), output }, expected)).toEqual([])
    if (given.c0 === undefined) return
    // One of the two given: the other is zeros, not what was carried.
    for (const only of [{ h0: given.h0! }, { c0: given.c0 }]) {
      const alone = resultsOf(layer.infer(steps(drawn), only))
      expect(differentBits(alone, resultsOf(fresh.infer(steps(drawn), only)))).toEqual([])
    }
  })

  test('what the caller does to the states of a result changes nothing', () => {
    const layer = stateful(drawn)
    for (const method of ['forward', 'infer'] as const) {
      layer.resetStates()
      const one = layer[method](steps(drawn, 0, CUT))
      for (const tensor of [one.hn, one.cn, one.output]) tensor?.data.fill(NaN)
      const two = resultsOf(layer.infer(steps(drawn, CUT)))
      expect(differentBits({ hn: two['hn']! }, { hn: whole['hn']! })).toEqual([])
    }
    // Nor does what it does to states that it gave.
    const given = passOptions(draw(form, 113))
    const expected = resultsOf(fresh.infer(steps(drawn), given))
    layer.forward(steps(drawn, 0, CUT), given)
    for (const state of Object.values(given) as Tensor[]) state.data.fill(NaN)
    expect(differentBits({ hn: layer.infer(steps(drawn, CUT)).hn.data }, { hn: expected['hn']! })).toEqual([])
  })

  test('gradients do not flow from one call into the one before it', () => {
    const layer = stateful(drawn)
    const one = layer.forward(steps(drawn, 0, CUT))
    const two = layer.forward(steps(drawn, CUT))
    const tail = { ...drawn, form: { ...form, T: T - CUT } }
    tail.gradients = draw(tail.form, 114).gradients
    const gradients = backward(two, layer, tail)

    // What a layer without memory gives that is handed the states: those of a first state that depends on nothing.
    const other = makeLayer(drawn)
    const pass = other.forward(steps(drawn, CUT), statesOf(one))
    expect(differentBits(gradients, backward(pass, other, tail))).toEqual([])
    // The first call's own gradients are there yet, and none but its own.
    for (const each of [layer, other]) zeroGradients(each)
    const head = { ...drawn, form: { ...form, T: CUT } }
    head.gradients = draw(head.form, 115).gradients
    expect(
      differentBits(backward(one, layer, head), backward(other.forward(steps(drawn, 0, CUT)), other, head)),
    ).toEqual([])
  })

  test('another number of sequences is refused until the states are dropped', () => {
    const layer = stateful(drawn)
    const of = (batch: number): Tensor => f32(new Float32Array(2 * batch * I).fill(0.5), [2, batch, I])
    layer.infer(of(B))
    for (const method of ['forward', 'infer'] as const) {
      expect(refusal(() => layer[method](of(2)))).toBe(
        `${form.kind}.${method}: input: expected a batch of ${B}, as the states that the last call left (resetStates() drops them), received one of 2`,
      )
    }
    // With states of its own, or after a reset, it may have any size; and then that one is kept.
    layer.resetStates()
    layer.infer(of(2))
    const R = layer.outputSize
    const H = form.hiddenSize
    const layers = form.numLayers ?? 1
    const given: CellForwardOptions = {
      h0: f32(new Float32Array(layers * 4 * R), [layers, 4, R]),
      ...(form.kind === 'LSTM' && { c0: f32(new Float32Array(layers * 4 * H), [layers, 4, H]) }),
    }
    layer.infer(of(4), given)
    expect(layer.infer(of(4)).hn.shape).toEqual([layers, 4, R])
    // A call that is refused leaves the states as they are.
    layer.resetStates()
    layer.infer(steps(drawn, 0, CUT))
    expect(refusal(() => layer.infer(of(2)))).toMatch(/resetStates/)
    expect(refusal(() => layer.infer(of(B), { lengths: [3, 1, 1] }))).toMatch(/lengths/)
    expect(differentBits({ hn: layer.infer(steps(drawn, CUT)).hn.data }, { hn: whole['hn']! })).toEqual([])
  })
})

test.each<Form>([
  { kind: 'LSTM', T, B, inputSize: I, hiddenSize: 9, numLayers: 2 },
  { kind: 'GRU', T, B, inputSize: I, hiddenSize: 9, numLayers: 2, bidirectional: true },
  { kind: 'LSTM', T, B, inputSize: I, hiddenSize: 9, projSize: 4, bidirectional: true },
  { kind: 'GRU', T, B, inputSize: I, hiddenSize: 9, more: { seed: 6, zoneout: 0.3, recurrentDropout: 0.3 } },
])('what is carried is hn and cn, in the caller’s order: %j', (form) => {
  const drawn = draw(form, 116)
  const seeded = { ...drawn, form: { ...form, more: { seed: 7, ...form.more } } }
  const [layer, other] = [stateful(seeded), makeLayer(seeded)]
  let states: { h0?: Tensor; c0?: Tensor } = {}
  for (const lengths of [[2, 4, 1], [4, 1, 3], undefined, [1, 2, 4]]) {
    const options = { ...(lengths && { lengths }), training: true }
    const input = steps(draw(form, 117 + (lengths?.[0] ?? 0)), 0, 4)
    const [actual, expected] = [
      layer.forward(input, options),
      other.forward(input, { ...options, ...states }),
    ]
    const given = outputGradients(draw({ ...form, T: 4 }, 118))
    const gradients = [actual, expected].map((pass): Named => {
      const { input: dx, h0, c0 } = pass.backward(given)
      return { ...resultsOf(pass), 'd.input': dx.data, 'd.h0': h0.data, ...(c0 && { 'd.c0': c0.data }) }
    })
    expect([lengths, differentBits(gradients[0]!, gradients[1]!)]).toEqual([lengths, []])
    states = statesOf(expected)
  }
})

test('a number of layers that share no states: each has its own', () => {
  const drawn = draw({ ...FORMS[2]!, states: false }, 119)
  const [one, two] = [stateful(drawn), stateful(drawn)]
  one.infer(steps(drawn))
  const whole = resultsOf(makeLayer(drawn).infer(steps(drawn)))
  expect(differentBits(resultsOf(two.infer(steps(drawn))), whole)).toEqual([])
})
