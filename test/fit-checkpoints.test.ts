/** A training that is stopped and resumed ends with the bits of one that never was; checkpoints are whole or not there. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  Adam,
  ArgumentError,
  DataError,
  GRU,
  LBFGS,
  Linear,
  loadModel,
  loadSafetensors,
  LSTM,
  mseLoss,
  OneCycleLR,
  ReduceLROnPlateau,
  saveSafetensors,
  sequential,
  SGD,
  type AnyOptimizer,
  type EpochRecord,
  type FitOptions,
  type FitResult,
  type Schedule,
  type Sequential,
} from '../lib'
import { bits, filterModel, filterTask, fitHere } from './training-tasks'

const folder = mkdtempSync(join(tmpdir(), 'gatewise-checkpoints-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let folders = 0
const newFolder = (): string => join(folder, `run ${folders++}`)

const task = filterTask(1)
const validation = filterTask(2, 5)

/** What is trained, made anew for each run as by a program that is started again. */
interface Setting {
  readonly model: () => Sequential
  readonly optimizer: (model: Sequential) => AnyOptimizer
  readonly schedule?: (optimizer: AnyOptimizer) => Schedule
  readonly options?: Partial<FitOptions>
}

const EPOCHS = 4

const SETTINGS: Record<string, Setting> = {
  'dropout and Adam': {
    model: () => filterModel(0.4),
    optimizer: (model) => new Adam(model.parameters(), { lr: 0.01, amsgrad: true }),
  },
  'all noise, a schedule by steps, and an average': {
    model: () =>
      sequential(
        new LSTM({
          inputSize: 3,
          hiddenSize: 6,
          numLayers: 2,
          dropout: 0.3,
          recurrentDropout: 0.2,
          zoneout: 0.1,
          seed: 3,
        }),
        new GRU({ inputSize: 6, hiddenSize: 4, dropConnect: 0.3, seed: 4 }),
        new Linear({ inFeatures: 4, outFeatures: 1, seed: 5 }),
      ),
    optimizer: (model) => new SGD(model.parameters(), { lr: 0.01, momentum: 0.9 }),
    schedule: (optimizer) => new OneCycleLR(optimizer as SGD, { maxLr: 0.1, totalSteps: 30 }),
    options: { scheduleEvery: 'step', ema: { decay: 0.9 }, clipGradNorm: 0.3, clipGradValue: 0.1 },
  },
  'groups, gathered gradients, a plateau and early stopping': {
    model: () => filterModel(0.2),
    optimizer: (model) =>
      new Adam([
        { parameters: model.layers[0]!.parameters(), lr: 0.3 },
        { parameters: model.layers[1]!.parameters(), lr: 0.01 },
      ]),
    schedule: (optimizer) => new ReduceLROnPlateau(optimizer as Adam, { patience: 0 }),
    options: { accumulate: 2, earlyStopping: { patience: 3 } },
  },
  'L-BFGS, and states that are carried on': {
    model: () =>
      sequential(
        new GRU({ inputSize: 3, hiddenSize: 4, stateful: true, seed: 3 }),
        new Linear({ inFeatures: 4, outFeatures: 1, seed: 5 }),
      ),
    optimizer: (model) => new LBFGS(model.parameters(), { lr: 0.5, maxIter: 3 }),
    options: { batchSize: 1, validation: filterTask(2, 1) },
  },
}

interface Run {
  readonly model: Sequential
  readonly optimizer: AnyOptimizer
  readonly result: FitResult
}

async function run(
  { model, optimizer, schedule, options }: Setting,
  more: Partial<FitOptions>,
): Promise<Run> {
  const trained = model()
  const by = optimizer(trained)
  const result = await fitHere(trained, task, {
    loss: mseLoss,
    optimizer: by,
    epochs: EPOCHS,
    batchSize: 3,
    validation,
    seed: 5,
    ...(schedule === undefined ? {} : { schedule: schedule(by) }),
    ...options,
    ...more,
  })
  return { model: trained, optimizer: by, result }
}

const timeless = (history: readonly EpochRecord[]) => history.map((epoch) => ({ ...epoch, seconds: 0 }))

describe.each(Object.entries(SETTINGS))('%s', (_, setting) => {
  let whole: Run
  beforeAll(async () => {
    whole = await run(setting, { checkpoint: newFolder() })
  })

  /** Stops after each of so many batches, and goes on each time. */
  test.each([[[1]], [[5]], [[7, 2]], [[2, 3, 1, 4]]])('stopped after %j batches', async (stops) => {
    const checkpoint = { folder: newFolder() }
    for (const stop of stops) {
      const abort = new AbortController()
      let batches = 0
      const { result } = await run(setting, {
        checkpoint,
        resume: true,
        signal: abort.signal,
        onBatch: () => {
          if (++batches === stop) abort.abort()
        },
      })
      expect(result.stopped).toBe('aborted')
    }
    const resumed = await run(setting, { checkpoint, resume: true })
    expect(bits(resumed.model)).toEqual(bits(whole.model))
    expect(resumed.optimizer.stateDict()).toEqual(whole.optimizer.stateDict())
    expect(timeless(resumed.result.history)).toEqual(timeless(whole.result.history))
    expect({ ...resumed.result, history: [] }).toEqual({ ...whole.result, history: [] })
  })

  test('begun again from what was kept in mid-epoch, after more was done', async () => {
    const kept = newFolder()
    const checkpoint = { folder: kept, everyBatches: 2, everyEpochs: 100 }
    const abort = new AbortController()
    let batches = 0
    const copy = join(folder, `copy ${folders++}.safetensors`)
    await run(setting, {
      checkpoint,
      signal: abort.signal,
      onBatch: () => {
        batches++
        // What a kill leaves: the file as it was before the end.
        if (batches === 3 || (setting.options?.batchSize === 1 && batches === 4)) {
          writeFileSync(copy, readFileSync(join(kept, 'last.safetensors')))
        }
        if (batches === 6) abort.abort()
      },
    })
    const resumed = await run(setting, { checkpoint: newFolder(), resume: copy })
    expect(bits(resumed.model)).toEqual(bits(whole.model))
  })
})

test('the best epoch is kept beside the last', async () => {
  const setting: Setting = {
    model: () => filterModel(0),
    optimizer: (model) => new Adam(model.parameters(), { lr: 0.3 }),
  }
  const kept = newFolder()
  const values: unknown[] = []
  const model = filterModel(0)
  const { best, history } = await fitHere(model, task, {
    loss: mseLoss,
    optimizer: setting.optimizer(model),
    epochs: 8,
    validation,
    seed: 2,
    checkpoint: kept,
    extras: { scaler: [1, -Infinity], features: ['a', 'b'] },
    onEpoch: () => void values.push(bits(model)),
  })
  expect(readdirSync(kept).sort()).toEqual(['best.safetensors', 'last.safetensors'])
  expect(best!.epoch).toBeLessThan(history.length - 1)
  for (const [name, epoch] of [
    ['best', best!.epoch],
    ['last', history.length - 1],
  ] as const) {
    const loaded = loadModel(join(kept, `${name}.safetensors`))
    expect(bits(loaded.model)).toEqual(values[epoch])
    expect(loaded.extras).toEqual({ scaler: [1, -Infinity], features: ['a', 'b'] })
  }
})

test('a training that was over goes on to more epochs', async () => {
  const setting = SETTINGS['dropout and Adam']!
  const checkpoint = newFolder()
  await run(setting, { checkpoint, epochs: 2 })
  const again = await run(setting, { checkpoint, resume: true, epochs: 2 })
  expect([again.result.stopped, again.result.steps]).toEqual(['finished', 10])
  const resumed = await run(setting, { checkpoint, resume: true })
  expect(bits(resumed.model)).toEqual(bits((await run(setting, {})).model))
})

test('without a seed the one that was drawn is kept', async () => {
  const { seed: _, ...rest } = { seed: undefined, loss: mseLoss, batchSize: 3 }
  const checkpoint = newFolder()
  const start = (more: Partial<FitOptions>) => {
    const model = filterModel()
    return fitHere(model, task, { ...rest, optimizer: new Adam(model.parameters()), checkpoint, ...more })
  }
  const first = await start({})
  const second = await start({ resume: true, epochs: 2 })
  expect(second.seed).toBe(first.seed)
})

describe('refused', () => {
  const setting = SETTINGS['dropout and Adam']!
  const checkpoint = newFolder()
  beforeAll(async () => {
    let batches = 0
    const abort = new AbortController()
    await run(setting, { checkpoint, signal: abort.signal, onBatch: () => ++batches === 2 && abort.abort() })
  })

  const refusalOf = async (with_: Setting, more: Partial<FitOptions>): Promise<unknown> =>
    run(with_, { checkpoint, resume: true, ...more }).catch((error: unknown) => error)

  test('another seed, or another cut in mid-epoch', async () => {
    expect(await refusalOf(setting, { seed: 6 })).toMatchObject({
      argument: 'options.seed',
      expected: '5, as in the training that is resumed',
    })
    expect(await refusalOf(setting, { batchSize: 4 })).toMatchObject({ argument: 'options.batchSize' })
    expect(await refusalOf(setting, { shuffle: false })).toMatchObject({ argument: 'options.shuffle' })
    expect(await refusalOf(setting, { accumulate: 2 })).toBeInstanceOf(ArgumentError)
  })

  test('another model, and another optimiser', async () => {
    const other: Setting = {
      ...setting,
      model: () => sequential(new Linear({ inFeatures: 3, outFeatures: 1 })),
    }
    expect(await refusalOf(other, {})).toBeInstanceOf(DataError)
    const sgd: Setting = { ...setting, optimizer: (model) => new SGD(model.parameters(), { lr: 0.1 }) }
    expect(await refusalOf(sgd, {})).toMatchObject({ argument: 'state.optimizer' })
  })

  test('a file that is none, and one that is damaged', async () => {
    expect(await refusalOf(setting, { resume: join(folder, 'nowhere.safetensors') })).toMatchObject({
      code: 'ERR_GATEWISE_FILE',
    })
    const plain = join(folder, 'plain.safetensors')
    saveSafetensors(plain, filterModel().stateDict())
    expect(await refusalOf(setting, { resume: plain })).toMatchObject({
      message: expect.stringContaining('no checkpoint') as unknown,
    })

    const { tensors, metadata } = loadSafetensors(join(checkpoint, 'last.safetensors'))
    const key = 'gatewise.training'
    const training = JSON.parse(metadata[key]!) as {
      progress: Record<string, unknown>
      [name: string]: unknown
    }
    const damaged = join(folder, 'damaged.safetensors')
    for (const text of [
      '{',
      'null',
      '[]',
      JSON.stringify({ ...training, progress: {} }),
      JSON.stringify({ ...training, optimizer: undefined }),
      JSON.stringify({ ...training, waiting: -1 }),
      JSON.stringify({ ...training, randoms: [['a', 1, 2, 3]] }),
      JSON.stringify({ ...training, progress: { ...training.progress, position: { epoch: 0.5 } } }),
      JSON.stringify({ ...training, progress: { ...training.progress, history: 3 } }),
      JSON.stringify({ ...training, progress: { ...training.progress, seed: 'x' } }),
    ]) {
      saveSafetensors(damaged, tensors, { ...metadata, [key]: text })
      expect([text, await refusalOf(setting, { resume: damaged })]).toEqual([text, expect.any(DataError)])
    }
  })

  test('leaves model and optimiser as they were', async () => {
    const model = filterModel()
    const optimizer = new SGD(model.parameters(), { lr: 0.1 })
    const before = bits(model)
    const options = { loss: mseLoss, optimizer, batchSize: 3, seed: 5, checkpoint, resume: true }
    await expect(fitHere(model, task, options)).rejects.toThrow(ArgumentError)
    expect(bits(model)).toEqual(before)
    expect(optimizer.stateDict()).toEqual(new SGD(filterModel().parameters(), { lr: 0.1 }).stateDict())
  })

  test('another schedule, in a thread that ends', async () => {
    const scheduled: Setting = {
      ...setting,
      schedule: (optimizer) => new OneCycleLR(optimizer as Adam, { maxLr: 0.1, totalSteps: 30 }),
    }
    expect(await refusalOf(scheduled, {})).toBeInstanceOf(ArgumentError)
  })

  test('resume: true without a folder', async () => {
    await expect(run(setting, { resume: true })).rejects.toMatchObject({ argument: 'options.resume' })
  })
})
