/**
 * A pass that keeps the states of every k-th step and makes the rest anew in backward gives the bits of one that keeps
 * everything: results and all gradients, for every cell, form, instruction set and number of threads.
 */
import { engine, Linear, LSTM, sequential, setThreads } from '../lib'
import type { CellForwardOptions } from '../lib/layers/recurrent-input'
import { native } from '../lib/native/load'
import {
  backward,
  differentBits,
  draw,
  f32,
  gradientsOf,
  makeLayer,
  passOptions,
  resultsOf,
  shapesOf,
  type Drawn,
  type Form,
  type Named,
} from './layer-cases'
import { poolThreads } from './pool-threads'
import { Rng } from './reference/rng'
import { refusal } from './refusal'

const before = engine()
afterAll(() => {
  native().chooseIsa(before.isa)
  setThreads(before.threads)
})

/** Everything that a fresh layer gives for the case. */
function all(drawn: Drawn, more: CellForwardOptions = {}): Named {
  const layer = makeLayer(drawn)
  const pass = layer.forward(f32(drawn.input, shapesOf(drawn).input), { ...passOptions(drawn), ...more })
  return { ...resultsOf(pass), ...backward(pass, layer, drawn) }
}

/** What differs of passes with checkpoints every `ks` steps from one without. */
function differences(drawn: Drawn, ks: readonly number[]): string[] {
  const expected = all(drawn)
  return ks.flatMap((checkpointEvery) =>
    differentBits(all(drawn, { checkpointEvery }), expected).map(
      (difference) => `every ${checkpointEvery}: ${difference}`,
    ),
  )
}

const T = 13
const KS = [1, 2, 3, 4, T - 1, T, T + 5]

// The borders of every 4 steps are at 4, 8 and 12: ends at, before and past them, in no order, and none at T in the last.
const UNEQUAL = [4, 13, 1, 12, 8, 5, 3, 13, 7, 11]
const SHORTER = [3, 9, 1, 8, 8, 2, 4, 5, 7, 6]

type Shape = Omit<Form, 'kind' | 'T'>
const plain: Shape = { B: 5, inputSize: 7, hiddenSize: 18 }
const many: Shape = { B: 10, inputSize: 3, hiddenSize: 6 }

const SHAPES: Record<string, Shape> = {
  plain,
  'no states, no bias': { ...plain, states: false, bias: false },
  'one sequence': { ...plain, B: 1, hiddenSize: 33 },
  'batch first': { ...plain, batchFirst: true },
  stacked: { ...plain, numLayers: 3 },
  bidirectional: { ...plain, bidirectional: true, numLayers: 2, batchFirst: true },
  lengths: { ...many, lengths: UNEQUAL },
  'lengths, all shorter, stacked': { ...many, lengths: SHORTER, numLayers: 2, states: false },
  'lengths, bidirectional': { ...many, lengths: UNEQUAL, bidirectional: true },
  'lengths, no states, bidirectional, stacked': {
    ...many,
    lengths: SHORTER,
    bidirectional: true,
    numLayers: 2,
    states: false,
  },
}

const noise = { seed: 71, recurrentDropout: 0.3, zoneout: 0.2, dropConnect: 0.25, dropout: 0.4 }
const unequal: Shape = { ...many, lengths: UNEQUAL }
const both = { bidirectional: true, numLayers: 2 }

const VARIANTS: Record<string, Omit<Form, 'T'>> = {
  'RNN, relu': { kind: 'RNN', nonlinearity: 'relu', ...unequal, ...both },
  'LSTM, projected': { kind: 'LSTM', projSize: 5, ...unequal, ...both },
  'LSTM, peepholes': { kind: 'LSTM', peepholes: true, ...unequal, ...both },
  'LSTM, coupled, clipped': { kind: 'LSTM', coupledInputForget: true, cellClip: 0.4, ...unequal, ...both },
  'LSTM, normalised': { kind: 'LSTM', layerNorm: true, ...unequal, ...both },
  'GRU, reset before': { kind: 'GRU', resetBefore: true, ...unequal, ...both },
  'GRU, normalised': { kind: 'GRU', layerNorm: true, ...unequal, ...both },
  'LSTM, noise': { kind: 'LSTM', ...unequal, numLayers: 3, more: { ...noise, zoneoutCell: 0.15 } },
  'LSTM, projected, noise': {
    kind: 'LSTM',
    projSize: 4,
    ...unequal,
    ...both,
    more: { ...noise, zoneout: 0, zoneoutCell: 0.3 },
  },
  'GRU, noise': { kind: 'GRU', ...unequal, ...both, more: noise },
  'GRU, reset before, noise': { kind: 'GRU', resetBefore: true, ...unequal, numLayers: 2, more: noise },
  'RNN, noise': { kind: 'RNN', ...unequal, numLayers: 2, more: noise },
}

const FORMS = [
  ...(['LSTM', 'GRU', 'RNN'] as const).flatMap((kind) =>
    Object.entries(SHAPES).map(([name, shape]) => ({ name: `${kind}, ${name}`, form: { kind, ...shape } })),
  ),
  ...Object.entries(VARIANTS).map(([name, form]) => ({ name, form })),
]

describe.each(engine().isas)('%s', (isa) => {
  beforeAll(() => {
    native().chooseIsa(isa)
    setThreads(1)
  })

  test.each(FORMS)('$name', ({ form }) => {
    expect(differences(draw({ ...form, T }, 81), KS)).toEqual([])
  })

  // Gradients of few rows of wide enough layers go straight to the parameters' in one job, and by way of sums in several
  // (native/sequence/direct_gradients.h).
  test.each<Form>([
    { kind: 'LSTM', T, B: 3, inputSize: 61, hiddenSize: 83, bidirectional: true, numLayers: 2 },
    { kind: 'GRU', T, B: 10, inputSize: 83, hiddenSize: 61, lengths: UNEQUAL },
    { kind: 'GRU', T, B: 1, inputSize: 37, hiddenSize: 64, bias: false },
  ])('few rows of a wide $kind, added twice', (form) => {
    const drawn = draw(form, 84)
    const expected = twice(drawn, { checkpointEvery: 6 })
    for (const threads of [3, 2, 1]) {
      setThreads(threads)
      expect([threads, differentBits(twice(drawn, {}), expected)]).toEqual([threads, []])
    }
  })
})

test('noise is drawn in both: these forms do differ from one pass to the next', () => {
  const layer = makeLayer(draw({ ...VARIANTS['GRU, noise']!, T }, 81))
  const input = f32(new Rng(1).normals(T * 10 * 3), [T, 10, 3])
  const [once, again] = [1, 2].map(() => layer.forward(input, { checkpointEvery: 4 }).output.data)
  expect(once).not.toEqual(again)
})

test('segments of many chunks: more than 512 rows forward, more than 512 back', () => {
  setThreads(1)
  for (const kind of ['LSTM', 'GRU', 'RNN'] as const) {
    const form: Form = { kind, T: 101, B: 13, inputSize: 34, hiddenSize: 5, bidirectional: true }
    // 650 and 1,040 rows, neither a multiple of a chunk's 507.
    expect([kind, differences(draw(form, 82), [50, 80])]).toEqual([kind, []])
  }
})

describe('two threads', () => {
  /**
   * Sizes for which a segment is worth a team, 2^18 multiply-adds of G·H·(I + R)·N, while the shorter last one may not be
   * (Engine::plan_scan in native/binding/engine.cc): rows where each member has 4 of the batch or more, units where it has
   * fewer and two panels of 4 V units. The bits must be those of one thread and no checkpoints.
   */
  test.each<[string, Form, number[]]>([
    ['rows', { kind: 'LSTM', T: 10, B: 23, inputSize: 11, hiddenSize: 41 }, [3, 4]],
    ['rows', { kind: 'GRU', T: 10, B: 23, inputSize: 11, hiddenSize: 41, lengths: lengthsOf(23, 10) }, [5]],
    ['rows', { kind: 'RNN', T: 23, B: 27, inputSize: 37, hiddenSize: 45, bidirectional: true }, [7]],
    ['rows, many chunks', { kind: 'LSTM', T: 250, B: 7, inputSize: 5, hiddenSize: 21 }, [120]],
    ['groups, many chunks', { kind: 'LSTM', T: 250, B: 29, inputSize: 5, hiddenSize: 21 }, [120]],
    ['groups', { kind: 'GRU', T: 115, B: 9, inputSize: 37, hiddenSize: 45, bidirectional: true }, [20, 50]],
    // Of the second group, the last pieces have no sequence.
    [
      'groups',
      { kind: 'LSTM', T: 115, B: 35, inputSize: 7, hiddenSize: 45, lengths: lengthsOf(35, 115) },
      [10, 60],
    ],
    [
      'groups',
      {
        ...{
          kind: 'GRU',
          T: 115,
          B: 35,
          inputSize: 7,
          hiddenSize: 45,
          bidirectional: true,
          batchFirst: true,
        },
        lengths: lengthsOf(35, 115),
      },
      [9, 50],
    ],
    ['rows, staged', { kind: 'LSTM', T: 10, B: 9, inputSize: 11, hiddenSize: 41, projSize: 23 }, [7]],
    ['rows, staged', { kind: 'GRU', T: 11, B: 9, inputSize: 11, hiddenSize: 41, resetBefore: true }, [6]],
    ['units', { kind: 'LSTM', T: 7, B: 3, inputSize: 5, hiddenSize: 131, numLayers: 2 }, [1, 3]],
    ['units', { kind: 'GRU', T: 9, B: 1, inputSize: 37, hiddenSize: 139, bidirectional: true }, [4]],
    ['units', { kind: 'RNN', T: 9, B: 3, inputSize: 5, hiddenSize: 229, lengths: [4, 9, 8] }, [4, 6]],
  ])('%s: %j', (_, form, ks) => {
    native().chooseIsa(before.isa)
    const drawn = draw(form, 83)
    setThreads(1)
    const expected = all(drawn)
    for (const checkpointEvery of ks) {
      setThreads(1)
      setThreads(2)
      const actual = all(drawn, { checkpointEvery })
      expect(poolThreads() ?? 1).toBe(1)
      expect([checkpointEvery, differentBits(actual, expected)]).toEqual([checkpointEvery, []])
    }
    setThreads(1)
  })

  test('groups, of which the second has no sequence in some pieces, added twice', () => {
    for (const bidirectional of [false, true]) {
      const sizes = { T: 115, B: 35, inputSize: 7, hiddenSize: 45 }
      const drawn = draw({ kind: 'GRU', ...sizes, bidirectional, lengths: lengthsOf(35, 115) }, 85)
      setThreads(1)
      const expected = twice(drawn, {})
      for (const threads of [2, 1]) {
        setThreads(threads)
        expect([threads, differentBits(twice(drawn, { checkpointEvery: 10 }), expected)]).toEqual([
          threads,
          [],
        ])
      }
    }
  })
})

/** Gradients of two passes, added up: what the second one works in has been written to by the first. */
function twice(drawn: Drawn, options: CellForwardOptions): Named {
  const layer = makeLayer(drawn)
  const input = f32(drawn.input, shapesOf(drawn).input)
  const passes = [0, 1].map(() => layer.forward(input, { ...passOptions(drawn), ...options }))
  return passes.map((pass) => backward(pass, layer, drawn)).at(-1) as Named
}

function lengthsOf(batch: number, steps: number): number[] {
  return Array.from({ length: batch }, (_, b) => 1 + ((b * 7) % steps))
}

test('more segments than a call can have arguments', () => {
  const steps = 150_000
  const drawn = draw({ kind: 'RNN', T: 2, B: 1, inputSize: 1, hiddenSize: 2, states: false }, 84)
  const layer = makeLayer(drawn)
  const input = f32(new Rng(2).normals(steps), [steps, 1, 1])
  const [whole, cut] = [{}, { checkpointEvery: 1 }].map((options) => layer.forward(input, options))
  expect(differentBits(resultsOf(cut!), resultsOf(whole!))).toEqual([])
})

test('a sequence of layers hands the option to each', () => {
  const model = sequential(
    new LSTM({ inputSize: 3, hiddenSize: 8, bidirectional: true, seed: 1 }),
    new LSTM({ inputSize: 16, hiddenSize: 5, seed: 2 }),
    new Linear({ inFeatures: 5, outFeatures: 2, seed: 3 }),
  )
  const input = f32(new Rng(3).normals(11 * 4 * 3), [11, 4, 3])
  const output = f32(new Rng(4).normals(11 * 4 * 2), [11, 4, 2])
  const [expected, actual] = [{}, { checkpointEvery: 3 }].map((options) => {
    for (const { grad } of model.parameters()) grad.data.fill(0)
    const forwards = jest.spyOn(LSTM.prototype, 'forward')
    const pass = model.forward(input, options)
    expect(forwards.mock.calls.map(([, given]) => given)).toEqual([options, options])
    forwards.mockRestore()
    const gradients = model.layers.flatMap((layer) => Object.entries(gradientsOf(layer)))
    return {
      output: pass.output.data,
      'd.input': pass.backward({ output }).input.data,
      ...Object.fromEntries(gradients.map(([name, data], place) => [`${place} ${name}`, data])),
    }
  })
  expect(differentBits(actual!, expected!)).toEqual([])
})

test.each<[unknown, string]>([
  [0, '0'],
  [-3, '-3'],
  [1.5, '1.5'],
  [NaN, 'NaN'],
  [Infinity, 'Infinity'],
  ['x', '"x"'],
  [true, 'true'],
  [null, 'null'],
])('every %p steps is refused', (every, received) => {
  const layer = makeLayer(draw({ kind: 'GRU', T: 2, B: 1, inputSize: 3, hiddenSize: 2 }))
  const options = { checkpointEvery: every as number }
  expect(refusal(() => layer.forward(f32(new Float32Array(6), [2, 1, 3]), options))).toBe(
    `GRU.forward: options.checkpointEvery: expected a whole number from 1 to ${Number.MAX_SAFE_INTEGER}, received ${received}`,
  )
})

test('inference, which keeps nothing, has no such option', () => {
  for (const kind of ['LSTM', 'GRU', 'RNN'] as const) {
    const layer = makeLayer(draw({ kind, T: 2, B: 1, inputSize: 3, hiddenSize: 2 }))
    const input = f32(new Float32Array(6), [2, 1, 3])
    expect(refusal(() => layer.infer(input, { checkpointEvery: 2 }))).toBe(
      `${kind}.infer: options.checkpointEvery: expected it for forward only, received 2`,
    )
  }
})
