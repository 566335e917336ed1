/** Free running: output n is input n + 1, the state goes on, and the other features stay as they were known last. */
import { freeRun } from '../lib/compare/free-run'
import type { StepModel } from '../lib/compare/free-run'
import type { ModelState } from '../lib/compare/model'
import { tensor } from '../lib/tensor'
import type { Tensor } from '../lib/tensor'

/** Gives each input's feature 0 plus one (two for the second sequence), and notes what it got. */
class Counter implements StepModel {
  readonly inputs: { values: number[]; shape: readonly number[]; state: number | undefined }[] = []

  run(inputs: Tensor, state?: ModelState): { outputs: Tensor; state: ModelState } {
    const [steps = 0, batch = 0, features = 0] = inputs.shape
    this.inputs.push({ values: Array.from(inputs.data), shape: inputs.shape, state: state?.h.data[0] })
    const outputs = tensor(
      Array.from({ length: steps * batch }, (_, at) => (inputs.data[at * features] ?? 0) + 1 + (at % batch)),
      [steps, batch, 1],
    )
    return { outputs, state: { h: tensor([(state?.h.data[0] ?? 0) + 1], [1, 1, 1]) } }
  }
}

test('output n is fed back as input n + 1, one step at a time, with the state carried', () => {
  const model = new Counter()
  const values = freeRun(model, tensor([5, 10, 20, 40], [2, 2, 1]), 4, 1)
  // The last known values are 20 and 40; the first output stands for the first unknown row.
  expect(Array.from(values)).toEqual([21, 42, 22, 44, 23, 46, 24, 48])
  const [warm, ...steps] = model.inputs
  expect(warm).toEqual({ values: [5, 10, 20, 40], shape: [2, 2, 1], state: undefined })
  expect(steps).toEqual([
    { values: [21, 42], shape: [1, 2, 1], state: 1 },
    { values: [22, 44], shape: [1, 2, 1], state: 2 },
    { values: [23, 46], shape: [1, 2, 1], state: 3 },
  ])
})

test('only the target’s column is replaced; other features keep their last known value', () => {
  const model = new Counter()
  freeRun(model, tensor([1, 70, 80, 2, 71, 81], [2, 1, 3]), 3, 1)
  expect(model.inputs.slice(1).map(({ values }) => values)).toEqual([
    [3, 71, 81],
    [4, 71, 81],
  ])
})

test('with a horizon, the output of a step is the input so many steps later', () => {
  const model = new Counter()
  // Known rows 10, 20, 30 give outputs 11, 21, 31 for the rows 2, 3 and 4; rows 3 and 4 are the first unknown.
  const values = freeRun(model, tensor([10, 20, 30], [3, 1, 1]), 5, 2)
  expect(Array.from(values)).toEqual([21, 31, 22, 32, 23])
  expect(model.inputs.slice(1).map(({ values: input }) => input)).toEqual([[21], [31], [22]])
})

test('fewer steps than the horizon need no step of their own', () => {
  const model = new Counter()
  expect(Array.from(freeRun(model, tensor([10, 20, 30, 40], [4, 1, 1]), 2, 3))).toEqual([21, 31])
  expect(model.inputs).toHaveLength(1)
})

test('leaves the context as it was', () => {
  const context = tensor([1, 2, 3], [3, 1, 1])
  freeRun(new Counter(), context, 3, 1)
  expect(Array.from(context.data)).toEqual([1, 2, 3])
})
