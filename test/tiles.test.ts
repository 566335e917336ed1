/**
 * Batches that go back by tiles where a processor has them (native/gemm/tiles.h), on every instruction set: the same bits however
 * a sequence is cut, and numbers that are no ordinary ones.
 */
import { engine, setThreads } from '../lib'
import { native } from '../lib/native/load'
import {
  backward,
  differentBits,
  draw,
  f32,
  makeLayer,
  passOptions,
  resultsOf,
  shapesOf,
  type Drawn,
  type Form,
  type Named,
} from './layer-cases'

const before = engine()
afterAll(() => {
  native().chooseIsa(before.isa)
  setThreads(before.threads)
})

const [T, B, I, H] = [7, 67, 131, 133]
const FORMS: Form[] = (['LSTM', 'GRU'] as const).flatMap((kind) => [
  { kind, T, B, inputSize: I, hiddenSize: H },
  {
    kind,
    T,
    B,
    inputSize: I,
    hiddenSize: H,
    lengths: Array.from({ length: B }, (_, b) => 1 + ((b * 3) % T)),
  },
])

test('there are tiles exactly where the instruction set is one with tiles', () => {
  for (const isa of before.isas) {
    native().chooseIsa(isa)
    const scanOf = (cell: 'gru' | 'gru_before' | 'rnn_tanh', inputs: number, units: number) =>
      new (native().Scan)(cell, inputs, units, units, true, Infinity, 0, 0)
    const suits = (batch: number) => scanOf('gru', 512, 512).suitsTiles(batch)
    expect([15, 16].map(suits)).toEqual([false, isa === 'amx'])
    for (const scan of [
      scanOf('gru', 127, 512),
      scanOf('gru', 512, 127),
      scanOf('gru_before', 512, 512),
      scanOf('rnn_tanh', 512, 512),
    ]) {
      expect(scan.suitsTiles(64)).toBe(false)
    }
    // These go in groups.
    const small = scanOf('gru', 128, 128)
    expect([63, 64].map((batch) => small.suitsTiles(batch))).toEqual([false, isa === 'amx'])
    expect([7, 8, 63, 64].map((batch) => small.suitsGroups(batch))).toEqual([
      false,
      true,
      true,
      isa !== 'amx',
    ])
  }
})

describe.each(before.isas)('%s', (isa) => {
  beforeAll(() => void native().chooseIsa(isa))

  /** Results and gradients of a pass of the case. */
  function run(drawn: Drawn, checkpointEvery?: number): Named {
    const layer = makeLayer(drawn)
    const input = f32(drawn.input, shapesOf(drawn).input)
    const pass = layer.forward(input, { ...passOptions(drawn), ...(checkpointEvery && { checkpointEvery }) })
    return { ...resultsOf(pass), ...backward(pass, layer, drawn) }
  }

  test.each(FORMS)(
    '$kind, lengths $lengths: checkpoints give the same bits, with any threads in each',
    (form) => {
      const drawn = draw(form, 71)
      setThreads(1)
      const expected = run(drawn)
      for (const [every, threads] of [
        [1, 1],
        [2, 2],
        [3, 3],
      ] as const) {
        setThreads(threads)
        expect([every, differentBits(run(drawn, every), expected)]).toEqual([every, []])
      }
      setThreads(1)
    },
  )

  const [whole] = FORMS as [Form]

  test('numbers far from 1 lose nothing', () => {
    const drawn = draw(whole, 72)
    const far = 2 ** 80
    const shrink = (name: string) => (data: Float64Array) =>
      data.map((x) => (name.startsWith('weight_ih') ? x / far : x))
    const output = run({
      ...drawn,
      input: drawn.input.map((x) => x * far),
      parameters: Object.fromEntries(
        Object.entries(drawn.parameters).map(([name, data]) => [name, shrink(name)(data)]),
      ),
    })
    const near = run(drawn)
    const scaled = {
      ...near,
      'd.input': Float32Array.from(near['d.input']!, (x) => x / far),
      'd.weight_ih_l0': Float32Array.from(near['d.weight_ih_l0']!, (x) => x * far),
    }
    expect(differentBits(output, scaled)).toEqual([])
  })

  test.each([NaN, Infinity])(
    '%p in a gradient reaches all that it is part of, and no other sequence',
    (x) => {
      const drawn = draw({ ...whole, states: false }, 73)
      const without = run(drawn)
      const [t, b] = [2, 3]
      drawn.gradients.output[(t * B + b) * H + 5] = x
      const output = run(drawn)
      const [dx, expected] = [output['d.input']!, without['d.input']!]
      for (let row = 0; row < T * B; row++) {
        const mine = Array.from({ length: I }, (_, i) => dx[row * I + i]!)
        const [time, sequence] = [Math.floor(row / B), row % B]
        if (sequence !== b || time > t) {
          expect(mine).toEqual(Array.from({ length: I }, (_, i) => expected[row * I + i]))
        } else {
          expect(mine.some(Number.isFinite)).toBe(false)
        }
      }
      expect(Array.from(output['d.weight_ih_l0']!).some((value) => !Number.isFinite(value))).toBe(true)
    },
  )
})
