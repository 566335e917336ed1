/** `infer` keeps packed weights from call to call; whatever is written to a parameter between calls is seen by the next. */
import {
  Adam,
  engine,
  ExponentialMovingAverage,
  fit,
  GRU,
  LBFGS,
  LSTM,
  mseLoss,
  RNN,
  setThreads,
  SGD,
  tensor,
  type Tensor,
} from '../lib'
import { BestWeights } from '../lib/compare/best-weights'
import { KeptWeights } from '../lib/layers/kept-weights'
import { ParameterValue } from '../lib/layers/parameter-value'
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

/** Whatever in this package writes parameters, each twice, with calls before, between and after. */
const gru = () => new GRU(options)
const target = tensor(rng.normals(T * B * H), [T, B, H])
function addGradients(layer: Layer): void {
  const pass = layer.forward(input)
  pass.backward({ output: target })
  pass.release()
}
const WRITERS: Record<string, (layer: Layer) => ((() => unknown) | (() => Promise<unknown>))[]> = {
  loadStateDict: (layer) =>
    [8, 9].map((seed) => () => layer.loadStateDict(new GRU({ ...options, seed }).stateDict())),
  'a step of Adam': (layer) => {
    const optimizer = new Adam(layer.parameters(), { lr: 0.1 })
    addGradients(layer)
    return [() => optimizer.step(), () => optimizer.step()]
  },
  'a step of L-BFGS': (layer) => {
    const optimizer = new LBFGS(layer.parameters(), { maxIter: 2 })
    const closure = () => {
      for (const { grad } of layer.parameters()) grad.data.fill(0)
      addGradients(layer)
      return 1
    }
    return [() => optimizer.step(closure), () => optimizer.step(closure)]
  },
  'a mean put in place and taken back': (layer) => {
    const average = new ExponentialMovingAverage(layer.parameters(), { decay: 0.5 })
    average.update()
    layer.loadStateDict(new GRU({ ...options, seed: 8 }).stateDict())
    average.update()
    return [() => average.apply(), () => average.restore()]
  },
  'the best weights put back': (layer) => {
    const best = new BestWeights(layer.parameters())
    best.consider(1, 1)
    layer.loadStateDict(new GRU({ ...options, seed: 8 }).stateDict())
    return [() => best.restore()]
  },
  'another layer tied in, and its value written': (layer) => {
    const other = new GRU({ ...options, seed: 8 })
    const [first] = layer.parameters()
    const [shared] = other.parameters()
    if (first === undefined || shared === undefined) throw new Error('a GRU has parameters')
    return [
      () => layer.tie('weight_ih_l0', shared),
      () => other.loadStateDict(new GRU({ ...options, seed: 9 }).stateDict()),
      () => layer.tie('weight_ih_l0', first),
    ]
  },
  fit: (layer) => {
    const settings = {
      thread: 'caller' as const,
      epochs: 1,
      batchSize: 1,
      optimizer: new SGD(layer.parameters(), { lr: 0.5 }),
    }
    const again = () => fit(layer, { input, target }, { ...settings, loss: mseLoss })
    return [again, again]
  },
}

describe('where nobody has asked for the numbers', () => {
  test.each(Object.entries(WRITERS))('%s', async (_, writersOf) => {
    const layer = gru()
    const writers = writersOf(layer)
    for (const write of writers) {
      const [before] = [layer.infer(input), layer.infer(input)].map(({ output }) => output.data)
      await write()
      const { data } = layer.infer(input).output
      expect(differentBits({ o: data }, { o: before ?? [] })).not.toEqual([])
      expect(differentBits({ o: data }, { o: fresh(gru, layer).data })).toEqual([])
      expect(layer.parameters().map(({ value }) => typeof ParameterValue.writes(value))).not.toContain(
        'undefined',
      )
    }
  })
})

describe('what is known of kept weights', () => {
  const [first, second] = [gru(), gru()].map((layer) => layer.parameters())
  const parameters = first ?? []
  const value = parameters[0]?.value ?? target

  test('they are those of what was packed, until that is written', () => {
    const kept = new KeptWeights(10)
    expect(kept.areOf(parameters)).toBe(false)
    kept.pack(parameters, () => undefined)
    expect(kept.areOf([...parameters])).toBe(true)
    expect(kept.areOf(second ?? [])).toBe(false)
    ParameterValue.read(value)
    expect(kept.areOf(parameters)).toBe(true)
    ParameterValue.write(value)
    expect(kept.areOf(parameters)).toBe(false)
    kept.pack(parameters, () => undefined)
    expect(kept.areOf(parameters)).toBe(true)
  })

  test('a failure on the way leaves nothing known', () => {
    const kept = new KeptWeights(10)
    kept.pack(parameters, () => undefined)
    const fail = () => {
      throw new RangeError('no memory')
    }
    expect(() => kept.pack(second ?? [], fail)).toThrow(RangeError)
    expect(kept.areOf(parameters)).toBe(false)
  })

  test('nothing is known of who holds the numbers', () => {
    const kept = new KeptWeights(10)
    kept.pack(parameters, () => undefined)
    expect(value.data).toHaveLength(3 * H * I)
    expect(kept.areOf(parameters)).toBe(false)
    kept.pack(parameters, () => undefined)
    expect(kept.areOf(parameters)).toBe(false)
  })
})
