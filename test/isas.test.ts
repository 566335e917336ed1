/** Every instruction set that this machine has against the float64 reference: results and all gradients. */
import { engine } from '../lib'
import { native } from '../lib/native/load'
import { tolerance, tooFar } from './closeness'
import {
  backward,
  differentBits,
  draw,
  forward,
  f32,
  makeLayer,
  passOptions,
  referenceOf,
  resultsOf,
  shapesOf,
  type Form,
  type Named,
} from './layer-cases'

const isas = engine().isas
const best = engine().isa
afterAll(() => void native().chooseIsa(best))

/** Sizes at and beside multiples of every vector width (1, 4, 8, 16), of panels (4 vectors) and of tiles. */
const SHAPES: Omit<Form, 'kind'>[] = [
  { T: 1, B: 1, inputSize: 2, hiddenSize: 1 },
  { T: 9, B: 1, inputSize: 1, hiddenSize: 3 },
  { T: 2, B: 7, inputSize: 31, hiddenSize: 15 },
  { T: 9, B: 2, inputSize: 32, hiddenSize: 16 },
  { T: 9, B: 6, inputSize: 33, hiddenSize: 17 },
  { T: 2, B: 13, inputSize: 40, hiddenSize: 33, bias: false },
  { T: 1, B: 6, inputSize: 70, hiddenSize: 64 },
  { T: 2, B: 33, inputSize: 1, hiddenSize: 65 },
  { T: 9, B: 13, inputSize: 33, hiddenSize: 100, bias: false, states: false },
  { T: 2, B: 7, inputSize: 2, hiddenSize: 17, states: false },
  { T: 1, B: 13, inputSize: 41, hiddenSize: 15, states: false },
  // Several chunks: more than 512 rows forward and 2048 back, and a batch that does not divide them.
  { T: 47, B: 13, inputSize: 33, hiddenSize: 3 },
  { T: 70, B: 33, inputSize: 2, hiddenSize: 15, states: false },
  { T: 66, B: 33, inputSize: 40, hiddenSize: 3 },
  // The same forward where few rows share the input's weights, which then has a product of its own for all rows of a chunk.
  { T: 171, B: 3, inputSize: 33, hiddenSize: 7, lengths: [171, 170, 2] },
  { T: 263, B: 2, inputSize: 33, hiddenSize: 5, states: false },
  // In groups: 8 sequences and more of 1,024 steps in all. By several threads where there are some, and too little for them.
  { T: 129, B: 8, inputSize: 5, hiddenSize: 17 },
  { T: 69, B: 15, inputSize: 34, hiddenSize: 5, numLayers: 2, bidirectional: true, batchFirst: true },
  { T: 114, B: 9, inputSize: 1, hiddenSize: 2, states: false },
  // A step that is itself more than a chunk.
  { T: 3, B: 701, inputSize: 35, hiddenSize: 5 },
  { T: 2, B: 2100, inputSize: 3, hiddenSize: 2 },
  // More than a block of K, which is 512 deep, and more than two.
  { T: 1, B: 9, inputSize: 2, hiddenSize: 521 },
  { T: 1, B: 9, inputSize: 1061, hiddenSize: 21 },
  // More than four of them in gates, which are cut on the way back then.
  { T: 2, B: 9, inputSize: 2, hiddenSize: 691 },
  // Forms.
  { T: 9, B: 5, inputSize: 4, hiddenSize: 17, batchFirst: true },
  { T: 9, B: 2, inputSize: 33, hiddenSize: 3, numLayers: 3, bias: false },
  { T: 9, B: 3, inputSize: 7, hiddenSize: 18, numLayers: 2, bidirectional: true, batchFirst: true },
  { T: 60, B: 13, inputSize: 35, hiddenSize: 6, bidirectional: true },
  { T: 9, B: 7, inputSize: 5, hiddenSize: 17, lengths: [4, 9, 1, 9, 6, 2, 4] },
  { T: 9, B: 6, inputSize: 34, hiddenSize: 5, lengths: [7, 1, 3, 3, 7, 2], states: false },
  {
    T: 60,
    B: 23,
    inputSize: 37,
    hiddenSize: 9,
    numLayers: 2,
    bidirectional: true,
    lengths: Array.from({ length: 23 }, (_, b) => 1 + ((b * 17) % 60)),
  },
  {
    T: 120,
    B: 40,
    inputSize: 3,
    hiddenSize: 5,
    bidirectional: true,
    batchFirst: true,
    lengths: Array.from({ length: 40 }, (_, b) => 120 - ((b * 7) % 100)),
  },
]

const FORMS: Form[] = [
  ...(['LSTM', 'GRU'] as const).flatMap((kind) => SHAPES.map((shape): Form => ({ ...shape, kind }))),
  // Back by tiles where there are some: 16 sequences and more, 128 features and units. Rows of one tile and of several, the last ones
  // not full; columns of whole tiles and not; steps of K at once, of which there are 16, and one more; depths of tiles of several
  // steps; two chunks back. Fewer than 64 sequences of so few weights go in groups instead.
  ...(['LSTM', 'GRU'] as const).flatMap((kind): Form[] => [
    { kind, T: 3, B: 65, inputSize: 128, hiddenSize: 144 },
    { kind, T: 3, B: 16, inputSize: 515, hiddenSize: 131, states: false },
    { kind, T: 2, B: 66, inputSize: 139, hiddenSize: 187, bias: false },
    { kind, T: 35, B: 64, inputSize: 129, hiddenSize: 129 },
    {
      ...{ kind, T: 7, B: 71, inputSize: 133, hiddenSize: 128, bidirectional: true, batchFirst: true },
      lengths: Array.from({ length: 71 }, (_, b) => 1 + ((b * 3) % 7)),
    },
  ]),
  { kind: 'LSTM', T: 1, B: 300, inputSize: 130, hiddenSize: 128, numLayers: 2 },
  // Weights of more than 32 MiB, which are packed past the caches.
  { kind: 'LSTM', T: 1, B: 1, inputSize: 2, hiddenSize: 1030 },
  // Groups of unequal lengths: the second ends before the first, which has one sequence where that is as long as all others.
  ...(['LSTM', 'GRU'] as const).flatMap((kind): Form[] => [
    {
      ...{ kind, T: 99, B: 20, inputSize: 3, hiddenSize: 9 },
      lengths: Array.from({ length: 20 }, (_, b) => 99 - ((b * 13) % 90)),
    },
    {
      ...{ kind, T: 513, B: 40, inputSize: 9, hiddenSize: 3, bidirectional: true },
      lengths: Array.from({ length: 40 }, (_, b) => (b === 7 ? 513 : 14)),
    },
  ]),
]

const nameOf = ({ lengths, more: _, ...form }: Form): string =>
  Object.entries({ ...form, ...(lengths && { lengths: lengths.length }) })
    .map(([name, value]) => (name === 'kind' ? String(value) : `${name} ${String(value)}`))
    .join(', ')

describe.each(FORMS.map((form, index) => ({ name: nameOf(form), form, index })))(
  '$name',
  ({ form, index }) => {
    const drawn = draw(form, 1000 + index)
    let expected: Named
    beforeAll(() => {
      expected = referenceOf(drawn)
    })

    test.each(isas)('%s', (isa) => {
      native().chooseIsa(isa)
      const layer = makeLayer(drawn)
      const pass = forward(layer, drawn)
      const results = resultsOf(pass)
      const gradients = backward(pass, layer, drawn)
      expect(tooFar({ ...results, ...gradients }, expected, tolerance(form))).toEqual([])
      const inferred = layer.infer(f32(drawn.input, shapesOf(drawn).input), passOptions(drawn))
      expect(differentBits(resultsOf(inferred), results)).toEqual([])
    })
  },
)

test('all instruction sets were forced, from the plainest one up', () => {
  expect(isas[0]).toBe('scalar')
  expect(isas.map((isa) => [native().chooseIsa(isa), native().state().isa])).toEqual(
    isas.map((isa) => [true, isa]),
  )
})
