/** Every form in which `fit` takes its data gives the same training. */
import { GRU, Linear, mseLoss, sequential, type Batch, type BatchSource, type FitData } from '../lib'
import { f32 } from './layer-cases'
import { adam, bits, filterModel, filterTask, SEQUENCES, sequencesOf, fitHere as fit } from './training-tasks'

const { input, target } = filterTask(1)
const batches: Batch[] = [
  [0, 1, 2, 3, 4],
  [5, 6, 7, 8, 9],
  [10, 11, 12],
].map((chosen) => ({
  input: sequencesOf(input, chosen),
  target: sequencesOf(target, chosen),
}))

async function* streamed(): AsyncGenerator<Batch> {
  for (const batch of batches) {
    await new Promise((resolve) => setTimeout(resolve, 1))
    yield batch
  }
}

async function trainedOn(data: FitData): Promise<unknown> {
  const model = filterModel()
  await fit(model, data, { loss: mseLoss, optimizer: adam(model), epochs: 2, batchSize: 5, shuffle: false })
  return bits(model)
}

const source: BatchSource = { batches: (_, from = 0) => batches.slice(from) }

test.each<[string, () => FitData]>([
  ['an array of batches', () => batches],
  ['a function that gives an iterable', () => () => batches.values()],
  ['a function that gives an async iterable', () => () => streamed()],
  ['a source', () => source],
])('%s', async (_, data) => {
  expect(await trainedOn(data())).toEqual(await trainedOn({ input, target }))
})

test('a function is told the epoch', async () => {
  const epochs: number[] = []
  await trainedOn((epoch) => {
    epochs.push(epoch)
    return batches
  })
  expect(epochs).toEqual([0, 1])
})

test('what can be gone through once only is refused in the second epoch', async () => {
  await expect(trainedOn(streamed())).rejects.toThrow(/no batches in epoch 1.*hand.*function/)
})

test('batches first', async () => {
  const turned = (tensor: typeof input) => {
    const [steps = 0, all = 0, width = 0] = tensor.shape
    const rows = Array.from({ length: all }, (_, n) =>
      Array.from({ length: steps }, (_, t) => [
        ...tensor.data.subarray((t * all + n) * width, (t * all + n + 1) * width),
      ]),
    )
    return f32(rows.flat(2), [all, steps, width])
  }
  const train = async (batchFirst: boolean, steps: 'all' | 'last'): Promise<unknown> => {
    const model = sequential(
      new GRU({ inputSize: 3, hiddenSize: 5, seed: 1, batchFirst }),
      new Linear({ inFeatures: 5, outFeatures: 1, seed: 2 }),
    )
    const last = f32(target.data.subarray(-SEQUENCES), [SEQUENCES, 1])
    const wanted = steps === 'last' ? last : batchFirst ? turned(target) : target
    await fit(
      model,
      { input: batchFirst ? turned(input) : input, target: wanted },
      { loss: mseLoss, optimizer: adam(model), epochs: 2, batchSize: 4, seed: 9, steps },
    )
    return bits(model)
  }
  expect(await train(true, 'last')).toEqual(await train(false, 'last'))
  // The mean's order of summation is that of the axes, so that the last bits may differ; the training must not.
  const [first, second] = [await train(true, 'all'), await train(false, 'all')] as Uint32Array[][]
  const floats = (all: Uint32Array[]) => all.flatMap((each) => [...new Float32Array(each.slice().buffer)])
  for (const [i, value] of floats(first!).entries()) expect(value).toBeCloseTo(floats(second!)[i]!, 5)
})

test('a batch that does not fit leaves the model as the one before it did', async () => {
  const model = filterModel()
  const wrong = { input: f32(new Float32Array(7 * 2 * 4), [7, 2, 4]), target }
  const training = fit(model, [batches[0]!, wrong, batches[1]!], { loss: mseLoss, optimizer: adam(model) })
  await expect(training).rejects.toThrow(
    'GRU.forward: input: expected shape [T, B, 3], received shape [7, 2, 4]',
  )
  const other = filterModel()
  await fit(other, [batches[0]!], { loss: mseLoss, optimizer: adam(other) })
  expect(bits(model)).toEqual(bits(other))
})

test('a source that fails ends the training with its error', async () => {
  const model = filterModel()
  let ended = false
  function* failing() {
    try {
      yield batches[0]!
      throw new Error('the disk is gone')
    } finally {
      ended = true
    }
  }
  await expect(fit(model, failing, { loss: mseLoss, optimizer: adam(model) })).rejects.toThrow(
    'the disk is gone',
  )
  expect(ended).toBe(true)
})
