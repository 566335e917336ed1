/** When `fit` ends in the caller's thread, and how it leaves the model. */
import { mseLoss, type BatchRecord, type EpochRecord } from '../lib'
import { adam, bits, filterModel, filterTask, fitHere as fit } from './training-tasks'

const task = filterTask(1)

describe('ends', () => {
  const endless = { loss: mseLoss, epochs: 1000, batchSize: 5, seed: 3 }

  test('within a batch of the signal', async () => {
    const model = filterModel()
    const abort = new AbortController()
    const batches: BatchRecord[] = []
    const { stopped, history, steps } = await fit(model, task, {
      ...endless,
      optimizer: adam(model),
      signal: abort.signal,
      onBatch: (batch) => {
        if (batches.push(batch) === 4) abort.abort()
      },
    })
    expect([stopped, history.length, steps, batches.length]).toEqual(['aborted', 1, 4, 4])
    const by = filterModel()
    await fit(by, task, { ...endless, epochs: 1, optimizer: adam(by) })
    expect(bits(model)).not.toEqual(bits(by))
  })

  test('at once where the signal has come already', async () => {
    const model = filterModel()
    const before = bits(model)
    const result = await fit(model, task, { ...endless, optimizer: adam(model), signal: AbortSignal.abort() })
    expect([result.stopped, result.steps, result.best]).toEqual(['aborted', 0, undefined])
    expect(bits(model)).toEqual(before)
  })

  test('while a source has no data yet', async () => {
    const model = filterModel()
    const abort = new AbortController()
    async function* never() {
      yield task
      abort.abort()
      await new Promise(() => {})
    }
    const { stopped, steps } = await fit(model, never(), {
      ...endless,
      optimizer: adam(model),
      signal: abort.signal,
    })
    expect([stopped, steps]).toEqual(['aborted', 1])
  })

  test('when nothing has been better for so many epochs, with the best parameters', async () => {
    const model = filterModel(0)
    const kept: unknown[] = []
    const validation = filterTask(2, 9)
    const { stopped, best, history } = await fit(model, task, {
      ...endless,
      // Too long a step, so that it gets worse after a while.
      optimizer: adam(model, 0.3),
      validation,
      earlyStopping: { patience: 3 },
      onEpoch: () => void kept.push(bits(model)),
    })
    const losses = history.map((epoch) => epoch.validation!)
    const least = losses.indexOf(Math.min(...losses))
    expect(stopped).toBe('earlyStopping')
    expect(best).toEqual({ epoch: least, loss: losses[least] })
    expect(history.length).toBe(least + 1 + 3)
    expect(bits(model)).toEqual(kept[least])
  })

  test('or with the last ones', async () => {
    const model = filterModel(0)
    let last: unknown
    await fit(model, task, {
      ...endless,
      optimizer: adam(model, 0.3),
      earlyStopping: { patience: 2, minDelta: 0.001, restoreBest: false },
      onEpoch: () => void (last = bits(model)),
    })
    expect(bits(model)).toEqual(last)
  })

  test('with what a callback throws', async () => {
    const model = filterModel()
    const failing = fit(model, task, {
      ...endless,
      optimizer: adam(model),
      onEpoch: (epoch: EpochRecord) => Promise.reject(new Error(`after ${epoch.epoch}`)),
    })
    await expect(failing).rejects.toThrow('after 0')
  })
})
