/** Training: the same batches for every cell, the best epoch kept, and an end between two batches. */
import { train } from '../lib/compare/train'
import type { TrainingPlan } from '../lib/compare/train'
import { LBFGS_ITERATIONS } from '../lib/compare/defaults'
import { lbfgsEpochs } from '../lib/compare/lbfgs-epochs'
import { LBFGS } from '../lib/optim/lbfgs'
import { LineModel, noisyWave, smallTask } from './compare-fixtures'

const plan: TrainingPlan = { optimiser: 'adam', lr: 0.05, epochs: 20, batch: 8, seed: 3 }

test('learns, and says what each epoch was like', async () => {
  const task = smallTask([noisyWave(120)])
  const model = new LineModel()
  const training = await train(model, task, plan)
  expect(training.train).toHaveLength(20)
  expect(training.validation).toHaveLength(20)
  expect(training.train.at(-1)).toBeLessThan((training.train[0] ?? 0) / 2)
  expect(training.steps).toBe(20 * task.parts.train.count * task.form.window)
  expect(training.closureSeconds).toEqual([])
  expect(training.epochSeconds).toHaveLength(20)
  expect(training.divergedAt).toBeUndefined()
})

test('the seed alone gives the batches: another model sees the same, another seed others', async () => {
  const task = smallTask([noisyWave(120)])
  const seenBy = async (seed: number, lr: number) => {
    const model = new LineModel()
    await train(model, task, { ...plan, seed, lr, epochs: 2 })
    return model.seen
  }
  const first = await seenBy(3, 0.05)
  expect(await seenBy(3, 0.2)).toEqual(first)
  expect(await seenBy(4, 0.05)).not.toEqual(first)
  // Every window once an epoch, and in another order in the next.
  const half = first.length / 2
  const sorted = (batches: number[][]) => batches.flat().sort((a, b) => a - b)
  expect(sorted(first.slice(0, half))).toEqual(sorted(first.slice(half)))
  expect(first.slice(0, half).flat()).not.toEqual(first.slice(half).flat())
  expect(first.at(-1)).toHaveLength(task.parts.train.count % 8)
})

test('keeps the weights of the epoch that was best on the validation part', async () => {
  const task = smallTask([noisyWave(120)])
  // A rate this high overshoots, so the last epoch is not the best.
  const model = new LineModel()
  const { validation, bestEpoch } = await train(model, task, { ...plan, lr: 0.9 })
  const least = Math.min(...validation)
  expect(bestEpoch).toBe(validation.indexOf(least) + 1)
  expect(bestEpoch).toBeLessThan(20)
  const again = new LineModel()
  await train(again, task, { ...plan, lr: 0.9, epochs: bestEpoch })
  expect(model.values()).toEqual(again.values())
})

test('ends between two batches when told, with the finished epochs', async () => {
  const task = smallTask([noisyWave(120)])
  const abort = new AbortController()
  const model = new LineModel()
  const batches = Math.ceil(task.parts.train.count / plan.batch)
  let seen = 0
  const training = await train(model, task, plan, {
    signal: abort.signal,
    onBatch: ({ epoch, batch }) => {
      seen++
      if (epoch === 3 && batch === 2) abort.abort()
    },
  })
  expect(seen).toBe(2 * batches + 2)
  expect(training.train).toHaveLength(2)
  expect([1, 2]).toContain(training.bestEpoch)
})

test('before the first epoch is over there is no best', async () => {
  const signal = AbortSignal.abort()
  const { train: curve, bestEpoch } = await train(new LineModel(), smallTask([noisyWave(60)]), plan, {
    signal,
  })
  expect(curve).toEqual([])
  expect(bestEpoch).toBe(0)
})

test('lets timers run between batches, so that a signal can arrive', async () => {
  const abort = new AbortController()
  setTimeout(() => abort.abort(), 5)
  const { train: curve } = await train(
    new LineModel(),
    smallTask([noisyWave(60)]),
    { ...plan, epochs: 1e6 },
    { signal: abort.signal },
  )
  expect(curve.length).toBeLessThan(1e6)
})

test('a loss that is no number ends the training, with what was best before', async () => {
  class Breaking extends LineModel {
    override addGradients(...given: Parameters<LineModel['addGradients']>): number {
      const loss = super.addGradients(...given)
      return this.seen.length > 25 ? Number.NaN : loss
    }
  }
  const task = smallTask([noisyWave(120)])
  const perEpoch = Math.ceil(task.parts.train.count / plan.batch)
  const { divergedAt, train: curve, bestEpoch } = await train(new Breaking(), task, plan)
  expect(divergedAt).toBe(Math.ceil(26 / perEpoch))
  expect(curve).toHaveLength(Math.ceil(26 / perEpoch) - 1)
  expect(bestEpoch).toBeGreaterThan(0)
})

test('LBFGS by single iterations visits the same weights as an outer step of 20', () => {
  const { train: windows } = smallTask([noisyWave(120)]).parts
  const stepped = new LineModel()
  const updates = lbfgsEpochs(stepped, windows, { lr: 0.1 })
  for (let update = 0; update < 2 * LBFGS_ITERATIONS; update++) {
    const { value } = updates.next()
    expect(value.last).toBe(update % LBFGS_ITERATIONS === LBFGS_ITERATIONS - 1)
    expect(value.batch).toBe((update % LBFGS_ITERATIONS) + 1)
    expect(value.closureSeconds).toBeGreaterThan(0)
  }
  const whole = new LineModel()
  const optimiser = new LBFGS(whole.parameters(), { lr: 0.1, maxIter: LBFGS_ITERATIONS })
  const batch = windows.batch(windows.count)
  windows.fill(
    batch,
    Array.from({ length: windows.count }, (_, at) => at),
    0,
  )
  for (let step = 0; step < 2; step++) {
    optimiser.step(() => {
      optimiser.zeroGrad()
      return whole.addGradients(batch)
    })
  }
  expect(stepped.values()).toEqual(whole.values())
  expect(stepped.seen).toHaveLength(whole.seen.length)
})
