/** `fit` in a thread of its own, on the built package: the same bits as in the caller's. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  Adam as AdamOfSources,
  fit as fitFromSources,
  type BatchRecord,
  type FitOptions,
  type FitResult,
  type Sequential,
  type TensorData,
  type Tensor,
} from '../lib'
import { built } from './built'
import { f32 } from './layer-cases'
import { bits, filterModel, filterTask, SEQUENCES } from './training-tasks'

const { Adam, fit, GRU, LBFGS, Linear, LSTM, mseLoss, OneCycleLR, RNN, sequential, SGD } = built

const task = filterTask(1)
const model = (): Sequential => filterModel(0.3, built)

type Make = (model: Sequential) => Omit<FitOptions, 'loss'> & Partial<FitOptions>

const lengths = Array.from({ length: SEQUENCES }, (_, n) => 1 + ((n * 3) % 7))

async function trained(make: Make, thread: 'worker' | 'caller', of = model(), data: TensorData = task) {
  const batches: BatchRecord[] = []
  const options = make(of)
  const result = await fit(of, data, {
    loss: mseLoss,
    epochs: 3,
    batchSize: 3,
    seed: 5,
    thread,
    onBatch: (batch) => void batches.push(batch),
    ...options,
  })
  const history = result.history.map((epoch) => ({ ...epoch, seconds: 0 }))
  return { bits: bits(of), state: options.optimizer.stateDict(), batches, result: { ...result, history } }
}

const adam: Make = (of) => ({ optimizer: new Adam(of.parameters(), { lr: 0.01 }) })

const own = (prediction: Tensor, target: Tensor) => {
  const { loss, grad } = mseLoss(prediction, target)
  return { loss: 2 * loss, grad: { ...grad, data: grad.data.map((g) => 2 * g) } }
}

describe('the bits, the records and the states are those of the caller’s thread', () => {
  const optimizers: Record<string, Make> = {
    Adam: adam,
    'Adam in groups, of some parameters only': (of) => ({
      optimizer: new Adam([
        { parameters: of.layers[0]!.parameters().slice(0, 5), lr: 0.1 },
        { parameters: [of.layers[1]!.parameters()[1]!], lr: 0.01, betas: [0.5, 0.9] },
      ]),
    }),
    'a schedule by steps, and an average': (of) => {
      const optimizer = new SGD(of.parameters(), { lr: 0.01, momentum: 0.9, nesterov: true })
      const schedule = new OneCycleLR(optimizer, { maxLr: 0.1, totalSteps: 20 })
      return {
        optimizer,
        schedule,
        scheduleEvery: 'step',
        ema: { decay: 0.8 },
        clipGradNorm: 0.5,
        clipGradValue: 0.1,
      }
    },
    'validation, early stopping and gathered gradients': (of) => ({
      optimizer: new Adam(of.parameters(), { lr: 0.3 }),
      epochs: 20,
      validation: filterTask(2, 6),
      earlyStopping: { patience: 2 },
      accumulate: 2,
    }),
    'L-BFGS': (of) => ({ optimizer: new LBFGS(of.parameters(), { maxIter: 3, lineSearch: 'strongWolfe' }) }),
    'a loss of one’s own': (of) => ({ ...adam(of), loss: own, validation: filterTask(2, 6) }),
    'a loss of one’s own, with L-BFGS': (of) => ({
      optimizer: new LBFGS(of.parameters(), { maxIter: 3 }),
      loss: own,
    }),
    'a loss with options': (of) => ({ ...adam(of), loss: built.huberLoss, lossOptions: { delta: 0.1 } }),
  }
  test('several steps a message, where nobody is told of each', async () => {
    const many: Make = (of) => ({ ...adam(of), epochs: 12, batchSize: 1 })
    const train = async (thread: 'worker' | 'caller') => {
      const of = model()
      const { steps, history } = await fit(of, task, { loss: mseLoss, seed: 5, thread, ...many(of) })
      return { bits: bits(of), steps, losses: history.map(({ loss }) => loss) }
    }
    expect(await train('worker')).toEqual(await train('caller'))
  })

  test.each(Object.entries(optimizers))('%s', async (_, make) => {
    const [here, there] = [await trained(make, 'caller'), await trained(make, 'worker')]
    expect(there).toEqual(here)
    expect(there.bits).not.toEqual(bits(model()))
  })

  test('lengths, for a loss of this package and one of one’s own', async () => {
    for (const loss of [
      mseLoss,
      (prediction: Tensor, target: Tensor, ends: object) => mseLoss(prediction, target, ends),
    ]) {
      const make: Make = (of) => ({ ...adam(of), loss })
      const train = (thread: 'worker' | 'caller') => trained(make, thread, model(), { ...task, lengths })
      expect(await train('worker')).toEqual(await train('caller'))
    }
  })

  test('all layers, their options, ties and noise', async () => {
    const make = (): Sequential => {
      const first = new LSTM({
        inputSize: 3,
        hiddenSize: 6,
        projSize: 4,
        peepholes: true,
        cellClip: 3,
        recurrentDropout: 0.2,
        seed: 1,
      })
      const second = new GRU({
        inputSize: 4,
        hiddenSize: 4,
        numLayers: 2,
        resetAfter: false,
        bias: false,
        stateful: true,
        seed: 2,
      })
      const third = new RNN({
        inputSize: 4,
        hiddenSize: 5,
        nonlinearity: 'relu',
        bidirectional: true,
        dropConnect: 0.2,
        seed: 3,
      })
      second.tie('weight_ih_l1', second.parameters()[0]!)
      const head = new Linear({ inFeatures: 10, outFeatures: 1, bias: false, seed: 4 })
      return sequential(first, second, third, head)
    }
    const options: Make = (of) => ({ ...adam(of), batchSize: SEQUENCES })
    const [here, there] = [await trained(options, 'caller', make()), await trained(options, 'worker', make())]
    expect(there).toEqual(here)
  })

  test('a single layer', async () => {
    const train = async (thread: 'worker' | 'caller') => {
      const layer = new Linear({ inFeatures: 3, outFeatures: 1, seed: 1 })
      await fit(layer, task, {
        loss: mseLoss,
        optimizer: new Adam(layer.parameters()),
        batchSize: 2,
        seed: 1,
        thread,
      })
      return layer.stateDict()
    }
    expect(await train('worker')).toEqual(await train('caller'))
  })

  test('a source that uses its memory again', async () => {
    const train = async (thread: 'worker' | 'caller') => {
      const of = model()
      function* reusing() {
        const input = f32(new Float32Array(7 * 2 * 3), [7, 2, 3])
        const target = f32(new Float32Array(7 * 2), [7, 2, 1])
        for (let batch = 0; batch < 9; batch++) {
          input.data.forEach((_, i) => (input.data[i] = Math.sin(batch + i)))
          target.data.forEach((_, i) => (target.data[i] = Math.cos(batch + i)))
          yield { input, target }
        }
      }
      await fit(of, reusing, { loss: mseLoss, ...adam(of), thread })
      return bits(of)
    }
    expect(await train('worker')).toEqual(await train('caller'))
  })
})

test('the model gets the parameters at the end of each epoch, and when asked for', async () => {
  const of = model()
  const seen: unknown[] = []
  const more: unknown[] = []
  const options = { loss: mseLoss, ...adam(of), epochs: 2, batchSize: 1, seed: 1 }
  await fit(of, task, {
    ...options,
    syncEvery: 2,
    onBatch: ({ batch }) => {
      if (batch % 2 === 1) more.push(bits(of))
    },
    onEpoch: () => void seen.push(bits(of)),
  })
  const other = model()
  const expected: unknown[] = []
  await fit(other, task, {
    ...options,
    ...adam(other),
    thread: 'caller',
    onEpoch: () => void expected.push(bits(other)),
  })
  expect(seen).toEqual(expected)
  expect(more.length).toBe(12)
  // The thread may be up to three batches ahead of what is told.
  expect(new Set([...more, ...seen].map(String)).size).toBeGreaterThan(8)
})

test('the caller’s turn comes while a step is under way', async () => {
  const of = sequential(
    new GRU({ inputSize: 3, hiddenSize: 96, seed: 1 }),
    new Linear({ inFeatures: 96, outFeatures: 1 }),
  )
  let turns = 0
  let batches = 0
  const counting = setInterval(() => turns++, 1)
  await fit(of, filterTask(3, 600), {
    loss: mseLoss,
    ...adam(of),
    epochs: 4,
    batchSize: 300,
    onBatch: () => batches++,
  })
  clearInterval(counting)
  expect(turns).toBeGreaterThan(batches)
})

describe('refused', () => {
  test('what another thread cannot make again', async () => {
    class Mine extends GRU {}
    const mine = new Mine({ inputSize: 3, hiddenSize: 1, seed: 1 })
    const options = { loss: mseLoss, optimizer: new Adam(mine.parameters()) }
    await expect(fit(mine, task, options)).rejects.toMatchObject({
      argument: 'model',
      message: expect.stringContaining("thread: 'caller'") as unknown,
    })
    await fit(mine, task, { ...options, thread: 'caller' })

    class Own extends Adam {}
    const layer = new GRU({ inputSize: 3, hiddenSize: 1, seed: 1 })
    await expect(
      fit(layer, task, { loss: mseLoss, optimizer: new Own(layer.parameters()) }),
    ).rejects.toMatchObject({
      argument: 'options.optimizer',
      message: expect.stringContaining("thread: 'caller'") as unknown,
    })
  })

  test('where no thread can be started, with the way out', async () => {
    // The sources have no compiled file beside them.
    const layer = filterModel()
    const training = fitFromSources(layer, task, {
      loss: mseLoss,
      optimizer: new AdamOfSources(layer.parameters()),
    })
    await expect(training).rejects.toMatchObject({
      code: 'ERR_GATEWISE_ENGINE',
      message: expect.stringMatching(/cannot start a thread to train in: .*thread: 'caller'/) as unknown,
    })
  })
})

test('several trainings at once do not know of each other', async () => {
  const alone = await trained(adam, 'worker')
  const all: Promise<{ bits: unknown; result: Partial<FitResult> }>[] = []
  for (let n = 0; n < 3; n++) all.push(trained(adam, 'worker'))
  for (const each of await Promise.all(all)) expect(each).toEqual(alone)
})

test('checkpoints of a worker are resumed in the caller’s thread, and the other way', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatewise-worker-'))
  try {
    const whole = await trained(adam, 'caller')
    for (const [first, second] of [
      ['worker', 'caller'],
      ['caller', 'worker'],
    ] as const) {
      const checkpoint = join(folder, first)
      const abort = new AbortController()
      let batches = 0
      await trained(
        (of) => ({
          ...adam(of),
          checkpoint,
          signal: abort.signal,
          onBatch: () => {
            if (++batches === 7) abort.abort()
          },
        }),
        first,
      )
      const resumed = await trained((of) => ({ ...adam(of), checkpoint, resume: true }), second)
      expect([resumed.bits, resumed.state, resumed.result]).toEqual([whole.bits, whole.state, whole.result])
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test.each([
  ['in a worker thread, which is ended in mid-step', 'ended'],
  ['in a process that ends by itself when it is over', 'over'],
  ['in a program that is given as text, as a module', 'text'],
])('%s', (_, way) => {
  const file = join(__dirname, 'children', 'fit-threads.cjs')
  const dist = join(__dirname, '..', 'dist')
  const text = `import { createRequire } from 'node:module'; createRequire(${JSON.stringify(file)})(${JSON.stringify(file)}).over(${JSON.stringify(dist)})`
  const program = way === 'text' ? ['--input-type=module', '-e', text] : [file, dist, way]
  const child = spawnSync(process.execPath, program, { encoding: 'utf8', timeout: 60_000 })
  expect([child.status, child.signal, child.stderr]).toEqual([0, null, ''])
  expect(child.stdout.trim()).toBe('done')
})

test('what the caller infers next has what the other thread trained', async () => {
  const of = model()
  const { input } = task
  const before = [of.infer(input), of.infer(input)].map(({ output }) => output.data)
  await fit(of, task, { ...adam(of), loss: mseLoss, epochs: 1, batchSize: 3, thread: 'worker' })
  const fresh = model()
  fresh.loadStateDict(of.stateDict())
  const after = of.infer(input).output.data
  expect(after).not.toEqual(before[1])
  expect(after).toEqual(fresh.infer(input).output.data)
})
