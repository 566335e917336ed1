/** When `fit` ends in a thread of its own, on the built package, and how it leaves the model. */
import type { BatchRecord, FitOptions, Sequential } from '../lib'
import { built } from './built'
import { f32 } from './layer-cases'
import { bits, filterModel, filterTask } from './training-tasks'

const { Adam, fit, mseLoss, OneCycleLR, SGD } = built

const task = filterTask(1)
const model = (): Sequential => filterModel(0.3, built)

const adam = (of: Sequential): Pick<FitOptions, 'optimizer'> => ({
  optimizer: new Adam(of.parameters(), { lr: 0.01 }),
})

describe('ends', () => {
  test('within a batch of the signal, with a usable model and the schedule of the steps that were made', async () => {
    const of = model()
    const optimizer = new SGD(of.parameters(), { lr: 0.01 })
    const schedule = new OneCycleLR(optimizer, { maxLr: 0.1, totalSteps: 5000 })
    const abort = new AbortController()
    const batches: BatchRecord[] = []
    const { stopped, steps } = await fit(of, task, {
      loss: mseLoss,
      optimizer,
      schedule,
      scheduleEvery: 'step',
      epochs: 1000,
      batchSize: 3,
      seed: 2,
      signal: abort.signal,
      onBatch: (batch) => {
        if (batches.push(batch) === 8) abort.abort()
      },
    })
    expect(stopped).toBe('aborted')
    // The one under way when the signal came is done.
    expect(steps).toBeGreaterThanOrEqual(8)
    expect(steps).toBeLessThanOrEqual(8 + 3)
    expect(batches.length).toBe(steps)
    expect(schedule.lastEpoch).toBe(steps)

    const other = model()
    const by = new SGD(other.parameters(), { lr: 0.01 })
    const end = new AbortController()
    let done = 0
    await fit(other, task, {
      loss: mseLoss,
      optimizer: by,
      schedule: new OneCycleLR(by, { maxLr: 0.1, totalSteps: 5000 }),
      scheduleEvery: 'step',
      epochs: 1000,
      batchSize: 3,
      seed: 2,
      thread: 'caller',
      signal: end.signal,
      onBatch: () => {
        if (++done === steps) end.abort()
      },
    })
    expect(bits(of)).toEqual(bits(other))
  })

  test('at the step where a number is not finite, with those before it made and none after', async () => {
    const spoilt = filterTask(1)
    spoilt.target.data[10] = NaN
    const train = async (thread: 'worker' | 'caller') => {
      const of = model()
      const failure: unknown = await fit(of, spoilt, {
        loss: mseLoss,
        ...adam(of),
        batchSize: 2,
        shuffle: false,
        thread,
      }).catch((error: unknown) => error)
      return { failure, at: (failure as { at?: unknown }).at, bits: bits(of) }
    }
    const [here, there] = [await train('caller'), await train('worker')]
    expect(there).toEqual(here)
    expect(there.failure).toBeInstanceOf(built.NonFiniteError)
    expect(there.at).toMatchObject({ place: 'target', batch: 5, position: [0, 0, 0] })
  })

  test('and skips those steps where that is asked for', async () => {
    const spoilt = filterTask(1)
    spoilt.input.data[33] = Infinity
    const train = async (thread: 'worker' | 'caller') => {
      const of = model()
      const options = {
        loss: mseLoss,
        ...adam(of),
        batchSize: 2,
        seed: 1,
        thread,
        nonFinite: 'skip',
      } as const
      const { skipped, steps } = await fit(of, spoilt, options)
      return [bits(of), skipped, steps]
    }
    expect(await train('worker')).toEqual(await train('caller'))
  })

  test('with the error of a batch that does not fit, of the same class and with the same fields', async () => {
    const of = model()
    const wrong = { input: f32(new Float32Array(2 * 2 * 4), [2, 2, 4]), target: task.target }
    const training = fit(of, [filterTask(1), wrong, filterTask(1)], { loss: mseLoss, ...adam(of) })
    const failure: unknown = await training.catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(built.ArgumentError)
    expect(failure).toMatchObject({
      where: 'GRU.forward',
      argument: 'input',
      expected: 'shape [T, B, 3]',
      message: 'GRU.forward: input: expected shape [T, B, 3], received shape [2, 2, 4]',
    })
  })

  test('with that error, although the source is slow', async () => {
    const wrong = { input: f32(new Float32Array(2 * 2 * 4), [2, 2, 4]), target: task.target }
    async function* slow() {
      yield task
      yield wrong
      await new Promise((resolve) => setTimeout(resolve, 300))
      yield task
    }
    const unhandled: unknown[] = []
    const listen = (error: unknown) => void unhandled.push(error)
    process.on('unhandledRejection', listen)
    const of = model()
    await expect(fit(of, slow, { loss: mseLoss, ...adam(of) })).rejects.toThrow('GRU.forward: input')
    process.off('unhandledRejection', listen)
    expect(unhandled).toEqual([])
  })

  test('with what a loss or a callback of the caller’s throws', async () => {
    const of = model()
    const before = bits(of)
    const failing = fit(of, task, {
      ...adam(of),
      loss: () => {
        throw new RangeError('no loss')
      },
    })
    await expect(failing).rejects.toThrow('no loss')
    expect(bits(of)).toEqual(before)
    const onBatch = () => {
      throw new Error('no more')
    }
    await expect(fit(of, task, { loss: mseLoss, ...adam(of), onBatch })).rejects.toThrow('no more')
  })
})
