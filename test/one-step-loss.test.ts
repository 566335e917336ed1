/** A loss on the output of one step alone: its gradient goes to that step and those before it, and nowhere else. */
import { tolerance, tooFar } from './closeness'
import {
  backward,
  differentBits,
  draw,
  f32,
  forward,
  gradientsOf,
  makeLayer,
  passOptions,
  referenceOf,
  resultsOf,
  shapesOf,
  type Drawn,
  type Form,
  type Named,
} from './layer-cases'

const T = 9
const small = { T, B: 4, inputSize: 5, hiddenSize: 18 }
const lengths = [3, 9, 1, 7]

const FORMS: Form[] = [
  ...(['LSTM', 'GRU', 'RNN'] as const).flatMap((kind): Form[] => [
    { ...small, kind },
    { ...small, kind, lengths, numLayers: 2 },
    { ...small, kind, lengths, bidirectional: true },
  ]),
  { ...small, kind: 'LSTM', projSize: 7, cellClip: 0.5, batchFirst: true },
  { ...small, kind: 'GRU', resetBefore: true, batchFirst: true, numLayers: 2 },
]

/** The case with gradients that are zero but for one step's output. */
function at(drawn: Drawn, step: number): Drawn {
  const { output, hn, cn } = drawn.gradients
  const { B, batchFirst } = drawn.form
  const width = output.length / (T * B)
  const own = output.map((x, i) => {
    const row = Math.floor(i / width)
    return (batchFirst ? row % T : Math.floor(row / B)) === step ? x : 0
  })
  const zeros = { hn: new Float64Array(hn.length), cn: new Float64Array(cn.length) }
  return { ...drawn, gradients: { ...zeros, output: own } }
}

describe.each(FORMS)('$kind, layers $numLayers, lengths $lengths', (form) => {
  const all = draw(form, 131)

  test.each([0, 4, T - 1])('of step %d', (step) => {
    const drawn = at(all, step)
    const layer = makeLayer(drawn)
    const pass = forward(layer, drawn)
    const actual: Named = { ...resultsOf(pass), ...backward(pass, layer, drawn) }
    expect(tooFar(actual, referenceOf(drawn), tolerance(form))).toEqual([])

    // Inputs of later steps and of sequences that are over have no part in it; others have.
    const inputs = Array.from(actual['d.input']!)
    const touched = (t: number, b: number): boolean => {
      const row = form.batchFirst ? b * T + t : t * form.B + b
      return inputs.slice(row * form.inputSize, (row + 1) * form.inputSize).some((x) => x !== 0)
    }
    for (let b = 0; b < form.B; b++) {
      const length = form.lengths?.[b] ?? T
      const wanted = Array.from({ length: T }, (_, t) =>
        form.bidirectional ? step < length && t < length : step < length && t <= step,
      )
      expect([b, wanted.map((_, t) => touched(t, b))]).toEqual([b, wanted])
    }

    // Nothing is different with checkpoints.
    const other = makeLayer(drawn)
    const cut = other.forward(f32(drawn.input, shapesOf(drawn).input), {
      ...passOptions(drawn),
      checkpointEvery: 4,
    })
    expect(differentBits({ ...resultsOf(cut), ...backward(cut, other, drawn) }, actual)).toEqual([])
  })

  test('the gradients of all steps, one pass back for each, add up to that of all', () => {
    const layer = makeLayer(all)
    const pass = forward(layer, all)
    const inputs = Array.from({ length: T }, (_, step) => backward(pass, layer, at(all, step))['d.input']!)
    const sum: Named = {
      'd.input': inputs.reduce((a, b) => Array.from(a, (x, i) => x + b[i]!)),
      ...gradientsOf(layer),
    }
    const { hn, cn } = all.gradients
    const zeros = { hn: new Float64Array(hn.length), cn: new Float64Array(cn.length) }
    const expected = referenceOf({ ...all, gradients: { ...all.gradients, ...zeros } })
    const summed = Object.fromEntries(Object.keys(sum).map((name) => [name, expected[name]!]))
    // One rounding more for each of the sums.
    expect(tooFar(sum, summed, tolerance(form) + T * 2 ** -24)).toEqual([])
  })
})
