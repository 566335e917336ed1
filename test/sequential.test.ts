/** Layers one after another as one model: passes, names, and streams of a stack with a head. */
import { engine, GRU, Linear, LSTM, RNN, sequential, setThreads, type Sequential } from '../lib'
import { native } from '../lib/native/load'
import { f32 } from './layer-cases'
import { Rng } from './reference/rng'
import { refusal } from './refusal'

const { isas, isa: best, threads } = engine()
afterAll(() => {
  native().chooseIsa(best)
  setThreads(threads)
})

const [T, B, I] = [7, 3, 5]
const rng = new Rng(21)
const input = f32(rng.normals(T * B * I), [T, B, I])

const make = (): Sequential =>
  sequential(
    new GRU({ inputSize: I, hiddenSize: 9, numLayers: 2, seed: 1 }),
    new LSTM({ inputSize: 9, hiddenSize: 6, projSize: 4, seed: 2 }),
    new Linear({ inFeatures: 4, outFeatures: 2, seed: 3 }),
  )

const gradients = (model: Pick<Sequential, 'parameters'>): Float32Array[] =>
  model.parameters().map(({ grad }) => grad.data.slice())

test('forward and backward are those of the layers by hand', () => {
  const dout = f32(rng.normals(T * B * 2), [T, B, 2])
  const lengths = [4, 7, 2]
  const model = make()
  const pass = model.forward(input, { lengths })
  const { input: dx } = pass.backward({ output: dout })
  pass.release()

  const [gru, lstm, head] = make().layers as [GRU, LSTM, Linear]
  const first = gru.forward(input, { lengths })
  const second = lstm.forward(first.output, { lengths })
  const last = head.forward(second.output)
  const back = first.backward({
    output: second.backward({ output: last.backward({ output: dout }).input }).input,
  })
  expect(pass.output).toEqual(last.output)
  expect(dx).toEqual(back.input)
  expect(gradients(model)).toEqual([gru, lstm, head].flatMap((layer) => gradients(layer)))
  expect(model.infer(input, { lengths }).output).toEqual(last.output)
})

test('without the gradient of the input the others are the same', () => {
  const dout = f32(rng.normals(T * B * 2), [T, B, 2])
  const [whole, spared] = [make(), make()]
  whole.forward(input).backward({ output: dout })
  expect(spared.forward(input).backward({ output: dout }, { input: false })).toEqual({})
  expect(gradients(spared)).toEqual(gradients(whole))
})

test('parameters have the names of their places, and go from model to model', () => {
  const model = make()
  const dict = model.stateDict()
  expect(Object.keys(dict).slice(0, 2)).toEqual(['0.weight_ih_l0', '0.weight_hh_l0'])
  expect(Object.keys(dict)).toEqual(expect.arrayContaining(['0.bias_hh_l1', '1.weight_hr_l0', '2.bias']))
  const other = make()
  for (const { value } of other.parameters()) value.data.fill(0)
  other.loadStateDict(dict)
  expect(other.infer(input)).toEqual(model.infer(input))
})

describe.each(isas)('%s', (isa) => {
  test.each([1, 4])('a stream of %d sequences is, to the bit, the model run whole', (batch) => {
    native().chooseIsa(isa)
    setThreads(2)
    const model = make()
    const x = f32(rng.normals(T * batch * I), [T, batch, I])
    const { output } = model.infer(x)
    const stream = model.stream({ batchSize: batch })
    const run = (): number[] =>
      Array.from({ length: T }, (_, t) => [
        ...stream.step(x.data.subarray(t * batch * I, (t + 1) * batch * I)),
      ]).flat()
    expect(run()).toEqual([...output.data])
    stream.reset()
    expect(run()).toEqual([...output.data])
  })
})

test('states of a stream can be taken out and put back', () => {
  const stream = make().stream()
  const x = (): Float32Array => Float32Array.from(rng.normals(I))
  stream.step(x())
  const before = stream.state()
  expect(before.map(({ h, c }) => [h.shape, c?.shape])).toEqual([
    [[2, 1, 9], undefined],
    [
      [1, 1, 4],
      [1, 1, 6],
    ],
  ])
  const next = x()
  const first = [...stream.step(next)]
  expect([...stream.step(next)]).not.toEqual(first)
  stream.restore(before)
  expect([...stream.step(next)]).toEqual(first)
})

test('a stream keeps its weights, the head’s too, until it is told to take new ones', () => {
  const model = make()
  const stream = model.stream()
  const x = Float32Array.from(rng.normals(I))
  const first = [...stream.step(x)]
  for (const { value } of model.parameters()) value.data.reverse()
  stream.reset()
  expect([...stream.step(x)]).toEqual(first)
  stream.reset()
  stream.refresh()
  expect([...stream.step(x)]).toEqual([...model.infer(f32(x, [1, 1, I])).output.data])
})

test('says what is wrong, and then has done nothing', () => {
  const model = make()
  const stream = model.stream()
  stream.step(new Float32Array(I))
  const before = stream.state()
  const pass = model.forward(input)
  pass.release()
  const said = [
    () => sequential(),
    () => sequential('gru' as never),
    () => sequential(new RNN({ inputSize: 3, hiddenSize: 8 }), new Linear({ inFeatures: 4, outFeatures: 2 })),
    () => sequential(new GRU({ inputSize: 2, hiddenSize: 3, bidirectional: true })).stream(),
    () => stream.step(new Float32Array(I + 1)),
    () => stream.step(new Float32Array(I), new Float32Array(3)),
    () => stream.restore([]),
    () => stream.restore([before[0], { h: before[0]?.h }] as never),
    () => model.loadStateDict({ ...model.stateDict(), extra: input }),
    () => model.loadStateDict({}),
    () => pass.backward({ output: pass.output }),
    () => model.forward(input).backward({ output: input }),
  ].map(refusal)
  expect(said).toEqual([
    'sequential: layers: expected one layer or more, received none',
    'sequential: layers[0]: expected an LSTM, GRU, RNN or Linear, received "gru"',
    'sequential: layers[1]: expected a layer of 8 input features, as the one before it gives, received one of 4',
    'GRU.stream: bidirectional: expected a layer of one direction, received one that needs the end first',
    'Sequential.stream.step: x: expected a Float32Array of length 5, received Float32Array of length 6',
    'Sequential.stream.step: out: expected a Float32Array of length 2, received Float32Array of length 3',
    'Sequential.stream.restore: states: expected an array of 2 states, one for each recurrent layer, received an array of length 0',
    expect.stringContaining('LSTM.stream.restore: state.h'),
    expect.stringContaining('Sequential.loadStateDict: extra'),
    expect.stringContaining('0.weight_ih_l0'),
    expect.stringContaining('Sequential.backward: the pass was released'),
    expect.stringContaining('Sequential.backward: gradients.output'),
  ])
  expect(stream.state()).toEqual(before)
})
