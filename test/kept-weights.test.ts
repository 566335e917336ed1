/** `infer` keeps packed weights from call to call; whatever is written to a parameter between calls is seen by the next. */
import { engine, GRU, LSTM, RNN, setThreads, SGD, tensor, type Tensor } from '../lib'
import { differentBits } from './layer-cases'
import { Rng } from './reference/rng'

const { threads } = engine()
afterAll(() => setThreads(threads))

const [T, B, I, H] = [3, 2, 5, 19]
const rng = new Rng(8)
const input = tensor(rng.normals(T * B * I), [T, B, I])

const options = { inputSize: I, hiddenSize: H, seed: 4 }
const LAYERS = {
  LSTM: () => new LSTM(options),
  'LSTM with a projection': () => new LSTM({ ...options, projSize: 7, peepholes: true }),
  'LSTM with norms': () => new LSTM({ ...options, layerNorm: true }),
  'two layers of GRU, both ways': () => new GRU({ ...options, numLayers: 2, bidirectional: true }),
  'GRU without biases': () => new GRU({ ...options, bias: false, resetAfter: false }),
  RNN: () => new RNN(options),
}
type Layer = LSTM | GRU | RNN

/** What a layer of the same values gives that has never inferred. */
function fresh(make: () => Layer, layer: Layer): Tensor {
  const other = make()
  other.loadStateDict(layer.stateDict())
  return other.infer(input).output
}

describe.each(Object.entries(LAYERS))('%s', (_, make: () => Layer) => {
  test('any one number of any parameter', () => {
    const layer = make()
    for (const { name, value } of layer.parameters()) {
      for (const place of [0, value.data.length - 1, rng.integer(value.data.length)]) {
        const before = layer.infer(input).output
        value.data[place] = (value.data[place] as number) + 0.25
        const after = layer.infer(input).output
        expect([name, place, differentBits({ after: before.data }, { after: after.data })]).not.toEqual([
          name,
          place,
          [],
        ])
        expect(differentBits({ after: after.data }, { after: fresh(make, layer).data })).toEqual([])
      }
    }
  })

  test('an optimiser, a training pass and loadStateDict', () => {
    const layer = make()
    const optimizer = new SGD(layer.parameters(), { lr: 0.5 })
    layer.infer(input)
    const pass = layer.forward(input)
    pass.backward({ output: tensor(rng.normals(pass.output.data.length), pass.output.shape) })
    optimizer.step()
    expect(differentBits({ o: layer.infer(input).output.data }, { o: fresh(make, layer).data })).toEqual([])
    layer.loadStateDict(make().stateDict())
    expect(
      differentBits({ o: layer.infer(input).output.data }, { o: make().infer(input).output.data }),
    ).toEqual([])
  })
})

test('every number of a parameter, wherever it is read from', () => {
  const layer = new GRU({ inputSize: 40, hiddenSize: 24, seed: 5 })
  const x = tensor(rng.normals(40), [1, 1, 40])
  const weights = layer.parameters()[0]?.value.data ?? new Float32Array()
  const unseen: number[] = []
  let before = layer.infer(x).output.data
  for (let place = 0; place < weights.length; place++) {
    weights[place] = (weights[place] as number) + 0.25
    const after = layer.infer(x).output.data
    if (differentBits({ o: before }, { o: after }).length === 0) unseen.push(place)
    before = after
  }
  expect(weights).toHaveLength(3 * 24 * 40)
  expect(unseen).toEqual([])
})

test('a change that only another thread compares', () => {
  const layer = new LSTM({ inputSize: 200, hiddenSize: 150, seed: 3 })
  const x = tensor(rng.normals(200), [1, 1, 200])
  const outputs = [1, 2, 3].map((count) => {
    setThreads(count)
    return layer.parameters().map(({ value }) => {
      layer.infer(x)
      value.data[value.data.length - 1] = count
      return layer.infer(x).output.data
    })
  })
  const expected = new LSTM({ inputSize: 200, hiddenSize: 150, weights: layer.stateDict() }).infer(x).output
  expect(differentBits({ o: outputs.at(-1)?.at(-1) ?? [] }, { o: expected.data })).toEqual([])
})
