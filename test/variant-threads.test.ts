/** The variants' results are the same bits for any number of threads, with noise too where it is drawn from one seed. */
import { engine, setThreads } from '../lib'
import { native } from '../lib/native/load'
import {
  backward,
  differentBits,
  draw,
  f32,
  forward,
  makeLayer,
  passOptions,
  resultsOf,
  shapesOf,
  type Drawn,
  type Form,
  type Named,
} from './layer-cases'
import { poolThreads } from './pool-threads'
import { VARIANTS, withVariant, type VariantForm } from './variant-forms'

const before = engine()
afterAll(() => {
  native().chooseIsa(before.isa)
  setThreads(before.threads)
})

const COUNTS = [2, 3]

const recurrentDropout = 0.3
const noise = { seed: 5, recurrentDropout, zoneout: 0.2 }
const NOISY: VariantForm[] = [
  { kind: 'LSTM', more: { ...noise, zoneoutCell: 0.3, dropConnect: 0.4 } },
  { kind: 'LSTM', projects: true, peepholes: true, more: { seed: 5, recurrentDropout, zoneoutCell: 0.3 } },
  { kind: 'LSTM', layerNorm: true, more: { ...noise, zoneoutCell: 0.3 } },
  { kind: 'GRU', more: noise },
  { kind: 'GRU', resetBefore: true, more: noise },
  { kind: 'GRU', layerNorm: true, more: noise },
  { kind: 'RNN', more: noise },
]

/**
 * The planner (Engine::plan_scan in native/binding/engine.cc) calls a team from 2^18 multiply-adds on, G·H·(I + R)·N, and
 * these cells it divides by rows of the batch, whatever their number. All shapes leave unequal shares; in one, some
 * members get no row.
 */
const SHAPES: Omit<Form, 'kind'>[] = [
  { T: 9, B: 23, inputSize: 13, hiddenSize: 41 },
  { T: 36, B: 17, inputSize: 9, hiddenSize: 18, states: false, bias: false }, // several chunks
  { T: 13, B: 2, inputSize: 37, hiddenSize: 101 },
  {
    T: 19,
    B: 26,
    inputSize: 35,
    hiddenSize: 21,
    numLayers: 2,
    bidirectional: true,
    lengths: Array.from({ length: 26 }, (_, b) => 1 + ((b * 11) % 19)),
  },
]

/** The cases of a variant: drawn once, for drawing takes longer than running. */
function casesOf(variant: VariantForm): Drawn[] {
  return SHAPES.map((shape) => {
    const drawn = draw(withVariant(shape, variant)!, 37)
    const weights = makeLayer(drawn).stateDict()
    return { ...drawn, form: { ...drawn.form, more: { ...variant.more, weights } } }
  })
}

/** What a new layer gives, whose noise is the first that its seed gives. */
function everything(drawn: Drawn): Named {
  const layer = makeLayer(drawn)
  const pass = forward(layer, drawn)
  const inferred = resultsOf(layer.infer(f32(drawn.input, shapesOf(drawn).input), passOptions(drawn)))
  return {
    ...resultsOf(pass),
    ...backward(pass, layer, drawn),
    ...Object.fromEntries(Object.entries(inferred).map(([name, data]) => [`inferred ${name}`, data])),
  }
}

const nameOf = ({ more, ...variant }: VariantForm): string => JSON.stringify({ ...variant, ...more })

describe.each([...VARIANTS, ...NOISY].map((variant) => ({ name: nameOf(variant), variant })))(
  '$name',
  ({ variant }) => {
    let cases: Drawn[]
    beforeAll(() => void (cases = casesOf(variant)))

    test.each(engine().isas)('%s', (isa) => {
      native().chooseIsa(isa)
      for (const drawn of cases) {
        setThreads(1)
        const expected = everything(drawn)
        for (const threads of COUNTS) {
          setThreads(threads)
          const actual = everything(drawn)
          expect(poolThreads() ?? threads - 1).toBe(threads - 1)
          expect([threads, differentBits(actual, expected)]).toEqual([threads, []])
        }
      }
    })
  },
)
