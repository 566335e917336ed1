/** Parameters that serve in several places of a stack, or in two layers: one value, and the sum of all gradients. */
import { Adam, GRU, LSTM, SGD, type Parameter } from '../lib'
import type { CellForwardOptions } from '../lib/layers/recurrent-input'
import { tolerance, tooFar } from './closeness'
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
  referenceOf,
  resultsOf,
  shapesOf,
  zeroGradients,
  type Drawn,
  type Form,
  type Layer,
  type Named,
} from './layer-cases'
import { relativeError } from './reference/finite-differences'

const [T, B, H] = [9, 4, 18]

interface Tied {
  readonly form: Form
  /** Name, and the name whose parameter it takes. */
  readonly ties: readonly (readonly [name: string, source: string])[]
}

const four = ['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh']
const upper = four.map((name) => [`${name}_l1`, `${name}_l0`] as const)
const reverse = four.map((name) => [`${name}_l0_reverse`, `${name}_l0`] as const)
const noise = { dropConnect: 0.3, recurrentDropout: 0.2, dropout: 0.3 }

// A layer on top has the same weights only where I = R; where that is not so, what is tied is h's part.
const CASES: Record<string, Tied> = {
  'GRU, the upper layer': {
    form: { kind: 'GRU', T, B, inputSize: H, hiddenSize: H, numLayers: 2 },
    ties: upper,
  },
  'GRU, the upper layer’s W_hh': {
    form: { kind: 'GRU', T, B, inputSize: 5, hiddenSize: H, numLayers: 2, lengths: [3, 9, 1, 7] },
    ties: [['weight_hh_l1', 'weight_hh_l0']],
  },
  'GRU, both directions': {
    form: { kind: 'GRU', T, B, inputSize: 5, hiddenSize: H, bidirectional: true, lengths: [3, 9, 1, 7] },
    ties: reverse,
  },
  'LSTM, both directions': {
    form: { kind: 'LSTM', T, B, inputSize: 5, hiddenSize: H, bidirectional: true },
    ties: reverse,
  },
  'LSTM, three layers’ W_hh and projection': {
    form: { kind: 'LSTM', T, B, inputSize: 5, hiddenSize: H, projSize: 7, numLayers: 3 },
    ties: [1, 2].flatMap((l) =>
      ['weight_hh', 'weight_hr'].map((name) => [`${name}_l${l}`, `${name}_l0`] as const),
    ),
  },
  'LSTM, across layers and directions': {
    form: {
      kind: 'LSTM',
      T,
      B,
      inputSize: 5,
      hiddenSize: 7,
      numLayers: 2,
      bidirectional: true,
      peepholes: true,
    },
    ties: [
      ['weight_peephole_l1', 'weight_peephole_l0_reverse'],
      ['weight_hh_l1_reverse', 'weight_hh_l0'],
      ['bias_ih_l0_reverse', 'bias_hh_l1'],
    ],
  },
  'RNN, the upper layer': {
    form: { kind: 'RNN', T, B, inputSize: H, hiddenSize: H, numLayers: 2 },
    ties: upper,
  },
}

const named = (layer: { parameters(): Parameter[] }, name: string): Parameter =>
  layer.parameters().find((parameter) => parameter.name === name)!

/** The case with equal numbers where there will be one parameter. */
function equal({ form, ties }: Tied, seed: number): Drawn {
  const drawn = draw(form, seed)
  const parameters = { ...drawn.parameters }
  for (const [name, source] of ties) parameters[name] = parameters[source]!
  return { ...drawn, parameters }
}

/** A layer of the case, with its ties; `more` are options of the layer. */
function tied({ ties }: Tied, drawn: Drawn): Layer {
  const layer = makeLayer(drawn)
  for (const [name, source] of ties) layer.tie(name, named(layer, source))
  return layer
}

/** Gradients of a layer without ties, those that would be one added up. */
function summed(ties: Tied['ties'], all: Named, round = (x: number): number => x): Named {
  const sums = { ...all }
  for (const [name, source] of ties) {
    sums[`d.${source}`] = Array.from(sums[`d.${source}`]!, (x, i) => round(x + all[`d.${name}`]![i]!))
  }
  const gone = new Set(ties.map(([name]) => `d.${name}`))
  return Object.fromEntries(Object.entries(sums).filter(([name]) => !gone.has(name)))
}

describe.each(Object.entries(CASES))('%s', (_, one) => {
  const { form, ties } = one
  const drawn = equal(one, 121)

  test('results are those of equal weights, gradients the float64 reference’s sums', () => {
    const layer = tied(one, drawn)
    const pass = forward(layer, drawn)
    const actual = { ...resultsOf(pass), ...backward(pass, layer, drawn) }
    const expected = summed(ties, referenceOf(drawn))
    expect(tooFar(actual, expected, tolerance(form))).toEqual([])
  })

  test.each<[string, object, CellForwardOptions]>([
    ['plainly', {}, {}],
    ['with checkpoints', {}, { checkpointEvery: 4 }],
    ['with noise', { ...noise, seed: 5 }, { checkpointEvery: 2 }],
  ])('%s, twice over: the bits of the parts’ sum', (__, more, options) => {
    const cased = { ...drawn, form: { ...form, more } }
    const [expected, actual] = [makeLayer(cased), tied(one, cased)].map((layer) => {
      const input = f32(drawn.input, shapesOf(drawn).input)
      return [1, 2].map(() => {
        zeroGradients(layer)
        const pass = layer.forward(input, { ...passOptions(drawn), ...options })
        return { ...resultsOf(pass), ...backward(pass, layer, drawn) }
      })
    })
    for (const round of [0, 1]) {
      // The sum of three may be rounded in another order.
      const bits = differentBits(actual![round]!, summed(ties, expected![round]!, Math.fround))
      expect(new Set(ties.map(([, source]) => source)).size === ties.length ? bits : []).toEqual([])
      expect(differentBits(resultsOnly(actual![round]!), resultsOnly(expected![round]!))).toEqual([])
    }
  })

  test('an optimiser steps each once', () => {
    for (const make of [
      (p: Parameter[]) => new SGD(p, { lr: 0.05, momentum: 0.9 }),
      (p: Parameter[]) => new Adam(p, { lr: 0.05 }),
    ]) {
      const layer = tied(one, drawn)
      const parameters = layer.parameters()
      // Copies that get the same gradients: what one step of each must be.
      const copies = parameters.map(({ name, value, grad }) => ({
        name,
        value: { data: value.data.slice(), shape: value.shape },
        grad,
      }))
      const [optimiser, expected] = [make(parameters), make(copies)]
      for (let step = 0; step < 2; step++) {
        optimiser.zeroGrad()
        backward(forward(layer, drawn), layer, drawn)
        expect(parameters.every(({ grad }) => grad.data.some((x) => x !== 0))).toBe(true)
        optimiser.step()
        expected.step()
        expect(parameters.map(({ value }) => value)).toEqual(copies.map(({ value }) => value))
      }
      const state = layer.stateDict()
      for (const [name, source] of ties) expect(state[name]).toEqual(state[source])
    }
  })

  test('infer and streams have what is tied, now and after it changed', () => {
    const layer = tied(one, drawn)
    const input = f32(drawn.input, shapesOf(drawn).input)
    const outputs = (of: Layer): Named => {
      const result: Named = { infer: of.infer(input).output.data }
      if (form.bidirectional) return result
      const stream = of.stream({ batchSize: B })
      const row = B * form.inputSize
      const steps = Array.from({ length: T }, (__, t) =>
        stream.step(input.data.subarray(t * row, (t + 1) * row)),
      )
      return { ...result, stream: steps.flatMap((step) => [...step]) }
    }
    const untied = makeLayer(drawn)
    expect(differentBits(outputs(layer), outputs(untied))).toEqual([])
    const [[name, source]] = ties as [[string, string]]
    const { data } = named(layer, source).value
    data.forEach((x, i) => (data[i] = -0.7 * x))
    const before = outputs(untied)
    for (const own of new Set([source, ...ties.filter(([, from]) => from === source).map(([to]) => to)])) {
      named(untied, own).value.data.set(data)
    }
    expect(differentBits(outputs(layer), outputs(untied))).toEqual([])
    expect(differentBits(outputs(layer), before)).not.toEqual([])
    expect(layer.parameters().map((parameter) => parameter.name)).not.toContain(name)
  })

  test.each([undefined, 4])('a pass made before a tie stays with its parameters, checkpoints %p', (every) => {
    const free = draw(form, 122)
    const options = every === undefined ? {} : { checkpointEvery: every }
    const untouched = makeLayer(free)
    const expected = backward(forward(untouched, free), untouched, free)
    const layer = makeLayer(free)
    const own = layer.parameters()
    const pass = layer.forward(f32(free.input, shapesOf(free).input), { ...passOptions(free), ...options })
    for (const [name, source] of ties) layer.tie(name, named(layer, source))
    for (const { value } of own) value.data.fill(0.25)
    const { input, h0, c0 } = pass.backward(outputGradients(free))
    const actual = { 'd.input': input.data, 'd.h0': h0.data, ...(c0 && { 'd.c0': c0.data }) }
    expect(differentBits({ ...actual, ...gradientsOf({ parameters: () => own }) }, expected)).toEqual([])
  })
})

const resultsOnly = (all: Named): Named =>
  Object.fromEntries(Object.entries(all).filter(([name]) => !/^d\.(weight|bias)/.test(name)))

describe.each(['LSTM', 'GRU'] as const)('two layers of %s, one on the other, with one W_hh', (kind) => {
  const form: Form = { kind, T, B, inputSize: 5, hiddenSize: H, numLayers: 2, states: false }
  const drawn = equal({ form, ties: [['weight_hh_l1', 'weight_hh_l0']] }, 123)

  /** The two layers of the case as objects of their own. */
  const pair = (): [LSTM | GRU, LSTM | GRU] => {
    const layers = [5, H].map((inputSize, place) => {
      const Layer = kind === 'LSTM' ? LSTM : GRU
      const layer = new Layer({ inputSize, hiddenSize: H })
      for (const { name, value } of layer.parameters()) {
        value.data.set(drawn.parameters[name.replace('_l0', `_l${place}`)]!)
      }
      return layer
    })
    return layers as [LSTM | GRU, LSTM | GRU]
  }

  test('add into one gradient, which is the reference’s sum', () => {
    const [below, above] = pair()
    above.tie('weight_hh_l0', named(below, 'weight_hh_l0'))
    expect(named(above, 'weight_hh_l0')).toBe(named(below, 'weight_hh_l0'))
    const input = f32(drawn.input, shapesOf(drawn).input)
    const first = below.forward(input)
    const second = above.forward(first.output, { checkpointEvery: 4 })
    const { output } = outputGradients(drawn)
    const dx = first.backward({ output: second.backward({ output }).input }).input
    const zeros = drawn.gradients
    const expected = referenceOf({
      ...drawn,
      gradients: { ...zeros, hn: new Float64Array(zeros.hn.length), cn: new Float64Array(zeros.cn.length) },
    })
    const actual: Named = { output: second.output.data, 'd.input': dx.data }
    for (const [name, grad] of Object.entries(gradientsOf(above))) actual[name.replace('_l0', '_l1')] = grad
    Object.assign(actual, gradientsOf(below)) // the shared one under its own name
    delete actual['d.weight_hh_l1']
    const wanted = summed([['weight_hh_l1', 'weight_hh_l0']], expected)
    const same = Object.keys(actual).map((name) => [name, wanted[name]!])
    expect(tooFar(actual, Object.fromEntries(same) as Named, tolerance(form))).toEqual([])
    expect(same).toHaveLength(2 + 7)

    // The optimiser of both has it once.
    const all = [...below.parameters(), ...above.parameters()]
    const optimiser = new SGD(all, { lr: 0.1 })
    expect(optimiser.parameters).toHaveLength(7)
    const { value, grad } = named(below, 'weight_hh_l0')
    const stepped = Float32Array.from(value.data, (x, i) => x - 0.1 * grad.data[i]!)
    optimiser.step()
    expect(relativeError(value.data, stepped)).toBeLessThan(2 ** -23)
  })
})
