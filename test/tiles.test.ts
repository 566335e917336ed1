/**
 * Batches that go by tiles where a processor has them (native/gemm/tiles.h), on every instruction set: the same bits however a
 * sequence is cut, and numbers that are no ordinary ones.
 */
import { engine, setThreads, tensor } from '../lib'
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
  type Layer,
  type Named,
} from './layer-cases'

const before = engine()
afterAll(() => {
  native().chooseIsa(before.isa)
  setThreads(before.threads)
})

const [T, B, I, H] = [7, 35, 131, 133]
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
    const kept = (batch: number) => scanOf('gru', 512, 512).keptPrecision('float32', batch)
    expect([15, 16].map(kept)).toEqual(['float32', isa === 'amx' ? 'tiles' : 'float32'])
    for (const scan of [
      scanOf('gru', 127, 512),
      scanOf('gru', 512, 127),
      scanOf('gru_before', 512, 512),
      scanOf('rnn_tanh', 512, 512),
    ]) {
      expect(scan.keptPrecision('float32', 64)).toBe('float32')
    }
    expect(scanOf('gru', 512, 512).keptPrecision('bfloat16', 64)).toBe('bfloat16')
  }
})

describe.each(before.isas)('%s', (isa) => {
  beforeAll(() => void native().chooseIsa(isa))

  describe.each(FORMS)('$kind, lengths $lengths', (form) => {
    const drawn = draw(form, 71)
    const input = f32(drawn.input, shapesOf(drawn).input)
    const run = (checkpointEvery?: number): Named => {
      const layer = makeLayer(drawn)
      const pass = layer.forward(input, {
        ...passOptions(drawn),
        ...(checkpointEvery && { checkpointEvery }),
      })
      return { ...resultsOf(pass), ...backward(pass, layer, drawn) }
    }

    test('checkpoints give the same bits, with any number of threads in each piece', () => {
      setThreads(1)
      const expected = run()
      for (const [every, threads] of [
        [1, 1],
        [2, 2],
        [3, 3],
      ] as const) {
        setThreads(threads)
        expect([every, differentBits(run(every), expected)]).toEqual([every, []])
      }
    })
  })

  const [whole] = FORMS as [Form]

  test('a stream gives the bits of the whole', () => {
    const drawn = draw({ ...whole, states: false }, 72)
    const layer = makeLayer(drawn)
    const { output } = layer.infer(f32(drawn.input, shapesOf(drawn).input))
    const stream = layer.stream({ batchSize: B })
    const steps = Array.from({ length: T }, (_, t) => [
      ...stream.step(Float32Array.from(drawn.input.subarray(t * B * I, (t + 1) * B * I))),
    ])
    expect(differentBits({ output: steps.flat() }, { output: output.data })).toEqual([])
  })

  test('batches of few and of many take the weights as they are now, in any order', () => {
    const drawn = draw({ ...whole, states: false }, 73)
    const layer = makeLayer(drawn)
    const all = f32(drawn.input, shapesOf(drawn).input)
    const few = tensor(all.data.slice(0, T * 2 * I), [T, 2, I])
    const infer = (of: Layer): Named => ({ all: of.infer(all).output.data, few: of.infer(few).output.data })
    const first = infer(layer)
    expect(differentBits(infer(layer), first)).toEqual([])
    for (const { value } of layer.parameters()) value.data[0]! += 0.5
    const changed = infer(layer)
    const fresh = makeLayer(drawn)
    for (const { value } of fresh.parameters()) value.data[0]! += 0.5
    expect(differentBits(changed, infer(fresh))).toEqual([])
    expect(differentBits(changed, first)).toHaveLength(2)
  })

  /** The output of an inference of the case with some number in place of feature 5 of sequence 3 at time 2. */
  function outputWith(drawn: Drawn, x: number): Float32Array {
    const input = f32(drawn.input, shapesOf(drawn).input)
    input.data[(2 * B + 3) * I + 5] = x
    return makeLayer(drawn).infer(input).output.data
  }
  const drawn = draw({ ...whole, states: false }, 74)
  const ofSequence = (output: Float32Array, b: number): number[] =>
    Array.from({ length: T }, (_, t) => [...output.subarray((t * B + b) * H, (t * B + b + 1) * H)]).flat()

  test.each([Infinity, -Infinity, 3.4e38, -3.4e38])('%p saturates the gates', (x) => {
    const output = outputWith(drawn, x)
    const expected = outputWith(drawn, Math.sign(x) * 2 ** 120)
    const worst = output.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0)
    expect(worst).toBeLessThan(1e-6)
  })

  test('NaN stays in its sequence, from its step on', () => {
    const [output, without] = [outputWith(drawn, NaN), outputWith(drawn, 0.5)]
    const mine = ofSequence(output, 3)
    expect(mine.slice(0, 2 * H)).toEqual(ofSequence(without, 3).slice(0, 2 * H))
    expect(mine.slice(2 * H).every(Number.isNaN)).toBe(true)
    for (const b of [2, 4]) expect(ofSequence(output, b)).toEqual(ofSequence(without, b))
  })

  test('weights and inputs far from 1 lose nothing', () => {
    const scaled = (parameter: string): number => (parameter.startsWith('weight_ih') ? 2 ** -90 : 1)
    const far: Drawn = {
      ...drawn,
      input: drawn.input.map((x) => x * 2 ** 90),
      parameters: Object.fromEntries(
        Object.entries(drawn.parameters).map(([name, data]) => [name, data.map((x) => x * scaled(name))]),
      ),
    }
    const [near, output] = [drawn, far].map((of) => {
      return makeLayer(of).infer(f32(of.input, shapesOf(of).input)).output.data
    }) as [Float32Array, Float32Array]
    expect(differentBits({ output }, { output: near })).toEqual([])
  })
})
