/** Copies of batches on their way to another thread. */
import { Workspace } from '../lib/memory/workspace'
import { copyBatch } from '../lib/train/transfer'
import { f32 } from './layer-cases'

test('a copy of a batch has all numbers, in spare memory whatever is in it', () => {
  const spare = new Workspace(2)
  const [input, target] = [f32([1, 2, 3, 4, 5, 6], [3, 1, 2]), f32([7, 8, 9], [3, 1, 1])]
  const given = [input, target].map(({ data }) => new Float32Array(data.length).fill(NaN))
  spare.giveAll(given)
  const used = given.map(({ buffer }) => buffer)
  const copy = copyBatch({ input, target, lengths: [3] }, spare)
  expect(copy).toEqual({ input, target, lengths: Int32Array.of(3) })
  expect(copy.input.data.buffer).toBe(used[0])
  expect('data' in copy.target && (copy.target.data as Float32Array).buffer).toBe(used[1])
  const classes = copyBatch({ input, target: [0, 2, 1] }, spare)
  expect(classes.target).toEqual(Float64Array.of(0, 2, 1))
  expect(classes.input.data.buffer).not.toBe(input.data.buffer)
})
