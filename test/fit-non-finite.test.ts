/** NaN and infinity in data, loss, gradient and step: found where they arise, with the model as the step before left it. */
import {
  LBFGS,
  Linear,
  mseLoss,
  NonFiniteError,
  SGD,
  type FitOptions,
  type Sequential,
  type Tensor,
} from '../lib'
import { f32 } from './layer-cases'
import { Rng } from './reference/rng'
import {
  adam,
  bits,
  filterModel,
  filterTask,
  SEQUENCES,
  sequencesOf,
  STEPS,
  fitHere as fit,
} from './training-tasks'

const whole = { loss: mseLoss, batchSize: 5, shuffle: false } satisfies Partial<FitOptions>

/** The task with a wrong number at step t of sequence n. */
function spoilt(part: 'input' | 'target', t: number, n: number, value: number) {
  const task = filterTask(1)
  const { data, shape } = task[part]
  data[(t * SEQUENCES + n) * shape[2]! + shape[2]! - 1] = value
  return task
}

async function failureOf(training: Promise<unknown>): Promise<NonFiniteError> {
  const failure: unknown = await training.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!(failure instanceof NonFiniteError)) throw failure
  expect(failure.code).toBe('ERR_GATEWISE_NON_FINITE')
  return failure
}

/** The model as two steps on the first batches leave it. */
async function afterFirstBatches(count: number): Promise<unknown> {
  const model = filterModel(0)
  const { input, target } = filterTask(1)
  const chosen = Array.from({ length: count * 5 }, (_, n) => n)
  const task = { input: sequencesOf(input, chosen), target: sequencesOf(target, chosen) }
  if (count > 0) await fit(model, task, { ...whole, optimizer: adam(model) })
  return bits(model)
}

test.each([
  ['input', NaN, 'fit: epoch 0, batch 1: the input is NaN at step 4 of row 2, feature 2'],
  ['input', -Infinity, 'fit: epoch 0, batch 1: the input is -Infinity at step 4 of row 2, feature 2'],
  ['target', Infinity, 'fit: epoch 0, batch 1: the target is Infinity at step 4 of row 2, feature 0'],
] as const)('in the %s: %d', async (part, value, message) => {
  const model = filterModel(0)
  const training = fit(model, spoilt(part, 4, 7, value), { ...whole, optimizer: adam(model) })
  const failure = await failureOf(training)
  expect(failure.message).toBe(message)
  const position = [4, 2, part === 'input' ? 2 : 0]
  expect(failure.at).toEqual({ place: part, value, position, epoch: 0, batch: 1 })
  expect(bits(model)).toEqual(await afterFirstBatches(1))
})

test('what stands in padding is no data', async () => {
  const lengths = Array.from({ length: SEQUENCES }, () => 4)
  const model = filterModel(0)
  const target = f32(new Rng(1).normals(SEQUENCES), [SEQUENCES, 1])
  const given = { ...spoilt('input', 4, 7, NaN), target, lengths }
  const loss = (prediction: Tensor, wanted: Tensor) => mseLoss(prediction, wanted)
  const { skipped } = await fit(model, given, { ...whole, loss, steps: 'last', optimizer: adam(model) })
  expect(skipped).toBe(0)
  const failure = await failureOf(
    fit(
      model,
      { ...given, lengths: lengths.map(() => 5) },
      { ...whole, loss, steps: 'last', optimizer: adam(model) },
    ),
  )
  expect(failure.at).toMatchObject({ place: 'input', position: [4, 2, 2], batch: 1 })
})

test('in the prediction, of parameters that are too large', async () => {
  const model = new Linear({ inFeatures: 2, outFeatures: 1, bias: false, seed: 1 })
  model.loadStateDict({ weight: f32([3e38, 3e38], [1, 2]) })
  const task = { input: f32([0, 0, 1, 1], [2, 2]), target: f32([0, 0], [2, 1]) }
  const failure = await failureOf(fit(model, task, { ...whole, optimizer: adam(model), batchSize: 2 }))
  expect(failure.message).toBe('fit: epoch 0, batch 0: the prediction is Infinity at [1, 0]')
})

test('in a parameter, from the beginning', async () => {
  const model = filterModel(0)
  model.layers[1]!.parameters()[0]!.value.data[3] = NaN
  const failure = await failureOf(fit(model, filterTask(1), { ...whole, optimizer: adam(model) }))
  expect(failure.message).toBe('fit: epoch 0, batch 0: the parameter 1.weight is NaN at [0, 3]')
})

test('in the loss, of numbers that are finite', async () => {
  const model = filterModel(0)
  const before = bits(model)
  const loss = (prediction: Tensor) => ({ loss: Infinity, grad: prediction })
  const failure = await failureOf(fit(model, filterTask(1), { ...whole, loss, optimizer: adam(model) }))
  expect(failure.message).toBe('fit: epoch 0, batch 0: the loss is Infinity')
  expect(bits(model)).toEqual(before)
})

test('in the gradient of a parameter', async () => {
  const model = filterModel(0)
  let calls = 0
  const loss = (prediction: Tensor, target: Tensor) => {
    const { loss, grad } = mseLoss(prediction, target)
    if (++calls === 3) grad.data[5] = NaN
    return { loss, grad }
  }
  const failure = await failureOf(
    fit(model, filterTask(1), { ...whole, loss, optimizer: adam(model), clipGradNorm: 1 }),
  )
  expect(failure.message).toBe('fit: epoch 0, batch 2: the gradient of 0.weight_ih_l0 is NaN at [0, 0]')
  const other = filterModel(0)
  const { input, target } = filterTask(1)
  const chosen = Array.from({ length: 10 }, (_, n) => n)
  await fit(
    other,
    { input: sequencesOf(input, chosen), target: sequencesOf(target, chosen) },
    { ...whole, optimizer: adam(other), clipGradNorm: 1 },
  )
  expect(bits(model)).toEqual(bits(other))
})

test("in the optimiser's step", async () => {
  const model = new Linear({ inFeatures: 2, outFeatures: 1, bias: false, seed: 1 })
  const before = model.stateDict()
  const optimizer = new SGD(model.parameters(), { lr: 1e30 })
  const task = { input: f32([1e5, 2e5], [1, 2]), target: f32([1e5], [1, 1]) }
  const failure = await failureOf(fit(model, task, { ...whole, optimizer }))
  expect(failure.at).toMatchObject({
    place: 'step',
    parameter: 'weight',
    position: [0, 0],
    epoch: 0,
    batch: 0,
  })
  expect(failure.message).toMatch(
    /^fit: epoch 0, batch 0: the parameter weight after the optimiser's step is -?Infinity at/,
  )
  expect(model.stateDict()).toEqual(before)
})

describe('with nonFinite: skip', () => {
  test('the batch is left out and counted, as if it had not been there', async () => {
    const model = filterModel(0)
    const { history, skipped, steps } = await fit(model, spoilt('target', 0, 6, NaN), {
      ...whole,
      optimizer: adam(model),
      nonFinite: 'skip',
    })
    expect([skipped, steps, history[0]!.skipped]).toEqual([1, 2, 1])
    expect(Number.isFinite(history[0]!.loss)).toBe(true)

    const other = filterModel(0)
    const { input, target } = filterTask(1)
    const others = [
      [0, 1, 2, 3, 4],
      [10, 11, 12],
    ].map((chosen) => ({
      input: sequencesOf(input, chosen),
      target: sequencesOf(target, chosen),
    }))
    await fit(other, others, { ...whole, optimizer: adam(other) })
    expect(bits(model)).toEqual(bits(other))
  })

  test('with those whose gradients its own would have been added to', async () => {
    const model: Sequential = filterModel(0)
    const { skipped, steps } = await fit(model, spoilt('target', STEPS - 1, 9, NaN), {
      ...whole,
      batchSize: 2,
      accumulate: 3,
      optimizer: adam(model),
      nonFinite: 'skip',
    })
    // Batches 0 to 2 make a step; 3 and 4, which is spoilt, are lost, and 5 makes one; 6 is what is left.
    expect([skipped, steps]).toEqual([1, 3])
  })

  test('also for L-BFGS', async () => {
    const model = filterModel(0)
    const optimizer = new LBFGS(model.parameters(), { lineSearch: 'strongWolfe' })
    const state = optimizer.stateDict()
    const before = bits(model)
    const { skipped, steps } = await fit(model, spoilt('input', 1, 1, NaN), {
      ...whole,
      batchSize: SEQUENCES,
      optimizer,
      nonFinite: 'skip',
    })
    expect([skipped, steps]).toEqual([1, 0])
    expect(bits(model)).toEqual(before)
    expect(optimizer.stateDict()).toEqual(state)
  })
})
