/** Whatever comes in, a layer works or refuses with its own error; drawn at random, shrunk where it fails. */
import fc from 'fast-check'
import { ArgumentError, GRU, Linear, LSTM, type Tensor } from '../lib'

/** Runs what may throw an ArgumentError and nothing else; undefined where it did. */
function orRefusal<T>(call: () => T): T | undefined {
  try {
    return call()
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error
    expect(error.message).toBe(
      `${error.where}: ${error.argument}: expected ${error.expected}, received ${error.received}`,
    )
    return undefined
  }
}

/** Anything, but no number so large that a layer of its size would take minutes. */
const junk = fc
  .oneof(
    fc.anything({
      withBigInt: true,
      withTypedArray: true,
      withDate: true,
      withMap: true,
      withSparseArray: true,
      withNullPrototype: true,
    }),
    fc.constantFrom(NaN, Infinity, -0, -1, 0.5, 2 ** 31, 2 ** 53, null, undefined),
  )
  .filter((x) => typeof x !== 'number' || !(x > 64 && x < 2 ** 20))

/** Mostly good values, at times junk. */
const mostly = <T>(good: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 12, arbitrary: good }, { weight: 1, arbitrary: junk })

const options = fc.record(
  {
    inputSize: mostly(fc.integer({ min: 1, max: 9 })),
    hiddenSize: mostly(fc.integer({ min: 1, max: 9 })),
    numLayers: mostly(fc.integer({ min: 1, max: 3 })),
    bias: mostly(fc.boolean()),
    batchFirst: mostly(fc.boolean()),
    dropout: mostly(fc.double({ min: 0, max: 1, noNaN: true })),
    bidirectional: mostly(fc.boolean()),
    seed: mostly(fc.nat()),
  },
  { requiredKeys: ['inputSize', 'hiddenSize'] },
)

const floats = (n: number): Float32Array => Float32Array.from({ length: n }, (_, i) => Math.sin(i + 1))

/** A tensor of the shape, or one that is off in one way. */
const nearly = (shape: readonly number[]): fc.Arbitrary<unknown> => {
  const size = shape.reduce((a, b) => a * b, 1)
  const good = { data: floats(size), shape }
  return fc.oneof(
    { weight: 20, arbitrary: fc.constant(good) },
    { weight: 1, arbitrary: junk },
    { weight: 1, arbitrary: fc.record({ data: junk, shape: fc.constant(shape) }) },
    { weight: 1, arbitrary: fc.record({ data: fc.constant(good.data), shape: junk }) },
    {
      weight: 1,
      arbitrary: fc
        .array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 })
        .map((s) => ({ data: good.data, shape: s })),
    },
    { weight: 1, arbitrary: fc.nat({ max: 2 * size }).map((n) => ({ data: floats(n), shape })) },
  )
}

test('constructors', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(LSTM, GRU),
      fc.oneof({ weight: 9, arbitrary: options }, { weight: 1, arbitrary: junk }),
      (Cell, given) => {
        const layer = orRefusal(() => new Cell(given as ConstructorParameters<typeof LSTM>[0]))
        if (layer)
          expect(layer.parameters().every(({ value }) => value.data.every(Number.isFinite))).toBe(true)
      },
    ),
    { numRuns: 400, seed: 91 },
  )
  fc.assert(
    fc.property(
      fc.record({
        inFeatures: mostly(fc.integer({ min: 1, max: 9 })),
        outFeatures: mostly(fc.integer({ min: 1, max: 9 })),
      }),
      (given) => {
        orRefusal(() => new Linear(given as { inFeatures: number; outFeatures: number }))
      },
    ),
    { numRuns: 100, seed: 92 },
  )
})

test('forward, backward and infer', () => {
  let passes = 0
  const sizes = fc.record({
    Cell: fc.constantFrom('LSTM' as const, 'GRU' as const),
    T: fc.integer({ min: 1, max: 5 }),
    B: fc.integer({ min: 1, max: 5 }),
    numLayers: fc.integer({ min: 1, max: 2 }),
    bidirectional: fc.boolean(),
    batchFirst: fc.boolean(),
  })
  const cases = sizes.chain((form) => {
    const { T, B, numLayers, bidirectional, batchFirst } = form
    const lead = batchFirst ? [B, T] : [T, B]
    const dirs = bidirectional ? 2 : 1
    const state = [numLayers * dirs, B, 3]
    const lengths = fc.array(mostly(fc.integer({ min: 1, max: T })), { minLength: B, maxLength: B })
    return fc.record({
      form: fc.constant(form),
      input: nearly([...lead, 2]),
      options: mostly(
        fc.record(
          { h0: nearly(state), lengths: mostly(lengths), training: mostly(fc.boolean()) },
          { requiredKeys: [] },
        ),
      ),
      gradients: mostly(
        fc.record({ output: nearly([...lead, dirs * 3]), hn: nearly(state) }, { requiredKeys: [] }),
      ),
    })
  })
  fc.assert(
    fc.property(cases, ({ form: { Cell, T: _, B: _b, ...form }, input, options: given, gradients }) => {
      const options = { inputSize: 2, hiddenSize: 3, seed: 1, ...form }
      const layer = Cell === 'LSTM' ? new LSTM(options) : new GRU(options)
      const pass = orRefusal(() => layer.forward(input as Tensor, given as object))
      const result = orRefusal(() => layer.infer(input as Tensor, given as object))
      expect(result === undefined).toBe(pass === undefined)
      if (!pass) return
      expect([...result!.output.data]).toEqual([...pass.output.data])
      expect(pass.output.data.every((x) => Math.abs(x) <= 1)).toBe(true)
      const back = orRefusal(() => pass.backward(gradients as object))
      if (back) passes++
      else expect(layer.parameters().every(({ grad }) => grad.data.every((x) => x === 0))).toBe(true)
      pass.release()
    }),
    { numRuns: 600, seed: 93 },
  )
  expect(passes).toBeGreaterThan(100) // not all junk
})
