/** Streams: one step at a time is, to the bit, the sequence run whole. */
import { GRU, LSTM, setThreads, engine, zeros } from '../lib'
import { native } from '../lib/native/load'
import { draw, f32, makeLayer, shapesOf } from './layer-cases'
import { refusal } from './refusal'
import { Rng } from './reference/rng'

const { isas, isa: best, threads } = engine()
afterAll(() => {
  native().chooseIsa(best)
  setThreads(threads)
})

const forms = [
  { kind: 'LSTM' as const, T: 9, B: 1, inputSize: 3, hiddenSize: 17 },
  { kind: 'GRU' as const, T: 7, B: 5, inputSize: 33, hiddenSize: 19, numLayers: 3, bias: false },
  { kind: 'LSTM' as const, T: 4, B: 13, inputSize: 40, hiddenSize: 34, numLayers: 2 },
  // Large enough that a team divides the units of a step.
  { kind: 'LSTM' as const, T: 3, B: 1, inputSize: 65, hiddenSize: 330 },
  { kind: 'GRU' as const, T: 3, B: 2, inputSize: 5, hiddenSize: 290, numLayers: 2 },
].map((form) => draw({ ...form, states: false }, 3))

describe.each(isas)('%s', (isa) => {
  test.each(forms)('$form.kind, $form.hiddenSize units', (drawn) => {
    const { form } = drawn
    native().chooseIsa(isa)
    setThreads(2)
    const layer = makeLayer(drawn)
    const input = f32(drawn.input, shapesOf(drawn).input)
    const whole = layer.infer(input)
    const stream = layer.stream({ batchSize: form.B })
    const [inputs, outputs] = [form.B * form.inputSize, form.B * form.hiddenSize]
    const run = () =>
      Array.from({ length: form.T }, (_, t) => [
        ...stream.step(input.data.subarray(t * inputs, (t + 1) * inputs)),
      ]).flat()
    expect(run()).toEqual([...whole.output.data])
    const state = stream.state()
    expect(state.h).toEqual(whole.hn)
    expect(state.c).toEqual(whole.cn)
    expect(state.h.shape).toEqual([form.numLayers ?? 1, form.B, form.hiddenSize])
    stream.reset()
    expect(run()).toEqual([...whole.output.data])
    expect(outputs * form.T).toBe(whole.output.data.length)
  })
})

test('a state can be taken out and put back, also from a pass', () => {
  const rng = new Rng(5)
  const layer = new LSTM({ inputSize: 3, hiddenSize: 5, numLayers: 2, seed: 1 })
  const stream = layer.stream()
  const x = () => Float32Array.from(rng.normals(3))
  stream.step(x())
  const before = stream.state()
  const next = x()
  const first = [...stream.step(next)]
  expect([...stream.step(next)]).not.toEqual(first)
  stream.restore(before)
  expect([...stream.step(next)]).toEqual(first)
  const other = layer.stream()
  other.restore(before)
  expect([...other.step(next)]).toEqual(first)

  const past = f32(rng.normals(12), [4, 1, 3])
  const { hn, cn } = layer.infer(past)
  stream.restore({ h: hn, c: cn })
  expect([...stream.step(next)]).toEqual([
    ...layer.infer(f32(next, [1, 1, 3]), { h0: hn, c0: cn }).output.data,
  ])
})

test('keeps its weights until it is told to take new ones', () => {
  const layer = new GRU({ inputSize: 2, hiddenSize: 4, seed: 1 })
  const stream = layer.stream()
  const x = Float32Array.of(0.3, -0.7)
  const first = [...stream.step(x)]
  for (const { value } of layer.parameters()) value.data.reverse()
  stream.reset()
  expect([...stream.step(x)]).toEqual(first)
  stream.reset()
  stream.refresh()
  expect([...stream.step(x)]).toEqual([...layer.infer(f32(x, [1, 1, 2])).output.data])
  expect([...stream.step(x)]).not.toEqual(first)
})

test('writes into the array that it is given', () => {
  const stream = new GRU({ inputSize: 2, hiddenSize: 4, seed: 1 }).stream()
  const out = new Float32Array(4)
  expect(stream.step(Float32Array.of(1, 2), out)).toBe(out)
  expect(out.every((value) => value !== 0)).toBe(true)
})

test('says what is wrong, and then has not moved', () => {
  const layer = new LSTM({ inputSize: 2, hiddenSize: 3, seed: 1 })
  const stream = layer.stream()
  stream.step(Float32Array.of(1, 2))
  const before = stream.state()
  const said = [
    () => stream.step(Float32Array.of(1)),
    () => stream.step([1, 2] as never),
    () => stream.step(Float32Array.of(1, 2), new Float32Array(4)),
    () => stream.step(structuredCloneAway(Float32Array.of(1, 2))),
    () => stream.restore({ h: zeros([1, 1, 3]) }),
    () => stream.restore({ h: zeros([1, 1, 3]), c: zeros([1, 3]) }),
    () => layer.stream({ batchSize: 0 }),
    () => new GRU({ inputSize: 2, hiddenSize: 3, bidirectional: true }).stream(),
  ].map(refusal)
  expect(said).toEqual([
    'LSTM.stream.step: x: expected a Float32Array of length 2, received Float32Array of length 1',
    'LSTM.stream.step: x: expected a Float32Array of length 2, received an array of length 2',
    'LSTM.stream.step: out: expected a Float32Array of length 3, received Float32Array of length 4',
    expect.stringContaining('detached'),
    expect.stringContaining('LSTM.stream.restore: state.c'),
    expect.stringContaining('expected shape [1, 1, 3], received shape [1, 3]'),
    expect.stringContaining('LSTM.stream: options.batchSize'),
    'GRU.stream: bidirectional: expected a layer of one direction, received one that needs the end first',
  ])
  expect(stream.state()).toEqual(before)
})

function structuredCloneAway(array: Float32Array<ArrayBuffer>): Float32Array {
  structuredClone(array, { transfer: [array.buffer] })
  return array
}
