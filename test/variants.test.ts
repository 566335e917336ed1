/** Every variant of the cells on every instruction set against the float64 reference: results and all gradients. */
import { engine } from '../lib'
import { native } from '../lib/native/load'
import { growthOfErrors, tolerance, tooFar } from './closeness'
import {
  backward,
  differentBits,
  draw,
  f32,
  forward,
  makeLayer,
  passOptions,
  referenceOf,
  resultsOf,
  shapesOf,
  type Form,
  type Named,
} from './layer-cases'
import { VARIANTS, withVariant } from './variant-forms'

const isas = engine().isas
const best = engine().isa
afterAll(() => void native().chooseIsa(best))

/** Sizes at and beside multiples of every vector width (1, 4, 8, 16), of panels (4 vectors) and of tiles. */
const SHAPES: Omit<Form, 'kind'>[] = [
  { T: 1, B: 1, inputSize: 2, hiddenSize: 1 },
  { T: 9, B: 2, inputSize: 5, hiddenSize: 4 },
  { T: 2, B: 7, inputSize: 31, hiddenSize: 15, states: false },
  { T: 5, B: 3, inputSize: 9, hiddenSize: 16, bias: false },
  { T: 9, B: 6, inputSize: 33, hiddenSize: 17 },
  { T: 2, B: 13, inputSize: 7, hiddenSize: 65 },
  { T: 2, B: 7, inputSize: 33, hiddenSize: 100, bias: false, states: false },
  // Several chunks: more than 512 rows forward and, since I + H is not more than that, back.
  {
    T: 21,
    B: 101,
    inputSize: 3,
    hiddenSize: 5,
    lengths: Array.from({ length: 101 }, (_, b) => 1 + ((b * 17) % 21)),
  },
  // Forms.
  { T: 6, B: 3, inputSize: 7, hiddenSize: 8, numLayers: 2, bias: false, batchFirst: true },
  {
    T: 9,
    B: 7,
    inputSize: 5,
    hiddenSize: 9,
    numLayers: 2,
    bidirectional: true,
    lengths: [4, 9, 1, 9, 6, 2, 4],
  },
]

/** More than a block of K, which is 512 deep. */
const DEEP: Form[] = [
  { kind: 'RNN', T: 2, B: 13, inputSize: 2, hiddenSize: 521 },
  { kind: 'GRU', T: 1, B: 9, inputSize: 3, hiddenSize: 521, resetBefore: true },
  { kind: 'GRU', T: 1, B: 9, inputSize: 523, hiddenSize: 521, layerNorm: true, bias: false },
  { kind: 'LSTM', T: 1, B: 9, inputSize: 2, hiddenSize: 521, peepholes: true },
  { kind: 'LSTM', T: 1, B: 9, inputSize: 3, hiddenSize: 523, projSize: 521 },
  { kind: 'LSTM', T: 1, B: 9, inputSize: 1061, hiddenSize: 3, coupledInputForget: true },
]

const FORMS: Form[] = [
  ...VARIANTS.flatMap((variant) => SHAPES.flatMap((shape) => withVariant(shape, variant) ?? [])),
  // One feature, and one fewer than there are units.
  { kind: 'LSTM', T: 4, B: 5, inputSize: 3, hiddenSize: 17, projSize: 1, numLayers: 2 },
  { kind: 'LSTM', T: 4, B: 5, inputSize: 3, hiddenSize: 17, projSize: 16, cellClip: 0.3 },
  // A bound that nothing reaches.
  { kind: 'LSTM', T: 4, B: 5, inputSize: 3, hiddenSize: 7, cellClip: 100 },
  // A step that is itself more than a chunk.
  { kind: 'GRU', T: 2, B: 601, inputSize: 4, hiddenSize: 3, resetBefore: true },
  { kind: 'LSTM', T: 2, B: 601, inputSize: 4, hiddenSize: 3, layerNorm: true },
  { kind: 'LSTM', T: 2, B: 601, inputSize: 4, hiddenSize: 3, projSize: 2, peepholes: true },
  // More than 2048 rows, the most of a chunk, in two directions.
  { kind: 'RNN', T: 24, B: 89, inputSize: 2, hiddenSize: 3, bidirectional: true, nonlinearity: 'relu' },
  ...DEEP,
]

const nameOf = ({ lengths, more: _, ...form }: Form): string =>
  Object.entries({ ...form, ...(lengths && { lengths: lengths.length }) })
    .map(([name, value]) => (name === 'kind' ? String(value) : `${name} ${String(value)}`))
    .join(', ')

describe.each(FORMS.map((form, index) => ({ name: nameOf(form), form, index })))(
  '$name',
  ({ form, index }) => {
    const drawn = draw(form, 2000 + index)
    let expected: Named
    let allowed: number
    beforeAll(() => {
      expected = referenceOf(drawn)
      allowed = tolerance(form) * (form.layerNorm === true ? growthOfErrors(drawn, expected) : 1)
    })

    test.each(isas)('%s', (isa) => {
      native().chooseIsa(isa)
      const layer = makeLayer(drawn)
      const pass = forward(layer, drawn)
      const results = resultsOf(pass)
      const gradients = backward(pass, layer, drawn)
      expect(tooFar({ ...results, ...gradients }, expected, allowed)).toEqual([])
      const inferred = layer.infer(f32(drawn.input, shapesOf(drawn).input), passOptions(drawn))
      expect(differentBits(resultsOf(inferred), results)).toEqual([])
    })
  },
)

describe('a bound on c', () => {
  const bound = 0.5 // exact in float32
  test.each(isas)('%s: some units are at it, and most are within', (isa) => {
    native().chooseIsa(isa)
    for (const other of [{}, { layerNorm: true }, { coupledInputForget: true }, { projSize: 3 }]) {
      const form: Form = { kind: 'LSTM', T: 5, B: 9, inputSize: 4, hiddenSize: 21, cellClip: bound, ...other }
      const { cn } = resultsOf(forward(makeLayer(draw(form, 7)), draw(form, 7)))
      const sizes = Array.from(cn!, Math.abs)
      expect(Math.max(...sizes)).toBe(bound)
      const held = sizes.filter((size) => size === bound).length
      expect(held).toBeGreaterThan(9)
      expect(held).toBeLessThan(sizes.length / 2)
    }
  })
})
