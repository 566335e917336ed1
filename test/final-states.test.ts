/** `output: false`: forward and infer give the last states alone, with the same bits and the same gradients. */
import { GRU, LSTM, RNN, setThreads, engine, type Tensor } from '../lib'
import type { CellForwardOptions } from '../lib/layers/recurrent-input'
import type { OutputGradients, RecurrentPass } from '../lib/layers/recurrent-pass'
import {
  differentBits,
  draw,
  f32,
  gradientsOf,
  makeLayer,
  outputGradients,
  passOptions,
  shapesOf,
  type Drawn,
  type Form,
  type Layer,
  type Named,
} from './layer-cases'
import { refusal } from './refusal'

const { threads } = engine()
afterAll(() => setThreads(threads))

const T = 12
const lengths = [4, 12, 1, 8, 7, 9]
const small = { T, B: 6, inputSize: 5, hiddenSize: 18 }
const noise = { seed: 5, dropConnect: 0.3, zoneout: 0.2, recurrentDropout: 0.2, dropout: 0.3 }

const FORMS: Form[] = [
  ...(['LSTM', 'GRU', 'RNN'] as const).flatMap((kind): Form[] => [
    { ...small, kind },
    { ...small, kind, states: false, batchFirst: true, lengths },
    { ...small, kind, numLayers: 3, lengths },
    { ...small, kind, numLayers: 2, bidirectional: true, lengths },
    { ...small, kind, bidirectional: true, more: noise },
    { ...small, kind, numLayers: 2, lengths, more: noise },
  ]),
  { ...small, kind: 'LSTM', projSize: 7, bidirectional: true, lengths },
  { ...small, kind: 'LSTM', layerNorm: true, numLayers: 2, bidirectional: true },
  { ...small, kind: 'GRU', resetBefore: true, lengths, numLayers: 2 },
]

const inputOf = (drawn: Drawn): Tensor => f32(drawn.input, shapesOf(drawn).input)

const states = ({ hn, cn }: { hn: Tensor; cn?: Tensor }): Named => ({
  hn: hn.data.slice(),
  ...(cn && { cn: cn.data.slice() }),
})

/** Last states of a fresh layer's pass, and all gradients that come from them. */
function run(drawn: Drawn, options: CellForwardOptions, given: OutputGradients): Named {
  const layer = makeLayer(drawn)
  const pass = layer.forward(inputOf(drawn), { ...passOptions(drawn), ...options })
  expect('output' in pass).toBe(options.output !== false)
  const { input, h0, c0 } = pass.backward(given)
  return {
    ...states(pass),
    'd.input': input.data,
    'd.h0': h0.data,
    ...(c0 && { 'd.c0': c0.data }),
    ...gradientsOf(layer),
  }
}

const nameOf = ({ kind, more, ...form }: Form): string =>
  `${kind} ${JSON.stringify({ ...form, T: undefined, B: undefined, ...(more && { more: 'noise' }) })}`

describe.each(FORMS.map((form) => ({ name: nameOf(form), form })))('$name', ({ form }) => {
  const drawn = draw(form, 101)
  const { hn, cn } = outputGradients(drawn)

  test('forward and back', () => {
    const given = { hn, ...(cn && { cn }) }
    const expected = run(drawn, {}, given)
    for (const checkpointEvery of [undefined, 1, 4, 5, T]) {
      const options = { output: false, ...(checkpointEvery !== undefined && { checkpointEvery }) }
      const actual = run(drawn, options, given)
      expect([checkpointEvery, differentBits(actual, expected)]).toEqual([checkpointEvery, []])
    }
  })

  test('infer', () => {
    const layer = makeLayer(drawn)
    const given = passOptions(drawn)
    const expected = layer.infer(inputOf(drawn), given)
    const actual = layer.infer(inputOf(drawn), { ...given, output: false })
    expect(Object.keys(actual)).toEqual(form.kind === 'LSTM' ? ['hn', 'cn'] : ['hn'])
    expect(differentBits(states(actual), states(expected))).toEqual([])
    const told = layer.infer(inputOf(drawn), { ...given, output: true })
    expect(differentBits({ output: told.output.data }, { output: expected.output.data })).toEqual([])
  })
})

describe('infer over more rows than it holds at a time, 2,048', () => {
  const many = Array.from({ length: 37 }, (_, b) => 1 + ((b * 41) % 160))
  const long = { T: 160, B: 37, inputSize: 3, hiddenSize: 6 }
  test.each<Omit<Form, 'kind'>>([
    long,
    { ...long, lengths: many, numLayers: 2 },
    { ...long, lengths: many, bidirectional: true, batchFirst: true, numLayers: 2 },
    { T: 2, B: 2100, inputSize: 2, hiddenSize: 3 }, // a step that is itself more
    { T: 4100, B: 1, inputSize: 2, hiddenSize: 3, bidirectional: true },
  ])('%j', (form) => {
    for (const kind of ['LSTM', 'GRU', 'RNN'] as const) {
      for (const more of [{}, { zoneout: 0.3, dropout: 0.5, recurrentDropout: 0.4 }]) {
        const drawn = draw({ ...form, kind, more }, 102)
        const layer = makeLayer(drawn)
        const [expected, actual] = [true, false].map((output) => {
          setThreads(output ? 1 : 2)
          return states(layer.infer(inputOf(drawn), { ...passOptions(drawn), output }))
        })
        expect([kind, differentBits(actual!, expected!)]).toEqual([kind, []])
      }
    }
  })
})

test('the gradient of an output that is not there is refused, with the reason', () => {
  for (const kind of ['LSTM', 'GRU'] as const) {
    const drawn = draw({ ...small, kind }, 103)
    const layer = makeLayer(drawn)
    for (const more of [{}, { checkpointEvery: 3 }]) {
      const options = { output: false, ...more } as const
      const pass = layer.forward(inputOf(drawn), options) as RecurrentPass
      expect(refusal(() => pass.backward(outputGradients(drawn)))).toBe(
        `${kind}.backward: gradients.output: expected none, as forward was told output: false, received an object`,
      )
      expect(Object.values(gradientsOf(layer)).every((grad) => Array.from(grad).every((x) => x === 0))).toBe(
        true,
      )
    }
  }
})

test('only true and false will do', () => {
  const input = f32(new Float32Array(10), [2, 1, 5])
  const layer: Layer = makeLayer(draw({ ...small, kind: 'GRU' }))
  for (const method of ['forward', 'infer'] as const) {
    expect(refusal(() => layer[method](input, { output: 0 as never }))).toBe(
      `GRU.${method}: options.output: expected true or false, received 0`,
    )
  }
})

test('the types of such results have no output', () => {
  const input = f32(new Float32Array(10), [2, 1, 5])
  const [lstm, gru, rnn] = [LSTM, GRU, RNN].map((Layer) => new Layer({ inputSize: 5, hiddenSize: 3 })) as [
    LSTM,
    GRU,
    RNN,
  ]
  // The compiler reads these; a line that it does not refuse is an error of `npm run typecheck`.
  const absent: unknown[] = [
    // @ts-expect-error: a result without output
    lstm.forward(input, { output: false }).output,
    // @ts-expect-error: a result without output
    gru.forward(input, { output: false, checkpointEvery: 2 }).output,
    // @ts-expect-error: a result without output
    rnn.forward(input, { output: false }).output,
    // @ts-expect-error: a result without output
    lstm.infer(input, { output: false }).output,
    // @ts-expect-error: a result without output
    gru.infer(input, { output: false }).output,
    // @ts-expect-error: a result without output
    rnn.infer(input, { output: false, lengths: [1] }).output,
  ]
  expect(absent).toEqual(absent.map(() => undefined))
  const present: Tensor[] = [
    lstm.forward(input, { output: true }).output,
    gru.forward(input).output,
    rnn.infer(input, { lengths: [1] }).output,
    lstm.forward(input, { output: false }).cn,
    lstm.infer(input, { output: false }).cn,
    gru.infer(input, { output: false }).hn,
  ]
  expect(present.map(({ shape }) => shape)).toEqual([...Array<number[]>(3).fill([2, 1, 3]), ...Array<number[]>(3).fill([1, 1, 3])]) // prettier-ignore
})
