/**
 * Recurrent dropout, zoneout and DropConnect against the float64 reference, on every instruction set: training passes
 * with the masks that were drawn, passes without training with the expectation.
 */
import { engine } from '../lib'
import { native } from '../lib/native/load'
import { Random } from '../lib/random'
import { growthOfErrors, tolerance, tooFar } from './closeness'
import {
  backward,
  differentBits,
  draw,
  f32,
  forward,
  passOptions,
  referenceOf,
  resultsOf,
  shapesOf,
  zeroGradients,
  type Drawn,
  type Form,
  type Noise,
} from './layer-cases'
import { drawMasks, referenceWith, seededLayer, withoutDropped } from './noise-masks'

const isas = engine().isas
const best = engine().isa
afterAll(() => void native().chooseIsa(best))

const SEED = 2 ** 33 + 12
const all = { recurrentDropout: 0.3, zoneout: 0.25, dropConnect: 0.4 }
const ofLstm = { ...all, zoneoutCell: 0.35 }
const lengths = [4, 7, 1, 7, 2]
const small = { T: 7, B: 5, inputSize: 6, hiddenSize: 17 }
const both = { ...small, lengths, numLayers: 2, bidirectional: true }

const FORMS: Form[] = [
  { kind: 'LSTM', ...both, batchFirst: true, more: ofLstm },
  { kind: 'LSTM', ...small, more: { recurrentDropout: 0.5 } },
  { kind: 'LSTM', ...small, more: { zoneout: 0.6 } },
  { kind: 'LSTM', ...small, more: { zoneoutCell: 0.6 }, states: false },
  { kind: 'LSTM', ...both, more: { dropConnect: 0.7 } }, // the plain cell
  { kind: 'LSTM', ...small, peepholes: true, cellClip: 0.5, more: ofLstm },
  { kind: 'LSTM', ...small, coupledInputForget: true, peepholes: true, lengths, more: ofLstm },
  { kind: 'LSTM', ...small, layerNorm: true, numLayers: 2, more: ofLstm },
  {
    kind: 'LSTM',
    ...both,
    projSize: 10,
    more: { recurrentDropout: 0.3, zoneoutCell: 0.35, dropConnect: 0.4 },
  },
  { kind: 'GRU', ...both, more: all },
  { kind: 'GRU', ...small, more: { dropConnect: 0.5 } },
  { kind: 'GRU', ...both, resetBefore: true, more: all },
  { kind: 'GRU', ...small, resetBefore: true, bias: false, states: false, more: { recurrentDropout: 0.5 } },
  { kind: 'GRU', ...both, layerNorm: true, more: all },
  { kind: 'RNN', ...both, more: all },
  { kind: 'RNN', ...small, nonlinearity: 'relu', more: all },
  // Several chunks.
  { kind: 'LSTM', T: 19, B: 33, inputSize: 2, hiddenSize: 3, more: ofLstm },
  {
    kind: 'GRU',
    T: 19,
    B: 33,
    inputSize: 2,
    hiddenSize: 3,
    resetBefore: true,
    bidirectional: true,
    more: all,
  },
]

const nameOf = ({ more, lengths: own, ...form }: Form): string =>
  JSON.stringify({ ...form, ...(own && { lengths: own.length }), ...more }).replaceAll('"', '')

/** The error that is allowed: what is not dropped is larger for it, so that the recurrence need not contract. */
const allowed = (drawn: Drawn, noise: Noise): number =>
  tolerance(drawn.form) * growthOfErrors(drawn, referenceOf(drawn, noise), noise)

/** The masks of all passes that do not train: the share that is kept of each. */
function expectationOf({ T, B, hiddenSize, more = {} }: Form): Noise {
  const { zoneout = 0, zoneoutCell = 0 } = more
  const share = (p: number) =>
    Array.from({ length: 4 }, () => new Float64Array(T * B * hiddenSize).fill(Math.fround(p)))
  return {
    zoneout: { ...(zoneout > 0 && { h: share(zoneout) }), ...(zoneoutCell > 0 && { c: share(zoneoutCell) }) },
  }
}

describe.each(FORMS.map((form, index) => ({ name: nameOf(form), drawn: draw(form, 600 + index) })))(
  '$name',
  ({ drawn }) => {
    const { form } = drawn
    const input = f32(drawn.input, shapesOf(drawn).input)
    const random = new Random(SEED)
    const passes = [0, 1].map(() => drawMasks(form, random))
    const expected = passes.map((masks) => referenceWith(drawn, masks))
    // DropConnect's own scale is no error.
    const bounds = passes.map((masks) => allowed(withoutDropped(drawn, masks), masks.noise))
    const expectation = expectationOf(form)
    const rest = referenceOf(drawn, expectation)
    const restBound = allowed(drawn, expectation)

    test.each(isas)('%s', (isa) => {
      native().chooseIsa(isa)
      const layer = seededLayer(drawn, SEED)

      // Without training there is nothing random, and no word of the seed is taken.
      const still = layer.forward(input, { ...passOptions(drawn), training: false })
      const results = resultsOf(still)
      expect(tooFar({ ...results, ...backward(still, layer, drawn) }, rest, restBound)).toEqual([])
      expect(differentBits(resultsOf(layer.infer(input, passOptions(drawn))), results)).toEqual([])

      const trained = [0, 1].map(() => forward(layer, drawn))
      for (const [index, pass] of trained.entries()) {
        zeroGradients(layer)
        const actual = { ...resultsOf(pass), ...backward(pass, layer, drawn) }
        expect([index, tooFar(actual, expected[index]!, bounds[index]!)]).toEqual([index, []])
      }
    })
  },
)
