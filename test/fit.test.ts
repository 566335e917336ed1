/** `fit` in the caller's thread: what it does is what a loop by hand does. */
import {
  Adam,
  ArgumentError,
  clipGradNorm,
  crossEntropyLoss,
  huberLoss,
  LBFGS,
  Linear,
  mseLoss,
  pinballLoss,
  sequential,
  type BatchRecord,
} from '../lib'
import { f32 } from './layer-cases'
import { Rng } from './reference/rng'
import { adam, bits, filterModel, filterTask, SEQUENCES, sequencesOf, fitHere as fit } from './training-tasks'

const task = filterTask(1)
const order = Array.from({ length: SEQUENCES }, (_, n) => n)

/** The batches of an epoch without shuffling. */
const parts = (size: number): number[][] =>
  Array.from({ length: Math.ceil(SEQUENCES / size) }, (_, part) =>
    order.slice(part * size, (part + 1) * size),
  )

describe('a training is the loop by hand, to the bit', () => {
  test.each([
    ['plainly', {}],
    ['with clipping', { clipGradNorm: 0.05 }],
  ])('%s', async (_, { clipGradNorm: limit }: { clipGradNorm?: number }) => {
    const expected = filterModel()
    const optimizer = adam(expected)
    const losses: number[] = []
    const norms: number[] = []
    for (let epoch = 0; epoch < 2; epoch++) {
      for (const chosen of parts(5)) {
        const pass = expected.forward(sequencesOf(task.input, chosen))
        const { loss, grad } = mseLoss(pass.output, sequencesOf(task.target, chosen))
        optimizer.zeroGrad()
        pass.backward({ output: grad })
        norms.push(clipGradNorm(expected.parameters(), limit ?? 1e30))
        optimizer.step()
        losses.push(loss)
      }
    }

    const model = filterModel()
    const batches: BatchRecord[] = []
    const { history, steps, stopped } = await fit(model, task, {
      loss: mseLoss,
      optimizer: adam(model),
      epochs: 2,
      batchSize: 5,
      shuffle: false,
      ...(limit === undefined ? {} : { clipGradNorm: limit }),
      onBatch: (batch) => batches.push(batch),
    })
    expect(bits(model)).toEqual(bits(expected))
    expect(batches.map(({ loss }) => loss)).toEqual(losses)
    expect(batches.map(({ gradNorm }) => gradNorm)).toEqual(norms)
    expect(batches.map(({ epoch, batch }) => [epoch, batch])).toEqual(
      [0, 1].flatMap((e) => [0, 1, 2].map((b) => [e, b])),
    )
    expect([steps, stopped, history.length]).toEqual([6, 'finished', 2])
    const mean = (losses[3]! * 5 + losses[4]! * 5 + losses[5]! * 3) / SEQUENCES
    expect(history[1]!.loss).toBeCloseTo(mean, 12)
  })

  test('gathering the gradients of three batches, and of what is left at the end', async () => {
    const expected = filterModel(0)
    const optimizer = adam(expected)
    for (const group of [parts(3).slice(0, 3), parts(3).slice(3)]) {
      optimizer.zeroGrad()
      for (const chosen of group) {
        const pass = expected.forward(sequencesOf(task.input, chosen))
        pass.backward({ output: mseLoss(pass.output, sequencesOf(task.target, chosen)).grad })
      }
      for (const { grad } of expected.parameters()) grad.data.set(grad.data.map((g) => g / group.length))
      optimizer.step()
    }

    const model = filterModel(0)
    const { steps } = await fit(model, task, {
      loss: mseLoss,
      optimizer: adam(model),
      batchSize: 3,
      shuffle: false,
      accumulate: 3,
    })
    expect(steps).toBe(2)
    expect(bits(model)).toEqual(bits(expected))
  })

  test('of L-BFGS with a line search', async () => {
    const options = { maxIter: 4, lineSearch: 'strongWolfe' } as const
    const expected = filterModel(0)
    const optimizer = new LBFGS(expected.parameters(), options)
    for (let epoch = 0; epoch < 3; epoch++) {
      optimizer.step(() => {
        optimizer.zeroGrad()
        const pass = expected.forward(task.input)
        const { loss, grad } = mseLoss(pass.output, task.target)
        pass.backward({ output: grad })
        return loss
      })
    }
    const model = filterModel(0)
    const { history } = await fit(model, task, {
      loss: mseLoss,
      optimizer: new LBFGS(model.parameters(), options),
      epochs: 3,
      batchSize: SEQUENCES,
      shuffle: false,
    })
    expect(bits(model)).toEqual(bits(expected))
    expect(history[2]!.loss).toBeLessThan(history[0]!.loss)
  })

  test('with the loss of the last step alone', async () => {
    const lengths = order.map((n) => 1 + ((n * 5) % 7))
    const rng = new Rng(4)
    const target = f32(rng.normals(SEQUENCES), [SEQUENCES, 1])
    const expected = filterModel(0)
    const optimizer = adam(expected)
    const pass = expected.forward(task.input, { lengths })
    const last = order.map((n) => (lengths[n]! - 1) * SEQUENCES + n)
    const seen = f32(
      last.map((place) => pass.output.data[place]!),
      [SEQUENCES, 1],
    )
    const { loss, grad } = mseLoss(seen, target)
    const whole = new Float32Array(pass.output.data.length)
    for (const [n, place] of last.entries()) whole[place] = grad.data[n]!
    pass.backward({ output: { data: whole, shape: pass.output.shape } })
    optimizer.step()

    const model = filterModel(0)
    const given: unknown[] = []
    const { history } = await fit(
      model,
      { input: task.input, target, lengths },
      {
        loss: (prediction: typeof seen, wanted: typeof target, options: { lengths: readonly number[] }) => {
          given.push(options.lengths)
          return mseLoss(prediction, wanted)
        },
        optimizer: adam(model),
        batchSize: SEQUENCES,
        shuffle: false,
        steps: 'last',
      },
    )
    expect(history[0]!.loss).toBe(loss)
    expect(given).toEqual([lengths])
    expect(bits(model)).toEqual(bits(expected))
  })
})

test('the order of the data is of the seed and the epoch', async () => {
  const seen = async (seed: number, shuffle = true): Promise<number[][]> => {
    const model = filterModel()
    const epochs: number[][] = [[], []]
    let epoch = 0
    await fit(model, task, {
      loss: (prediction: typeof task.input, target: typeof task.target) => {
        const width = target.shape[1]!
        for (let n = 0; n < width; n++) epochs[epoch]!.push(target.data[n]!)
        return mseLoss(prediction, target)
      },
      optimizer: adam(model),
      epochs: 2,
      batchSize: 4,
      seed,
      shuffle,
      onEpoch: () => epoch++,
    })
    return epochs
  }
  const first = await seen(5)
  expect(await seen(5)).toEqual(first)
  expect(await seen(6)).not.toEqual(first)
  expect(first[0]).not.toEqual(first[1])
  const plain = [...task.target.data.subarray(0, SEQUENCES)]
  expect(await seen(5, false)).toEqual([plain, plain])
  for (const epoch of first) expect([...epoch].sort()).toEqual([...plain].sort())
})

test('validation is the loss after the epoch, without dropout', async () => {
  const validation = filterTask(2, 9)
  const model = filterModel(0.5)
  const expected: number[] = []
  const { history } = await fit(model, task, {
    loss: huberLoss,
    lossOptions: { delta: 0.1 },
    optimizer: adam(model),
    epochs: 2,
    batchSize: 9,
    validation,
    onEpoch: () =>
      void expected.push(
        huberLoss(model.infer(validation.input).output, validation.target, { delta: 0.1 }).loss,
      ),
  })
  expect(history.map((epoch) => epoch.validation)).toEqual(expected)
})

test('it learns', async () => {
  const model = filterModel(0)
  const { history, best } = await fit(model, filterTask(3, 64), {
    loss: mseLoss,
    optimizer: adam(model, 0.02),
    epochs: 30,
    batchSize: 16,
    seed: 1,
  })
  expect(history.at(-1)!.loss).toBeLessThan(history[0]!.loss / 10)
  expect(best!.loss).toBe(Math.min(...history.map(({ loss }) => loss)))
})

test('classes are targets of integers', async () => {
  const rng = new Rng(8)
  const input = f32(rng.normals(50 * 4), [50, 4])
  const classes = Int32Array.from({ length: 50 }, (_, row) => (input.data[row * 4]! > 0 ? 2 : 0))
  const model = new Linear({ inFeatures: 4, outFeatures: 3, seed: 3 })
  const { history } = await fit(
    model,
    { input, target: classes },
    {
      loss: crossEntropyLoss,
      optimizer: new Adam(model.parameters(), { lr: 0.1 }),
      epochs: 20,
      batchSize: 8,
      seed: 1,
    },
  )
  expect(history.at(-1)!.loss).toBeLessThan(history[0]!.loss / 4)
})

test('several numbers for each target stand side by side, and classes last', async () => {
  const quantiles = [0.1, 0.5, 0.9]
  const head = (outFeatures: number) => sequential(new Linear({ inFeatures: 3, outFeatures, seed: 4 }))
  const two = f32(new Rng(3).normals(7 * SEQUENCES * 2), [7, SEQUENCES, 2])
  const model = head(6)
  const { history } = await fit(
    model,
    { input: task.input, target: two },
    {
      loss: pinballLoss,
      lossOptions: { quantiles },
      optimizer: adam(model),
      batchSize: SEQUENCES,
      shuffle: false,
    },
  )
  const { data } = head(6).infer(task.input).output
  const losses = [...two.data].flatMap((t, i) =>
    quantiles.map((q, k) => {
      const d = t - data[3 * i + k]!
      return Math.max(q * d, (q - 1) * d)
    }),
  )
  expect(history[0]!.loss).toBeCloseTo(losses.reduce((a, b) => a + b) / losses.length, 5)

  const classes = { data: Int32Array.from({ length: 7 * SEQUENCES }, (_, i) => i % 4), shape: [7, SEQUENCES] }
  const other = head(4)
  const { history: ofClasses } = await fit(
    other,
    { input: task.input, target: classes },
    { loss: crossEntropyLoss, optimizer: adam(other), batchSize: SEQUENCES, shuffle: false },
  )
  const { data: logits } = head(4).infer(task.input).output
  const negative = [...classes.data].map((y, i) => {
    const row = [...logits.subarray(4 * i, 4 * i + 4)]
    return Math.log(row.reduce((sum, l) => sum + Math.exp(l), 0)) - row[y]!
  })
  expect(ofClasses[0]!.loss).toBeCloseTo(negative.reduce((a, b) => a + b) / negative.length, 5)
})

test('schedules make their steps, and the records have the rate of each step', async () => {
  const model = filterModel()
  const optimizer = adam(model, 1)
  const metrics: unknown[] = []
  const halving = {
    step(metric?: number) {
      metrics.push(metric)
      optimizer.lr /= 2
    },
    stateDict: () => ({}),
    loadStateDict: () => {},
  }
  const rates: number[] = []
  const options = { loss: mseLoss, optimizer, epochs: 2, batchSize: 5, schedule: halving }
  const onBatch = ({ lr }: BatchRecord) => void rates.push(lr)
  const { history } = await fit(model, task, { ...options, onBatch })
  expect(rates).toEqual([1, 1, 1, 0.5, 0.5, 0.5])
  expect(metrics).toEqual(history.map(({ loss }) => loss))

  optimizer.lr = 1
  rates.length = 0
  await fit(model, task, { ...options, epochs: 1, scheduleEvery: 'step', onBatch })
  expect(rates).toEqual([1, 0.5, 0.25])
})

test('what is wrong is refused before anything is trained', async () => {
  const model = filterModel()
  const before = bits(model)
  const good = { loss: mseLoss, optimizer: adam(model) }
  const refused = async (data: unknown, options: object, from: unknown = model): Promise<string> => {
    const failure: unknown = await fit(from as typeof model, data as typeof task, {
      ...good,
      ...options,
    }).catch((error: unknown) => error)
    return failure instanceof ArgumentError ? failure.argument : `another error: ${String(failure)}`
  }
  expect(await refused(task, { epoch: 3 })).toBe('options.epoch')
  expect(await refused(task, { epochs: 0 })).toBe('options.epochs')
  expect(await refused(task, { loss: 'mse' })).toBe('options.loss')
  expect(await refused(task, { optimizer: {} })).toBe('options.optimizer')
  expect(await refused(task, { steps: 'first' })).toBe('options.steps')
  expect(await refused(task, { clipGradNorm: -1 })).toBe('options.clipGradNorm')
  expect(await refused(task, { earlyStopping: { patience: 0 } })).toBe('options.earlyStopping.patience')
  expect(await refused(task, { signal: true })).toBe('options.signal')
  expect(await refused(task, { accumulate: 2, optimizer: new LBFGS(model.parameters()) })).toBe(
    'options.accumulate',
  )
  expect(await refused(task, { optimizer: adam(filterModel()) })).toBe('options.optimizer')
  expect(await refused(3, {})).toBe('data')
  expect(await refused({ ...task, target: filterTask(1, 12).target }, {})).toBe('data.target')
  expect(await refused({ ...task, lengths: [1] }, {})).toBe('data.lengths')
  expect(await refused(task, {}, {})).toBe('model')
  expect(bits(model)).toEqual(before)
})
