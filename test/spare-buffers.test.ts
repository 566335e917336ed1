/** Buffers that come back from another thread serve the next batches of their size. */
import { SpareBuffers } from '../lib/train/spare-buffers'
import { copyBatch } from '../lib/train/transfer'
import { f32 } from './layer-cases'

test('a buffer that was given serves once, for its own size', () => {
  const spare = new SpareBuffers()
  const given = new ArrayBuffer(24)
  spare.give([given])
  expect(spare.take(20)).not.toBe(given)
  expect(spare.take(24)).toBe(given)
  expect(spare.take(24)).not.toBe(given)
})

test('sizes that do not come again are let go', () => {
  const spare = new SpareBuffers()
  const first = new ArrayBuffer(8)
  spare.give([first])
  for (let bytes = 12; bytes < 12 + 4 * 200; bytes += 4) spare.give([new ArrayBuffer(bytes)])
  expect(spare.take(8)).not.toBe(first)
})

test('a copy of a batch has all numbers, in spare memory whatever is in it', () => {
  const spare = new SpareBuffers()
  const [input, target] = [f32([1, 2, 3, 4, 5, 6], [3, 1, 2]), f32([7, 8, 9], [3, 1, 1])]
  const used = [input, target].map(({ data }) => new Float32Array(data.length).fill(NaN).buffer)
  spare.give(used)
  const copy = copyBatch({ input, target, lengths: [3] }, spare)
  expect(copy).toEqual({ input, target, lengths: Int32Array.of(3) })
  expect(copy.input.data.buffer).toBe(used[0])
  expect('data' in copy.target && (copy.target.data as Float32Array).buffer).toBe(used[1])
  const classes = copyBatch({ input, target: [0, 2, 1] }, spare)
  expect(classes.target).toEqual(Float64Array.of(0, 2, 1))
  expect(classes.input.data.buffer).not.toBe(input.data.buffer)
})
