/** Recurrent dropout, zoneout and DropConnect: when they are drawn, how often, and what they leave alone. */
import { engine, GRU, LSTM, RNN, type LSTMOptions, type Tensor } from '../lib'
import { native } from '../lib/native/load'
import { f32, gradientsOf, type Layer } from './layer-cases'
import { Rng } from './reference/rng'

const isas = engine().isas
const best = engine().isa
afterAll(() => void native().chooseIsa(best))

const [T, B, I, H] = [5, 3, 4, 9]
const input = f32(new Rng(71).normals(T * B * I), [T, B, I])
const plain = { inputSize: I, hiddenSize: H, numLayers: 2, seed: 72 }

type Noise = Partial<Pick<LSTMOptions, 'recurrentDropout' | 'zoneout' | 'zoneoutCell' | 'dropConnect'>>

const kinds: [string, Noise, (noise: Noise & { seed?: number }) => Layer][] = [
  ...(['recurrentDropout', 'zoneout', 'dropConnect'] as const).flatMap((name) =>
    [LSTM, GRU, RNN].map((Cell): (typeof kinds)[number] => [
      `${Cell.name}, ${name}`,
      { [name]: 0.4 },
      (noise) => new Cell({ ...plain, ...noise }),
    ]),
  ),
  ['LSTM, zoneoutCell', { zoneoutCell: 0.4 }, (noise) => new LSTM({ ...plain, ...noise })],
  [
    'LSTM, projected, all that it may have',
    { recurrentDropout: 0.3, zoneoutCell: 0.4, dropConnect: 0.2 },
    (noise) => new LSTM({ ...plain, projSize: 5, ...noise }),
  ],
]

const outputOf = (pass: { output: Tensor }): number[] => [...pass.output.data]

describe.each(kinds)('%s', (_, noise, make) => {
  const run = (layer: Layer): number[][] => [0, 1, 2].map(() => outputOf(layer.forward(input)))

  test('one seed gives one sequence of passes, another seed another', () => {
    const [one, two, other] = [make(noise), make(noise), make({ ...noise, seed: 73 })]
    other.loadStateDict(one.stateDict())
    const outputs = run(one)
    expect(run(two)).toEqual(outputs)
    const different = run(other)
    for (const [pass, output] of outputs.entries()) expect(different[pass]).not.toEqual(output)
  })

  test('every forward draws anew', () => {
    const [first, second, third] = run(make(noise))
    expect(second).not.toEqual(first)
    expect(third).not.toEqual(first)
    expect(third).not.toEqual(second)
  })

  test('infer and training: false draw nothing, and give the same bits every time', () => {
    const expected = run(make(noise))
    const layer = make(noise)
    const still = outputOf(layer.infer(input))
    expect(outputOf(layer.infer(input, { training: true }))).toEqual(still)
    expect(outputOf(layer.forward(input, { training: false }))).toEqual(still)
    expect(run(layer)).toEqual(expected)
    expect(outputOf(layer.infer(input))).toEqual(still)
    for (const output of expected) expect(output).not.toEqual(still)
  })

  test('the probability 0 is none, to the bit', () => {
    const none = Object.fromEntries(Object.keys(noise).map((name) => [name, 0]))
    expect(run(make(none))).toEqual(run(make({})))
  })

  test('masks go with one pass: backward is of its own, whatever was drawn since', () => {
    const backOf = (later: number): unknown => {
      const layer = make(noise)
      const pass = layer.forward(input)
      for (let i = 0; i < later; i++) layer.forward(input).release()
      const { input: dx } = pass.backward({ output: pass.output })
      return [dx.data, gradientsOf(layer)]
    }
    expect(backOf(2)).toEqual(backOf(0))
  })
})

/** Five standard deviations of the share of n things that each happen with probability p. */
const spread = (p: number, n: number): number => 5 * Math.sqrt((p * (1 - p)) / n)

/** One step of many units, h0 and c0 distinct from all that a step gives: which units kept theirs, by place. */
function keptAfterOneStep(options: Partial<LSTMOptions>, numLayers: number, dirs: number) {
  const [units, rows] = [61, 67]
  const shape = [numLayers * dirs, rows, units]
  const state = { data: new Float32Array(numLayers * dirs * rows * units).fill(3), shape } // beyond any tanh
  const sizes = { inputSize: 2, hiddenSize: units, numLayers, bidirectional: dirs === 2, seed: 74 }
  const x = f32(new Rng(75).normals(rows * 2), [1, rows, 2])
  const { hn, cn } = new LSTM({ ...sizes, ...options }).forward(x, { h0: state, c0: state })
  const places = (data: Float32Array) =>
    Array.from({ length: numLayers * dirs }, (_, at) =>
      Uint8Array.from(data.subarray(at * rows * units, (at + 1) * rows * units), (v) => (v === 3 ? 1 : 0)),
    )
  return { h: places(hn.data), c: places(cn.data) }
}

const mean = (of: Uint8Array): number => of.reduce((a, b) => a + b, 0) / of.length
const agreement = (a: Uint8Array, b: Uint8Array): number =>
  a.reduce((sum, v, i) => sum + (v === b[i] ? 1 : 0), 0) / a.length

describe('how often', () => {
  test.each([0.1, 0.5, 0.85])(
    'zoneout keeps a share of %d, of h and of c, in each layer and direction',
    (p) => {
      const { h, c } = keptAfterOneStep({ zoneout: p, zoneoutCell: p }, 2, 2)
      for (const kept of [...h, ...c]) expect(Math.abs(mean(kept) - p)).toBeLessThan(spread(p, kept.length))
      // No two of the eight masks have anything to do with one another.
      const alike = p ** 2 + (1 - p) ** 2
      const masks = [...h, ...c]
      for (const [index, a] of masks.entries()) {
        for (const b of masks.slice(index + 1)) {
          expect(Math.abs(agreement(a, b) - alike)).toBeLessThan(spread(alike, a.length))
        }
      }
    },
  )

  test('zoneout of h and of c go by their own probabilities', () => {
    const { h, c } = keptAfterOneStep({ zoneout: 0.2, zoneoutCell: 0.7 }, 1, 1)
    expect(Math.abs(mean(h[0]!) - 0.2)).toBeLessThan(spread(0.2, h[0]!.length))
    expect(Math.abs(mean(c[0]!) - 0.7)).toBeLessThan(spread(0.7, c[0]!.length))
    const [none, all] = [
      keptAfterOneStep({ zoneoutCell: 0.7 }, 1, 1),
      keptAfterOneStep({ zoneout: 0.2 }, 1, 1),
    ]
    expect([mean(none.h[0]!), mean(all.c[0]!)]).toEqual([0, 0])
  })

  /** A network that gives h W_hhᵀ and nothing else; states and weights are the caller's. */
  const linear = (options: Noise, units: number, weights: (row: number, column: number) => number): RNN => {
    const layer = new RNN({
      inputSize: 1,
      hiddenSize: units,
      nonlinearity: 'relu',
      bias: false,
      seed: 76,
      ...options,
    })
    const [ih, hh] = layer.parameters()
    ih!.value.data.fill(0)
    hh!.value.data.forEach((_, i) => (hh!.value.data[i] = weights(Math.floor(i / units), i % units)))
    return layer
  }
  const nothing = (steps: number, rows: number): Tensor => ({
    data: new Float32Array(steps * rows),
    shape: [steps, rows, 1],
  })

  test.each([0.1, 0.5, 0.85])('recurrent dropout zeroes a share of %d, the same units at all steps', (p) => {
    const [units, rows, steps] = [61, 67, 3]
    const layer = linear({ recurrentDropout: p }, units, (row, column) => (row === column ? 1 : 0))
    const h0 = { data: new Float32Array(rows * units).fill(1), shape: [1, rows, units] }
    const { output } = layer.forward(nothing(steps, rows), { h0 })
    const scale = Math.fround(1 / (1 - p))
    const at = (t: number) => output.data.subarray(t * rows * units, (t + 1) * rows * units)
    const first = at(0)
    expect(first.every((h) => h === 0 || h === scale)).toBe(true)
    const zeros = Uint8Array.from(first, (h) => (h === 0 ? 1 : 0))
    expect(Math.abs(mean(zeros) - p)).toBeLessThan(spread(p, zeros.length))
    for (let t = 1; t < steps; t++) {
      expect(at(t)).toEqual(at(t - 1).map((h) => Math.fround(h * scale)))
    }
  })

  test.each([0.1, 0.5, 0.85])('DropConnect zeroes a share of %d of W_hh, and of its gradient', (p) => {
    const units = 61
    const layer = linear({ dropConnect: p }, units, (row, column) => 1 + row + 2 * column)
    // Row k of the batch begins with unit k alone, and so ends with column k of the weights.
    const h0 = { data: new Float32Array(units ** 2), shape: [1, units, units] }
    for (let k = 0; k < units; k++) h0.data[k * units + k] = 1
    const pass = layer.forward(nothing(1, units), { h0 })
    const left = Float32Array.from(
      { length: units ** 2 },
      (_, i) => pass.hn.data[(i % units) * units + Math.floor(i / units)]!,
    )
    const { value, grad } = layer.parameters()[1]!
    const scale = 1 / (1 - p)
    expect(left.findIndex((w, i) => w !== 0 && w !== Math.fround(value.data[i]! * scale))).toBe(-1)
    const zeros = Uint8Array.from(left, (w) => (w === 0 ? 1 : 0))
    expect(Math.abs(mean(zeros) - p)).toBeLessThan(spread(p, zeros.length))
    pass.backward({ hn: { data: new Float32Array(units ** 2).fill(1), shape: pass.hn.shape } })
    // d W_hh[j, k] = Σ_rows [h_j > 0] h0_k: 1 where unit j of row k is not zero, and that is where the weight was left.
    expect(grad.data).toEqual(left.map((w) => (w === 0 ? 0 : Math.fround(scale))))
  })
})

describe.each(isas)('%s: the probability 1', (isa) => {
  beforeAll(() => void native().chooseIsa(isa))

  const rng = new Rng(77)
  const state = f32(rng.normals(2 * B * H), [2, B, H])
  const cell = f32(rng.normals(2 * B * H), [2, B, H])
  const gradient = f32(rng.normals(2 * B * H), [2, B, H])

  test('of zoneout keeps the first states, and hands their gradients back', () => {
    for (const Cell of [LSTM, GRU, RNN]) {
      for (const training of [true, false]) {
        const layer = new Cell({ ...plain, zoneout: 1 })
        const pass = layer.forward(input, { h0: state, training })
        expect(pass.hn).toEqual(state)
        expect(outputOf(pass)).toEqual(
          Array.from({ length: T }, () => [...state.data.subarray(B * H)]).flat(),
        )
        expect(pass.backward({ hn: gradient }).h0).toEqual(gradient)
        expect(Object.values(gradientsOf(layer)).every((of) => Array.from(of).every((d) => d === 0))).toBe(
          true,
        )
      }
    }
  })

  test('of zoneout of c keeps c alone', () => {
    const pass = new LSTM({ ...plain, zoneoutCell: 1 }).forward(input, { h0: state, c0: cell })
    expect(pass.cn).toEqual(cell)
    expect(pass.hn).not.toEqual(state)
  })

  test('of recurrent dropout or DropConnect leaves nothing of W_hh', () => {
    for (const Cell of [LSTM, GRU, RNN]) {
      const without = new Cell(plain)
      const random = new Rng(78)
      const weights = without.parameters().filter(({ name }) => name.startsWith('weight_hh'))
      for (const { value } of weights) value.data.fill(0)
      const expected = outputOf(without.infer(input, { h0: state }))
      for (const noise of [{ recurrentDropout: 1 }, { dropConnect: 1 }]) {
        const layer = new Cell({ ...plain, ...noise })
        for (const { name, value } of layer.parameters()) {
          if (name.startsWith('weight_hh')) value.data.set(random.normals(value.data.length))
        }
        const pass = layer.forward(input, { h0: state })
        expect(outputOf(pass)).toEqual(expected)
        pass.backward({ output: pass.output })
        for (const { name, grad } of layer.parameters()) {
          if (name.startsWith('weight_hh')) expect(grad.data.every((d) => d === 0)).toBe(true)
        }
      }
    }
  })
})
