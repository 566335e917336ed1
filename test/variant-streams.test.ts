/** Streams of the variants: one step at a time is, to the bit, the sequence run whole, zoneout's expectation included. */
import { engine, GRU, LSTM, RNN, setThreads, zeros, type Tensor } from '../lib'
import { native } from '../lib/native/load'
import { draw, f32, makeLayer, shapesOf, type Form } from './layer-cases'
import { refusal } from './refusal'
import { VARIANTS, withVariant, type VariantForm } from './variant-forms'

const { isas, isa: best, threads } = engine()
afterAll(() => {
  native().chooseIsa(best)
  setThreads(threads)
})

const zoneout = { zoneout: 0.3 }
const WITH_NOISE: VariantForm[] = [
  // What trains with noise infers with its expectation.
  { kind: 'LSTM', more: { ...zoneout, zoneoutCell: 0.4 } },
  { kind: 'LSTM', layerNorm: true, more: { ...zoneout, zoneoutCell: 0.4 } },
  { kind: 'LSTM', projects: true, more: { zoneoutCell: 0.4 } },
  { kind: 'GRU', more: zoneout },
  { kind: 'GRU', resetBefore: true, more: zoneout },
  { kind: 'GRU', layerNorm: true, more: zoneout },
  { kind: 'RNN', more: zoneout },
  // and without, where there is nothing to expect.
  { kind: 'LSTM', more: { recurrentDropout: 0.4, dropConnect: 0.5 } },
]

const SHAPES: Omit<Form, 'kind'>[] = [
  { T: 7, B: 1, inputSize: 3, hiddenSize: 17, numLayers: 2 },
  { T: 5, B: 13, inputSize: 33, hiddenSize: 18, numLayers: 3, bias: false },
  { T: 3, B: 7, inputSize: 9, hiddenSize: 205 }, // more than a block of K, and enough for a team
]

const nameOf = ({ more, ...variant }: VariantForm): string => JSON.stringify({ ...variant, ...more })

describe.each([...VARIANTS, ...WITH_NOISE].map((variant) => ({ name: nameOf(variant), variant })))(
  '$name',
  ({ variant }) => {
    const cases = SHAPES.map((shape) => draw({ ...withVariant(shape, variant)!, states: false }, 5))

    test.each(isas)('%s', (isa) => {
      native().chooseIsa(isa)
      setThreads(2)
      for (const drawn of cases) {
        const { B, T, inputSize, hiddenSize, projSize, numLayers = 1 } = drawn.form
        const layer = makeLayer(drawn)
        const input = f32(drawn.input, shapesOf(drawn).input)
        const whole = layer.infer(input)
        const stream = layer.stream({ batchSize: B })
        const [inputs, outputs] = [B * inputSize, B * (projSize ?? hiddenSize)]
        const run = (from: number, to: number) =>
          Array.from({ length: to - from }, (_, t) =>
            stream.step(input.data.subarray((from + t) * inputs, (from + t + 1) * inputs)),
          )
        const expected = Array.from({ length: T }, (_, t) =>
          whole.output.data.slice(t * outputs, (t + 1) * outputs),
        )
        expect(run(0, T)).toEqual(expected)
        const state = stream.state()
        expect(state.h).toEqual({ data: whole.hn.data, shape: [numLayers, B, projSize ?? hiddenSize] })
        expect(state.c).toEqual(
          variant.kind === 'LSTM' ? { data: whole.cn!.data, shape: [numLayers, B, hiddenSize] } : undefined,
        )

        // From the middle on, with the state that a pass left there.
        const half = layer.infer(f32(input.data.subarray(0, 2 * inputs), [2, B, inputSize]))
        stream.restore({ h: half.hn, ...(half.cn && { c: half.cn }) })
        expect(run(2, T)).toEqual(expected.slice(2))
        stream.reset()
        expect(run(0, 2)).toEqual(expected.slice(0, 2))
      }
    })
  },
)

describe('a projected layer', () => {
  const layer = new LSTM({ inputSize: 2, hiddenSize: 5, projSize: 3, numLayers: 2, seed: 1 })

  test('has h of R and c of H', () => {
    const stream = layer.stream({ batchSize: 4 })
    expect(stream.step(new Float32Array(8))).toHaveLength(12)
    const { h, c } = stream.state()
    expect([h.shape, c!.shape]).toEqual([
      [2, 4, 3],
      [2, 4, 5],
    ])
  })

  test.each<[string, (h: Tensor, c: Tensor) => object, string]>([
    ['h of H', (_, c) => ({ h: c, c }), 'state.h: expected shape [2, 1, 3], received shape [2, 1, 5]'],
    ['c of R', (h) => ({ h, c: h }), 'state.c: expected shape [2, 1, 5], received shape [2, 1, 3]'],
  ])('refuses %s', (_, state, message) => {
    const stream = layer.stream()
    const given = state(zeros([2, 1, 3]), zeros([2, 1, 5]))
    expect(refusal(() => stream.restore(given as { h: Tensor }))).toBe(`LSTM.stream.restore: ${message}`)
    const out = new Float32Array(5)
    expect(refusal(() => stream.step(new Float32Array(2), out))).toBe(
      'LSTM.stream.step: out: expected a Float32Array of length 3, received Float32Array of length 5',
    )
  })
})

test('takes new weights when it is told to, of every kind that a layer has', () => {
  const x = Float32Array.of(0.3, -0.7)
  const sizes = { inputSize: 2, hiddenSize: 4, seed: 1 }
  const layers = [
    new LSTM({ ...sizes, projSize: 3, peepholes: true }),
    new LSTM({ ...sizes, layerNorm: true }),
    new GRU({ ...sizes, layerNorm: true }),
    new GRU({ ...sizes, resetAfter: false }),
    new RNN(sizes),
  ]
  for (const layer of layers) {
    for (const { name, value } of layer.parameters()) {
      const stream = layer.stream()
      const step = () => {
        stream.reset()
        stream.step(x) // so that there is a state for W_hh and peepholes to see
        return [...stream.step(x)]
      }
      const before = step()
      value.data.set(value.data.map((w, i) => 0.7 * w + (i % 2)))
      expect([name, step()]).toEqual([name, before])
      stream.refresh()
      expect([name, step()]).not.toEqual([name, before])
    }
  }
})
