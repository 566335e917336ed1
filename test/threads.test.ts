/** Results are the same bits for any number of threads: divided by rows, units and groups, forward, back and inferring. */
import { engine, Linear, LSTM, setThreads } from '../lib'
import { native } from '../lib/native/load'
import {
  backward,
  differentBits,
  draw,
  f32,
  forward,
  gradientsOf,
  makeLayer,
  passOptions,
  resultsOf,
  shapesOf,
  zeroGradients,
  type Form,
  type Named,
} from './layer-cases'
import { poolThreads } from './pool-threads'
import { Rng } from './reference/rng'

const before = engine()
afterAll(() => {
  native().chooseIsa(before.isa)
  setThreads(before.threads)
})

const COUNTS = [2, 3, 5]

/**
 * Runs `work` on one thread and on each of COUNTS, and checks that as many took part: a shape that is too small for the planner
 * (Engine::plan_scan in native/binding/engine.cc) would pass whatever the threads did.
 */
function sameForAll(work: () => Named): void {
  setThreads(1)
  const expected = work()
  for (const threads of COUNTS) {
    setThreads(threads)
    const actual = work()
    expect(poolThreads() ?? threads - 1).toBe(threads - 1)
    expect([threads, differentBits(actual, expected)]).toEqual([threads, []])
  }
  setThreads(1)
}

const width = (isa: string): number =>
  ({ scalar: 1, sse2: 4, neon: 4, avx2: 8, avx512: 16, amx: 16 })[isa] ?? NaN

type Shape = Omit<Form, 'kind'>

/**
 * The planner calls a team from 2^18 multiply-adds on, G·H·(I + H)·N. It then divides rows where every member gets at
 * least 4 of the batch, and G·H² is below 2^20, from 2^18 on with units for steps of fewer than 16 for each; units where that
 * is not so, G·H²·B is at least 2^15, and every member gets a panel of 4V units; rows again where that is too small. A step by
 * itself must be worth 2^21. What is trained in groups, native/binding/suits.h says. All shapes leave unequal shares.
 */
const shapes = (isa: string): Record<string, Shape> => {
  const manyUnits = Math.max(101, 5 * 4 * width(isa) + 3)
  return {
    rows: { T: 9, B: 37, inputSize: 11, hiddenSize: 41 },
    'rows, several chunks': { T: 190, B: 7, inputSize: 43, hiddenSize: 21, states: false },
    groups: { T: 45, B: 23, inputSize: 11, hiddenSize: 41 },
    'groups, lengths': {
      T: 50,
      B: 42,
      inputSize: 11,
      hiddenSize: 41,
      lengths: Array.from({ length: 42 }, (_, b) => (b % 5 === 0 ? 47 - b : 1 + ((b * 7) % 40))),
    },
    'rows, all shorter than the input': {
      T: 9,
      B: 21,
      inputSize: 11,
      hiddenSize: 41,
      lengths: Array<number>(21).fill(7),
    },
    'rows, few of them': { T: 61, B: 7, inputSize: 13, hiddenSize: 19 },
    units: { T: 4, B: 2, inputSize: 37, hiddenSize: manyUnits },
    // Members meet at every step: few steps of many rows take less time, and more would be for rows.
    'units, several chunks': { T: 75, B: 7, inputSize: 33, hiddenSize: manyUnits },
    'units, one row': { T: 7, B: 1, inputSize: 5, hiddenSize: Math.max(131, manyUnits), states: false },
    // With the widest vectors alone: these are many multiply-adds, and the plan is the same with all.
    ...(isa === engine().isas.at(-1) && {
      'groups, several chunks': { T: 141, B: 11, inputSize: 43, hiddenSize: 21, states: false },
      'groups, one sequence after another, two directions and layers': {
        T: 129,
        B: 8,
        inputSize: 15,
        hiddenSize: 27,
        numLayers: 2,
        bidirectional: true,
        batchFirst: true,
      },
      'groups, lengths, two directions and layers, one sequence after another': {
        T: 129,
        B: 19,
        inputSize: 43,
        hiddenSize: 27,
        numLayers: 2,
        bidirectional: true,
        batchFirst: true,
        lengths: Array.from({ length: 19 }, (_, b) => 1 + ((b * 50) % 127)),
      },
      'units, many rows': {
        T: 2,
        B: 33,
        inputSize: 35,
        hiddenSize: 593,
        lengths: [1, 2, ...Array<number>(31).fill(1)],
      },
      'rows, and units where a few are left, two directions': {
        T: 6,
        B: 83,
        inputSize: 101,
        hiddenSize: 321,
        bidirectional: true,
        lengths: Array.from({ length: 83 }, (_, b) => 1 + (b % 7 === 0 ? b % 6 : b % 3)),
      },
      'rows, with a product for the input where a few are left, two directions': {
        T: 40,
        B: 61,
        inputSize: 403,
        hiddenSize: 67,
        bidirectional: true,
        lengths: Array.from({ length: 61 }, (_, b) => (b < 3 ? 40 - b : 9 + (b % 4))),
      },
      'units, one step': { T: 1, B: 1, inputSize: 1027, hiddenSize: 483 },
      // Back by tiles where there are some.
      'rows, by tiles': { T: 19, B: 67, inputSize: 131, hiddenSize: 133 },
      'units, by tiles, two directions and lengths': {
        T: 5,
        B: 33,
        inputSize: 141,
        hiddenSize: 531,
        bidirectional: true,
        lengths: Array.from({ length: 33 }, (_, b) => 1 + ((b * 2) % 5)),
      },
    }),
    'rows, two directions, layers and lengths': {
      T: 19,
      B: 26,
      inputSize: 35,
      hiddenSize: 21,
      numLayers: 2,
      bidirectional: true,
      lengths: Array.from({ length: 26 }, (_, b) => 1 + ((b * 11) % 19)),
    },
    'units, two directions and lengths': {
      T: 5,
      B: 3,
      inputSize: 7,
      hiddenSize: manyUnits,
      bidirectional: true,
      bias: false,
      lengths: [2, 5, 3],
    },
  }
}

describe.each(engine().isas)('%s', (isa) => {
  beforeAll(() => void native().chooseIsa(isa))

  const cases = (['LSTM', 'GRU'] as const).flatMap((kind) =>
    Object.entries(shapes(isa)).map(([name, shape]) => ({ name, form: { ...shape, kind } satisfies Form })),
  )

  test.each(cases)('$form.kind: $name', ({ form }) => {
    const drawn = draw(form, 31)
    const layer = makeLayer(drawn)
    const input = f32(drawn.input, shapesOf(drawn).input)
    sameForAll(() => {
      zeroGradients(layer)
      const pass = forward(layer, drawn)
      const inferred = resultsOf(layer.infer(input, passOptions(drawn)))
      return {
        ...resultsOf(pass),
        ...backward(pass, layer, drawn),
        ...Object.fromEntries(Object.entries(inferred).map(([name, data]) => [`inferred ${name}`, data])),
      }
    })
  })

  // Rows are divided for y and dx, columns of W in panels of 4V for dW, units in vectors for db.
  test.each([
    [131, 67, 83],
    [23, 5 * 64 + 9, 51],
    [601, 23, 37], // more than two blocks of rows
  ])('Linear: %d rows, %d → %d', (rows, inFeatures, outFeatures) => {
    const rng = new Rng(rows)
    const layer = new Linear({ inFeatures, outFeatures, seed: rows })
    const input = f32(rng.normals(rows * inFeatures), [rows, inFeatures])
    const gradient = f32(rng.normals(rows * outFeatures), [rows, outFeatures])
    sameForAll(() => {
      zeroGradients(layer)
      const pass = layer.forward(input)
      return {
        output: pass.output.data,
        'd.input': pass.backward({ output: gradient }).input.data,
        ...gradientsOf(layer),
      }
    })
  })
})

test.each<Form>([
  { kind: 'LSTM', T: 45, B: 23, inputSize: 11, hiddenSize: 41 },
  {
    ...{ kind: 'GRU', T: 45, B: 43, inputSize: 11, hiddenSize: 41, bidirectional: true },
    lengths: Array.from({ length: 43 }, (_, b) => 1 + ((b * 11) % 44)),
  },
])('a pass that began with one number of threads goes back with another: %j', (form) => {
  native().chooseIsa(before.isa)
  const drawn = draw(form, 32)
  const run = (there: number, back: number): Named => {
    const layer = makeLayer(drawn)
    setThreads(there)
    const pass = forward(layer, drawn)
    setThreads(back)
    return backward(pass, layer, drawn)
  }
  const expected = run(1, 1)
  expect(differentBits(run(5, 2), expected)).toEqual([])
  expect(differentBits(run(2, 3), expected)).toEqual([])
})

/**
 * A sequence is then one thread's for a few steps, or for none, and goes through several hands. Who takes it over without
 * waiting for the one before gives other bits only now and then: so there are many of them.
 */
test('few sequences of unequal lengths, on more threads than sequences', () => {
  native().chooseIsa(before.isa)
  const rng = new Rng(33)
  for (let round = 0; round < 20; round++) {
    const [steps, batch] = [4 + rng.integer(20), 2 + rng.integer(9)]
    const layer = new LSTM({
      ...{ inputSize: 29, hiddenSize: 101, projSize: 37, seed: round },
      bidirectional: round % 2 === 1,
    })
    const input = f32(rng.normals(steps * batch * 29), [steps, batch, 29])
    const lengths = Array.from({ length: batch }, () => 1 + rng.integer(steps))
    const run = (threads: number): Named => {
      setThreads(threads)
      zeroGradients(layer)
      const pass = layer.forward(input, { lengths, checkpointEvery: 2 + rng.integer(6) })
      const found = pass.backward({ output: pass.output })
      return { output: pass.output.data, 'd.input': found.input.data, ...gradientsOf(layer) }
    }
    const expected = run(1)
    for (const threads of [7, 12]) {
      expect([round, threads, differentBits(run(threads), expected)]).toEqual([round, threads, []])
    }
  }
})
