/** What a layer is made of: parameters as PyTorch has them, first values, state dictionaries. */
import { ArgumentError, GRU, Linear, LSTM, tensor, zeros, type Tensor } from '../lib'
import { differentBits } from './layer-cases'

const valuesOf = (layer: LSTM | GRU | Linear) =>
  Object.fromEntries(layer.parameters().map(({ name, value }) => [name, value.data]))

const formOf = (layer: LSTM | GRU | Linear) =>
  layer.parameters().map(({ name, value }) => [name, ...value.shape])

describe('parameters have PyTorch’s names, order and shapes', () => {
  test('one layer', () => {
    expect(formOf(new LSTM({ inputSize: 3, hiddenSize: 5 }))).toEqual([
      ['weight_ih_l0', 20, 3],
      ['weight_hh_l0', 20, 5],
      ['bias_ih_l0', 20],
      ['bias_hh_l0', 20],
    ])
    expect(formOf(new GRU({ inputSize: 3, hiddenSize: 5 }))).toEqual([
      ['weight_ih_l0', 15, 3],
      ['weight_hh_l0', 15, 5],
      ['bias_ih_l0', 15],
      ['bias_hh_l0', 15],
    ])
  })

  test('stacked, in two directions', () => {
    expect(formOf(new GRU({ inputSize: 3, hiddenSize: 5, numLayers: 2, bidirectional: true }))).toEqual([
      ['weight_ih_l0', 15, 3],
      ['weight_hh_l0', 15, 5],
      ['bias_ih_l0', 15],
      ['bias_hh_l0', 15],
      ['weight_ih_l0_reverse', 15, 3],
      ['weight_hh_l0_reverse', 15, 5],
      ['bias_ih_l0_reverse', 15],
      ['bias_hh_l0_reverse', 15],
      ['weight_ih_l1', 15, 10],
      ['weight_hh_l1', 15, 5],
      ['bias_ih_l1', 15],
      ['bias_hh_l1', 15],
      ['weight_ih_l1_reverse', 15, 10],
      ['weight_hh_l1_reverse', 15, 5],
      ['bias_ih_l1_reverse', 15],
      ['bias_hh_l1_reverse', 15],
    ])
  })

  test('without biases', () => {
    expect(formOf(new LSTM({ inputSize: 3, hiddenSize: 5, numLayers: 2, bias: false }))).toEqual([
      ['weight_ih_l0', 20, 3],
      ['weight_hh_l0', 20, 5],
      ['weight_ih_l1', 20, 5],
      ['weight_hh_l1', 20, 5],
    ])
    expect(formOf(new Linear({ inFeatures: 3, outFeatures: 5, bias: false }))).toEqual([['weight', 5, 3]])
    expect(formOf(new Linear({ inFeatures: 3, outFeatures: 5 }))).toEqual([
      ['weight', 5, 3],
      ['bias', 5],
    ])
  })

  test('gradients have the shapes of the values and begin with zeros', () => {
    for (const { value, grad } of new LSTM({ inputSize: 3, hiddenSize: 5 }).parameters()) {
      expect(grad.shape).toEqual(value.shape)
      expect(grad.data).toHaveLength(value.data.length)
      expect(grad.data.every((x) => x === 0)).toBe(true)
    }
  })
})

describe('first values', () => {
  const make: Record<string, (seed?: number) => LSTM | GRU | Linear> = {
    LSTM: (seed) =>
      new LSTM({ inputSize: 3, hiddenSize: 25, numLayers: 2, ...(seed !== undefined && { seed }) }),
    GRU: (seed) => new GRU({ inputSize: 90, hiddenSize: 25, ...(seed !== undefined && { seed }) }),
    Linear: (seed) => new Linear({ inFeatures: 25, outFeatures: 61, ...(seed !== undefined && { seed }) }),
  }

  test.each(Object.keys(make))('%s: uniform within ±1/√size, here ±1/5', (name) => {
    for (const [parameter, data] of Object.entries(valuesOf(make[name]!(7)))) {
      const magnitude = Math.max(...data.map(Math.abs))
      expect([parameter, magnitude <= Math.fround(0.2)]).toEqual([parameter, true])
      // Of n uniform numbers the largest falls short of the bound by more than a tenth with a chance of 0.9^n.
      if (data.length > 50) expect([parameter, magnitude > 0.18]).toEqual([parameter, true])
      // A uniform number's sd is 0.2/√3; its mean's over n, five of which are allowed, that over √n.
      const mean = data.reduce((a, b) => a + b, 0) / data.length
      expect(Math.abs(mean)).toBeLessThan((5 * 0.2) / Math.sqrt(3 * data.length))
      expect(new Set(data).size).toBeGreaterThan(data.length * 0.98)
    }
  })

  test.each(Object.keys(make))('%s: the same seed gives the same bits, another or none others', (name) => {
    const values = valuesOf(make[name]!(7))
    expect(differentBits(valuesOf(make[name]!(7)), values)).toEqual([])
    for (const seed of [8, 7 + 2 ** 32, undefined, undefined]) {
      expect(differentBits(valuesOf(make[name]!(seed)), values)).toHaveLength(Object.keys(values).length)
    }
    expect(differentBits(valuesOf(make[name]!()), valuesOf(make[name]!()))).not.toEqual([])
  })
})

describe('stateDict', () => {
  test('copies; loadStateDict takes copies', () => {
    const from = new GRU({ inputSize: 3, hiddenSize: 5, seed: 1 })
    const to = new GRU({ inputSize: 3, hiddenSize: 5, seed: 2 })
    const before = structuredClone(valuesOf(from))
    const dict = from.stateDict()
    expect(Object.entries(dict).map(([name, { shape }]) => [name, ...shape])).toEqual(formOf(from))
    to.loadStateDict(dict)
    expect(differentBits(valuesOf(to), before)).toEqual([])
    for (const { data } of Object.values(dict)) data.fill(NaN)
    expect(differentBits(valuesOf(from), before)).toEqual([])
    expect(differentBits(valuesOf(to), before)).toEqual([])
  })

  test('of the same values gives the same results', () => {
    const options = { inputSize: 3, hiddenSize: 5, numLayers: 2, bidirectional: true }
    const [from, to] = [new LSTM({ ...options, seed: 1 }), new LSTM({ ...options, seed: 2 })]
    const input = tensor([
      [
        [0.1, -2, 3],
        [1, 0.5, -0.3],
      ],
    ])
    expect([...to.infer(input).output.data]).not.toEqual([...from.infer(input).output.data])
    to.loadStateDict(from.stateDict())
    expect([...to.infer(input).output.data]).toEqual([...from.infer(input).output.data])
  })

  type Change = (dict: Record<string, Tensor>) => void
  test.each<[string, Change, string]>([
    [
      'a missing entry',
      (d) => delete d['bias_hh_l0'],
      'bias_hh_l0: expected a tensor of shape [20], received no such entry',
    ],
    [
      'an unknown entry',
      (d) => (d['weight_ih_l1'] = zeros([20, 3])),
      'weight_ih_l1: expected only weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0, received an unknown entry',
    ],
    [
      'a wrong shape',
      (d) => (d['weight_ih_l0'] = zeros([3, 20])),
      'weight_ih_l0: expected shape [20, 3], received shape [3, 20]',
    ],
    [
      'a wrong rank',
      (d) => (d['bias_ih_l0'] = zeros([20, 1])),
      'bias_ih_l0: expected shape [20], received shape [20, 1]',
    ],
    [
      'too few numbers',
      (d) => (d['bias_hh_l0'] = { data: new Float32Array(19), shape: [20] }),
      'bias_hh_l0.data: expected 20 elements for shape [20], received Float32Array of length 19',
    ],
    [
      'another type',
      (d) => (d['bias_hh_l0'] = { data: new Float64Array(20), shape: [20] } as unknown as Tensor),
      'bias_hh_l0.data: expected a Float32Array, received Float64Array of length 20',
    ],
    [
      'undefined',
      (d) => (d['bias_hh_l0'] = undefined as unknown as Tensor),
      'bias_hh_l0: expected a tensor of shape [20], received undefined',
    ],
  ])('with %s is an error that names it, and nothing is taken', (_, change, message) => {
    const layer = new LSTM({ inputSize: 3, hiddenSize: 5, seed: 3 })
    const before = structuredClone(valuesOf(layer))
    const dict = new LSTM({ inputSize: 3, hiddenSize: 5, seed: 4 }).stateDict()
    change(dict)
    expect(() => layer.loadStateDict(dict)).toThrow(ArgumentError)
    expect(() => layer.loadStateDict(dict)).toThrow(`LSTM.loadStateDict: ${message}`)
    expect(differentBits(valuesOf(layer), before)).toEqual([])
  })
})
