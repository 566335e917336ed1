/** Results of work that a recycler runs: the same bits as fresh ones, in memory that serves again. */
import { GRU, Linear, LSTM, mseLoss, sequential, type Tensor } from '../lib'
import { newResult, newUnfilledResult, Recycler } from '../lib/memory/recycler'
import { sizeOf } from '../lib/shapes'
import { f32 } from './layer-cases'
import { bits } from './training-tasks'
import { Rng } from './reference/rng'

test('the next work gets the arrays, filled with zeros', () => {
  const recycler = new Recycler()
  const take = (): Tensor => recycler.run(() => newResult([3, 5]))
  const first = take()
  expect(first.shape).toEqual([3, 5])
  first.data.fill(7)
  const second = take()
  expect(second.data).toBe(first.data)
  expect(second.data).toEqual(new Float32Array(15))
})

test('what is not filled serves again too, and is fresh outside', () => {
  const recycler = new Recycler()
  const take = (): Tensor => recycler.run(() => newUnfilledResult([3, 5000]))
  const first = take()
  expect(first.shape).toEqual([3, 5000])
  expect(take().data.buffer).toBe(first.data.buffer)
  const fresh = [newUnfilledResult([3, 5000]), newUnfilledResult([3, 5000])].map(({ data }) => data)
  expect(new Set([first.data, ...fresh].map(({ buffer }) => buffer)).size).toBe(3)
  expect(fresh.map(({ byteOffset, length, buffer }) => [byteOffset, length, buffer.byteLength])).toEqual(
    [0, 1].map(() => [0, 15_000, 60_000]),
  )
})

test('the same work gets two, whatever is nested in it', () => {
  const recycler = new Recycler()
  recycler.run(() => {
    const outer = newResult([4])
    const inner = new Recycler().run(() => newResult([4]))
    expect(new Set([outer.data, inner.data, newResult([4]).data]).size).toBe(3)
  })
})

test('outside of it, and after what it runs has failed, memory is fresh', () => {
  const recycler = new Recycler()
  let inside: Tensor | undefined
  const fail = (): void => {
    inside = newResult([6])
    throw new RangeError('no')
  }
  expect(() => recycler.run(fail)).toThrow('no')
  expect(newResult([6]).data).not.toBe(inside?.data)
})

test('steps have the bits of steps with fresh memory, also those with fewer rows and lengths', () => {
  const rng = new Rng(4)
  const tensor = (shape: number[]): Tensor => f32(rng.normals(sizeOf(shape)), shape)
  const batches = [9, 4, 9, 9, 2].map((batch, place) => ({
    input: tensor([7, batch, 3]),
    target: tensor([7, batch, 2]),
    options: place % 2 ? { lengths: Array.from({ length: batch }, (_, b) => 1 + ((5 * b) % 7)) } : {},
  }))
  const train = (run: (step: () => void) => void): unknown => {
    const model = sequential(
      new LSTM({ inputSize: 3, hiddenSize: 6, bidirectional: true, seed: 1 }),
      new GRU({ inputSize: 12, hiddenSize: 5, seed: 2 }),
      new Linear({ inFeatures: 5, outFeatures: 2, seed: 3 }),
    )
    for (const { input, target, options } of batches) {
      run(() => {
        const pass = model.forward(input, options)
        pass.backward({ output: mseLoss(pass.output, target, options).grad })
        pass.release()
      })
      for (const { value, grad } of model.parameters()) {
        value.data.forEach((old, i) => (value.data[i] = old - 0.1 * (grad.data[i] as number)))
      }
    }
    return bits(model)
  }
  const recycler = new Recycler()
  const expected = train((step) => step())
  expect(train((step) => recycler.run(step))).toEqual(expected)
})
