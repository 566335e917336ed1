/** First values: what each scheme promises, gate by gate, and that a seed gives the same bits everywhere. */
import { createHash } from 'node:crypto'
import { GRU, LSTM } from '../lib'
import { fillNormal } from '../lib/layers/init-schemes'
import { initialiseRecurrent, requireInit, type Init } from '../lib/layers/initialise'
import { fillOrthogonal } from '../lib/layers/orthogonal'
import type { Parameter } from '../lib/layers/parameter'
import { Random } from '../lib/random'
import { refusal, revoked } from './refusal'

const [I, H, P] = [7, 13, 5]

/** Every part that a parameter can play, in a layer of `gates` gates. */
const shapesOf = (gates: number, inputs = I): Record<string, number[]> => ({
  weight_ih_l0: [gates * H, inputs],
  weight_hh_l0: [gates * H, H],
  bias_ih_l0: [gates * H],
  bias_hh_l0: [gates * H],
  weight_hr_l0: [P, H],
  weight_peephole_l0: [3 * H],
  norm_weight_ih_l0: [gates * H],
  norm_bias_ih_l0: [gates * H],
})

/** First values by name, for an LSTM unless told; a cell without a forget gate has it at null. */
function initialised(
  init: Init | undefined,
  asked: { gates?: number; forgetGate?: null | 0; forgetBias?: number; seed?: number; inputs?: number } = {},
): Record<string, Float32Array> {
  const { gates = 4, forgetGate = 1, forgetBias, seed = 5, inputs } = asked
  const parameters = Object.entries(shapesOf(gates, inputs)).map(([name, shape]): Parameter => {
    const size = shape.reduce((a, b) => a * b, 1)
    const data = new Float32Array(size).fill(NaN) // what is left out shows
    return { name, value: { data, shape }, grad: { data: new Float32Array(size), shape } }
  })
  const form = { gates, hiddenSize: H, forgetGate: forgetGate ?? undefined }
  initialiseRecurrent(parameters, form, requireInit('LSTM', init), forgetBias, new Random(seed))
  return Object.fromEntries(parameters.map(({ name, value }) => [name, value.data]))
}

/** Equal parts of an array: the gates of a weight or bias. */
const cut = (data: Float32Array, parts: number): Float32Array[] =>
  Array.from({ length: parts }, (_, p) =>
    data.subarray((p * data.length) / parts, ((p + 1) * data.length) / parts),
  )

const uniformOf = (random: Random, length: number, bound: number): Float32Array =>
  Float32Array.from({ length }, () => (2 * random.uniform() - 1) * bound)

/** Every block that is a matrix of its own, with its sizes. */
const blocksOf = (made: Record<string, Float32Array>, inputs: number) => [
  ...cut(made.weight_ih_l0!, 4).map((block) => ({ block, rows: H, columns: inputs })),
  ...cut(made.weight_hh_l0!, 4).map((block) => ({ block, rows: H, columns: H })),
  { block: made.weight_hr_l0!, rows: P, columns: H },
]

/** How many standard errors the numbers' mean is off, where each has the given mean and variance. */
const errors = (x: readonly number[], mean: number, variance: number): number =>
  Math.abs(x.reduce((sum, v) => sum + v, 0) / x.length - mean) / Math.sqrt(variance / x.length)

/** The greatest |⟨a, b⟩ − [a is b]| over a matrix's rows, or its columns where those are fewer. */
function unorthogonality(data: Float32Array, rows: number, columns: number): number {
  const [count, length] = rows <= columns ? [rows, columns] : [columns, rows]
  const at = (v: number, i: number) => data[rows <= columns ? v * columns + i : i * columns + v]!
  let worst = 0
  for (let a = 0; a < count; a++) {
    for (let b = 0; b <= a; b++) {
      let product = 0
      for (let i = 0; i < length; i++) product += at(a, i) * at(b, i)
      const off = Math.abs(product - (a === b ? 1 : 0))
      worst = off <= worst ? worst : off // a NaN stays
    }
  }
  return worst
}

describe('pytorch', () => {
  // Of the values in order, as of version 0.1.0.
  test.each([
    [LSTM, 4, 'af97f0c77587be902231fef1f051129a7fac0cc64b688488429378e9c276f3aa'],
    [GRU, 3, '511a6ad144e4ec5c07e345571e7c200564a6c0d5ef62344bba15b98ec7e67a0c'],
  ])('the default of %p: uniform in ±1/√H, drawn in the parameters’ order', (Cell, gates, digest) => {
    const seed = 2 ** 40 + 7
    const layer = new Cell({ inputSize: 3, hiddenSize: 5, numLayers: 2, bidirectional: true, seed })
    const random = new Random(seed)
    const hash = createHash('sha256')
    expect(layer.parameters()).toHaveLength(16)
    for (const { name, value } of layer.parameters()) {
      expect([name, value.shape[0]]).toEqual([name, gates * 5])
      expect(value.data).toEqual(uniformOf(random, value.data.length, 1 / Math.sqrt(5)))
      hash.update(Buffer.from(value.data.buffer))
    }
    expect(hash.digest('hex')).toBe(digest)
  })

  test('is the same by name, by its parts and left out; norms draw nothing', () => {
    const random = new Random(5)
    const expected = Object.fromEntries(
      Object.entries(shapesOf(4)).map(([name, shape]) => {
        const size = shape.reduce((a, b) => a * b, 1)
        const norm = () => new Float32Array(size).fill(name.startsWith('norm_weight') ? 1 : 0)
        return [name, name.startsWith('norm') ? norm() : uniformOf(random, size, 1 / Math.sqrt(H))]
      }),
    )
    const all = { input: 'uniform', recurrent: 'uniform', bias: 'uniform' } as const
    for (const init of [undefined, 'pytorch', {}, all, { input: undefined as never }] as const) {
      expect(initialised(init)).toEqual(expected)
    }
  })
})

describe('xavier', () => {
  test('uniform: each gate in the bounds of its own fan-in and fan-out', () => {
    const made = initialised({ input: 'xavierUniform', recurrent: 'xavierUniform' }, { inputs: 90 })
    for (const { block, rows, columns } of blocksOf(made, 90)) {
      const bound = Math.fround(Math.sqrt(6 / (rows + columns)))
      const scaled = [...block].map((x) => x / bound)
      // All within; and of at least 65 numbers, the chance that none is beyond 0.85 of the bound is below 3e-5.
      expect(Math.max(...scaled.map(Math.abs))).toBeLessThanOrEqual(1)
      expect(Math.max(...scaled.map(Math.abs))).toBeGreaterThan(0.85)
    }
    const scaled = [...made.weight_ih_l0!].map((x) => x / Math.sqrt(6 / (90 + H)))
    expect(errors(scaled, 0, 1 / 3)).toBeLessThan(5)
    expect(errors(scaled.map((x) => x * x), 1 / 3, 4 / 45)).toBeLessThan(5) // prettier-ignore
  })

  test('normal: the variance of each gate, and the shape', () => {
    const made = initialised({ input: 'xavierNormal', recurrent: 'xavierNormal' }, { inputs: 700 })
    for (const { block, rows, columns } of blocksOf(made, 700)) {
      const squares = [...block].map((x) => (x * x * (rows + columns)) / 2)
      expect(errors(squares, 1, 2)).toBeLessThan(5)
    }
    // Of 36400 numbers: moments, and shares beyond so many deviations, as the normal distribution has them.
    const z = [...made.weight_ih_l0!].map((x) => x / Math.sqrt(2 / (700 + H)))
    const within = (f: (x: number) => number, expected: number, variance: number) =>
      expect(errors(z.map(f), expected, variance)).toBeLessThan(5)
    within((x) => x, 0, 1)
    within((x) => x ** 3, 0, 15)
    within((x) => x ** 4, 3, 96)
    for (const [beyond, share] of Object.entries({ 0.5: 0.617075, 1: 0.317311, 2: 0.0455, 3: 0.0027 })) {
      within((x) => Number(Math.abs(x) > Number(beyond)), share, share * (1 - share))
    }
    // The two of a pair are independent.
    const products = z.flatMap((x, i) => (i % 2 === 0 ? [x * z[i + 1]!] : []))
    expect(errors(products, 0, 1)).toBeLessThan(5)
  })

  test('normal numbers are those of Math.log, but for its last bit', () => {
    const numbers = new Float64Array(4001) // odd: the last pair gives one
    fillNormal(numbers, 3, new Random(8))
    const random = new Random(8)
    for (let i = 0; i < numbers.length; i += 2) {
      let [u, v, s] = [0, 0, 1]
      while (s >= 1 || s === 0) {
        u = 2 * random.uniform() - 1
        v = 2 * random.uniform() - 1
        s = u * u + v * v
      }
      const factor = 3 * Math.sqrt((-2 * Math.log(s)) / s)
      expect(Math.abs(numbers[i]! / (u * factor) - 1)).toBeLessThan(1e-15)
      if (i + 1 < numbers.length) expect(Math.abs(numbers[i + 1]! / (v * factor) - 1)).toBeLessThan(1e-15)
    }
  })
})

describe('orthogonal', () => {
  // Rounding to float32 moves each number by at most 2^-25 of itself, and so a product of two unit vectors by 2^-24.
  // prettier-ignore
  test.each([[1, 1], [1, 9], [9, 1], [8, 8], [13, 5], [5, 13], [66, 67], [300, 300], [257, 90]])('[%i, %i]', (rows, columns) => {
    const data = new Float32Array(rows * columns)
    fillOrthogonal(data, rows, columns, new Random(rows))
    expect(unorthogonality(data, rows, columns)).toBeLessThan(1e-6)
  })

  test('each gate by itself; the projection whole', () => {
    for (const inputs of [I, 40]) {
      const made = initialised({ input: 'orthogonal', recurrent: 'orthogonal' }, { inputs })
      for (const { block, rows, columns } of blocksOf(made, inputs)) {
        expect(unorthogonality(block, rows, columns)).toBeLessThan(1e-6)
      }
    }
  })

  // Means over matrices Q of O(3), all equally likely: E tr Q = 0, E (tr Q)² = 1, E det Q = 0, E q² = 1/3. Without the
  // signs of R's diagonal the trace would lean to one side.
  test('all matrices are equally likely', () => {
    const random = new Random(17)
    const data = new Float32Array(9)
    const drawn = Array.from({ length: 4000 }, () => {
      fillOrthogonal(data, 3, 3, random)
      return [...data]
    })
    const within = (f: (q: number[]) => number, expected: number, variance: number) =>
      expect(errors(drawn.map(f), expected, variance)).toBeLessThan(5)
    const trace = (q: number[]) => q[0]! + q[4]! + q[8]!
    within(trace, 0, 1)
    within((q) => trace(q) ** 2, 1, 2)
    within(([a, b, c, d, e, f, g, h, i]) => a! * (e! * i! - f! * h!) - b! * (d! * i! - f! * g!) + c! * (d! * h! - e! * g!), 0, 1) // prettier-ignore
    for (let i = 0; i < 9; i++) {
      within((q) => q[i]!, 0, 1 / 3)
      within((q) => q[i]! ** 2, 1 / 3, 1 / 5 - 1 / 9)
      within((q) => q[i]! * q[(i + 4) % 9]!, 0, 2 / 15)
    }
  })
})

describe('keras', () => {
  test('of an LSTM: Glorot, orthogonal, zeros, and a forget bias of 1', () => {
    const made = initialised('keras')
    const drawn = initialised({ input: 'xavierUniform', recurrent: 'orthogonal', bias: 'zeros' })
    for (const name of ['weight_ih_l0', 'weight_hh_l0', 'weight_hr_l0']) {
      expect(made[name]).toEqual(drawn[name])
    }
    expect(cut(made.bias_ih_l0!, 4).map((gate) => [...new Set(gate)])).toEqual([[0], [1], [0], [0]])
    expect([...new Set(made.bias_hh_l0)]).toEqual([0])
    expect(Math.max(...made.weight_peephole_l0!.map(Math.abs))).toBeLessThanOrEqual(1 / Math.sqrt(H))
    expect(new Set(made.weight_peephole_l0).size).toBeGreaterThan(30)
    expect([...new Set(made.norm_weight_ih_l0)]).toEqual([1])
    expect([...new Set(made.norm_bias_ih_l0)]).toEqual([0])
  })

  test('of a cell without a forget gate, and of one that has it elsewhere', () => {
    const gru = initialised('keras', { gates: 3, forgetGate: null })
    expect([...new Set([...gru.bias_ih_l0!, ...gru.bias_hh_l0!])]).toEqual([0])
    const other = initialised('keras', { gates: 2, forgetGate: 0 })
    expect(cut(other.bias_ih_l0!, 2).map((gate) => [...new Set(gate)])).toEqual([[1], [0]])
  })
})

test('zeros', () => {
  const made = initialised({ input: 'zeros', recurrent: 'zeros', bias: 'zeros' })
  for (const name of ['weight_ih_l0', 'weight_hh_l0', 'weight_hr_l0', 'bias_ih_l0', 'bias_hh_l0']) {
    expect([name, ...new Set(made[name])]).toEqual([name, 0])
  }
})

const inits = ['pytorch', 'keras', { recurrent: 'orthogonal' }] as const
test.each(inits)('a forget bias after %p moves no other number', (init) => {
  for (const forgetBias of [0, -0.5, 2.25]) {
    const [made, expected] = [initialised(init, { forgetBias }), initialised(init)]
    expected.bias_ih_l0!.fill(forgetBias, H, 2 * H)
    expected.bias_hh_l0!.fill(0, H, 2 * H)
    expect(made).toEqual(expected)
  }
})

describe('seeds', () => {
  const every = { input: 'xavierNormal', recurrent: 'orthogonal', bias: 'uniform' } as const

  test('the same one gives the same bits, another gives others', () => {
    expect(initialised(every)).toEqual(initialised(every))
    const [one, other] = [initialised(every), initialised(every, { seed: 6 })]
    for (const name of Object.keys(one).filter((name) => !name.startsWith('norm'))) {
      expect(one[name]).not.toEqual(other[name])
    }
  })

  test('gates differ', () => {
    for (const scheme of ['uniform', 'xavierUniform', 'xavierNormal', 'orthogonal'] as const) {
      const made = initialised({ input: scheme, recurrent: scheme })
      for (const name of ['weight_ih_l0', 'weight_hh_l0']) {
        expect(new Set(cut(made[name]!, 4).map((gate) => gate.join())).size).toBe(4)
      }
    }
  })

  // As x86-64 and Node 20 made them: nothing here may depend on the machine or the engine.
  test('the bits are known', () => {
    const hash = createHash('sha256')
    for (const { buffer } of Object.values(initialised(every, { inputs: 40 })))
      hash.update(Buffer.from(buffer))
    expect(hash.digest('hex')).toBe('c29d2455f32d53bc2cfa3f14f3c199171ae21187423d93ad76704e03cc314b4b')
  })
})

describe('bad values', () => {
  const whole = `'pytorch', 'keras' or an object with input, recurrent and bias`
  const weights = `one of 'uniform', 'xavierUniform', 'xavierNormal', 'orthogonal', 'zeros'`
  test('an object that cannot be read', () => {
    expect(refusal(() => requireInit('GRU', revoked()))).toBe(
      'GRU: options.init: expected an object, received an object that throws when it is read',
    )
  })

  test.each<[unknown, string]>([
    ['torch', `: expected ${whole}, received "torch"`],
    [null, `: expected ${whole}, received null`],
    [1, `: expected ${whole}, received 1`],
    [() => 'keras', `: expected ${whole}, received a function`],
    [['keras'], ': expected an object, received an array of length 1'],
    [{ hidden: 'zeros' }, '.hidden: expected one of input, recurrent, bias, received an unknown option'],
    [{ input: 'xavier' }, `.input: expected ${weights}, received "xavier"`],
    [{ input: null }, `.input: expected ${weights}, received null`],
    [{ recurrent: 'keras' }, `.recurrent: expected ${weights}, received "keras"`],
    [{ recurrent: 0 }, `.recurrent: expected ${weights}, received 0`],
    [{ bias: 'orthogonal' }, `.bias: expected one of 'uniform', 'zeros', received "orthogonal"`],
  ])('%p', (value, message) => {
    expect(refusal(() => requireInit('GRU', value))).toBe(`GRU: options.init${message}`)
  })
})
