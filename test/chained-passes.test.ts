/**
 * A sequence cut into passes that hand their states on: the results of the whole, and either the whole gradient by hand
 * or, where nothing is handed back, that of truncated backpropagation (Williams and Peng 1990).
 */
import type { CellForwardOptions } from '../lib/layers/recurrent-input'
import type { RecurrentPass } from '../lib/layers/recurrent-pass'
import type { Tensor } from '../lib/tensor'
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
  type Layer,
  type Named,
} from './layer-cases'
import { relativeError } from './reference/finite-differences'

const T = 11
const CUTS = [0, 1, 6, 11] // a pass of one step among them

const FORMS: Form[] = [
  ...(['LSTM', 'GRU', 'RNN'] as const).flatMap((kind): Form[] => [
    { kind, T, B: 3, inputSize: 5, hiddenSize: 17 },
    { kind, T, B: 7, inputSize: 37, hiddenSize: 6, numLayers: 2 },
  ]),
  { kind: 'LSTM', T, B: 4, inputSize: 5, hiddenSize: 9, projSize: 4, peepholes: true, numLayers: 2 },
  { kind: 'GRU', T, B: 4, inputSize: 5, hiddenSize: 9, resetBefore: true },
]

const steps = (all: Float64Array, from: number, to: number): Float64Array =>
  all.slice((from * all.length) / T, (to * all.length) / T)

/** Runs the pieces one after another, each from the states that the one before left. */
function runPieces(layer: Layer, drawn: Drawn, options: CellForwardOptions = {}): RecurrentPass[] {
  const { form } = drawn
  const passes: RecurrentPass[] = []
  let states: { h0?: Tensor; c0?: Tensor } = passOptions(drawn)
  for (let piece = 1; piece < CUTS.length; piece++) {
    const [from, to] = [CUTS[piece - 1]!, CUTS[piece]!]
    const input = f32(steps(drawn.input, from, to), [to - from, form.B, form.inputSize])
    const pass: RecurrentPass = layer.forward(input, { ...states, ...options })
    states = { h0: pass.hn, ...(pass.cn && { c0: pass.cn }) }
    passes.push(pass)
  }
  return passes
}

/** The case's gradient of a piece's output. */
function ofPiece(drawn: Drawn, piece: number): Tensor {
  const [from, to] = [CUTS[piece]!, CUTS[piece + 1]!]
  const [, B, width] = shapesOf(drawn).output as [number, number, number]
  return f32(steps(drawn.gradients.output, from, to), [to - from, B, width])
}

const joined = (parts: readonly Float32Array[]): number[] => parts.flatMap((part) => [...part])

describe.each(FORMS.map((form): Form => ({ numLayers: 1, ...form })))(
  '$kind, $inputSize → $hiddenSize, layers $numLayers',
  (form) => {
    const drawn = draw(form, 61)
    const layer = makeLayer(drawn)

    test('outputs and last states are the bits of one pass', () => {
      const passes = runPieces(layer, drawn)
      const last = passes.at(-1)!
      const actual = { ...resultsOf(last), output: joined(passes.map(({ output }) => output.data)) }
      expect(differentBits(actual, resultsOf(forward(layer, drawn)))).toEqual([])
    })

    test('inferring piece by piece likewise', () => {
      const whole = layer.infer(f32(drawn.input, shapesOf(drawn).input), passOptions(drawn))
      const outputs: Float32Array[] = []
      let states: { h0?: Tensor; c0?: Tensor } = passOptions(drawn)
      for (let t = 0; t < T; t++) {
        const result: { output: Tensor; hn: Tensor; cn?: Tensor } = layer.infer(
          f32(steps(drawn.input, t, t + 1), [1, form.B, form.inputSize]),
          states,
        )
        states = { h0: result.hn, ...(result.cn && { c0: result.cn }) }
        outputs.push(result.output.data)
      }
      expect(differentBits({ output: joined(outputs) }, { output: whole.output.data })).toEqual([])
    })

    test.each([undefined, 2])(
      'gradients handed back through h0 and c0 make up the whole one, checkpoints every %p',
      (every) => {
        const one = makeLayer(drawn)
        const expected = backward(forward(one, drawn), one, drawn)
        const two = makeLayer(drawn)
        const passes = runPieces(two, drawn, every === undefined ? {} : { checkpointEvery: every })
        const { h, c } = shapesOf(drawn)
        let hn = f32(drawn.gradients.hn, h)
        let cn = form.kind === 'LSTM' ? f32(drawn.gradients.cn, c) : undefined
        const inputs: Float32Array[] = []
        for (let piece = passes.length; piece-- > 0;) {
          const back = passes[piece]!.backward({ output: ofPiece(drawn, piece), hn, ...(cn && { cn }) })
          hn = back.h0
          cn = back.c0
          inputs.unshift(back.input.data)
        }
        const actual: Named = {
          'd.input': joined(inputs),
          'd.h0': hn.data,
          ...(cn && { 'd.c0': cn.data }),
          ...gradientsOf(two),
        }
        // What is summed is the same; where it is cut the sums are rounded once more, by 2^-24 of at most their sizes.
        const far = Object.keys(expected).filter(
          (name) => !(relativeError(actual[name]!, expected[name]!) < 8 * 2 ** -24),
        )
        expect(far).toEqual([])
      },
    )

    test('where nothing is handed back, each piece has the gradient of its own steps', () => {
      const { hn, cn } = drawn.gradients
      const nothing = { hn: new Float64Array(hn.length), cn: new Float64Array(cn.length) }
      const cut = makeLayer(drawn)
      const passes = runPieces(cut, drawn)
      const inputs = passes.map((pass, piece) => pass.backward({ output: ofPiece(drawn, piece) }).input.data)
      const actual: Named = { 'd.input': joined(inputs), ...gradientsOf(cut) }

      // The reference runs each piece from states that depend on nothing: those that the piece before left.
      const pieces = passes.map((_, piece) => {
        const [from, to] = [CUTS[piece]!, CUTS[piece + 1]!]
        const last = passes[piece - 1]
        return referenceOf({
          ...drawn,
          form: { ...form, T: to - from },
          input: steps(drawn.input, from, to),
          h0: last ? Float64Array.from(last.hn.data) : drawn.h0,
          c0: last?.cn ? Float64Array.from(last.cn.data) : drawn.c0,
          gradients: { ...nothing, output: steps(drawn.gradients.output, from, to) },
        })
      })
      const expected: Named = Object.fromEntries(
        Object.keys(actual).map((name) => {
          const parts = pieces.map((piece) => Array.from(piece[name]!))
          return [
            name,
            name === 'd.input' ? parts.flat() : parts.reduce((a, b) => a.map((x, i) => x + b[i]!)),
          ]
        }),
      )
      expect(tooFar(actual, expected, tolerance(form))).toEqual([])

      // And that is another gradient than the whole one, which also has what comes from later pieces.
      const one = makeLayer(drawn)
      const whole = backward(forward(one, drawn), one, {
        ...drawn,
        gradients: { ...drawn.gradients, ...nothing },
      })
      const off = Object.keys(actual).map((name) => relativeError(actual[name]!, whole[name]!))
      expect(Math.min(...off)).toBeGreaterThan(100 * tolerance(form))
    })
  },
)
