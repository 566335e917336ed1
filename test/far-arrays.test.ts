/** Arrays that no near cache holds: they begin with a cache line, and their padding is cleared past the caches. */
import { engine, GRU, LSTM, setThreads, type Tensor } from '../lib'
import { newArray, newUnfilledArray, wholeOf } from '../lib/memory/allocate'
import { Recycler } from '../lib/memory/recycler'
import { native } from '../lib/native/load'
import { f32 } from './layer-cases'
import { Rng } from './reference/rng'

const { isa: best, isas, threads } = engine()
afterEach(() => {
  native().chooseIsa(best)
  setThreads(threads)
})

test.each([
  ['newArray', newArray],
  ['newUnfilledArray', newUnfilledArray],
])('%s: long arrays begin with a line, in a buffer with nothing else', (_, make) => {
  for (const length of [1, 5000, 131_071, 131_072, 131_077, 1_000_003]) {
    // Lines begin anywhere in what the heap gives.
    for (let n = 0; n < 5; n++) {
      const array = make(length).fill(1)
      const { buffer, byteOffset } = array
      const long = length >= 131_072
      expect([array.length, buffer.byteLength]).toEqual([length, 4 * (long ? length + 16 : length)])
      expect(long ? native().beforeLine(array) : byteOffset).toBe(0)
      expect(new Float32Array(buffer).reduce((sum, x) => sum + x, 0)).toBe(length)
      const whole = wholeOf(array.subarray(0, length >> 1))
      expect([whole.buffer, whole.byteOffset, whole.length]).toEqual([buffer, byteOffset, length])
    }
  }
})

const [T, B, I, H] = [41, 37, 96, 96] as const

/** Per step and sequence, whether all numbers of a row are 0, and whether some are. */
function zerosOf({ data, shape }: Tensor): [boolean, boolean][] {
  const width = shape[2] as number
  return Array.from({ length: data.length / width }, (_, row) => {
    const numbers = data.subarray(row * width, (row + 1) * width)
    return [numbers.every((x) => x === 0), numbers.includes(0)]
  })
}

const WAYS = isas.flatMap((isa) => [1, 3].map((count) => [isa, count] as const))
test.each(WAYS)('%s, %i threads: what is not of a sequence is 0, whatever was there', (isa, count) => {
  native().chooseIsa(isa)
  setThreads(count)
  const rng = new Rng(7)
  const input = f32(rng.normals(T * B * I), [T, B, I])
  // None has the last step.
  const lengths = Array.from({ length: B }, (_, b) => 1 + ((11 * b + 3) % (T - 1)))
  const padding = Array.from(
    { length: T * B },
    (_, row) => Math.floor(row / B) >= (lengths[row % B] as number),
  )
  for (const layer of [
    new LSTM({ inputSize: I, hiddenSize: H, seed: 1 }),
    new GRU({ inputSize: I, hiddenSize: H / 2, seed: 2, bidirectional: true }),
    new LSTM({ inputSize: I, hiddenSize: H, seed: 3, layerNorm: true }),
    new GRU({ inputSize: I, hiddenSize: H + 1, seed: 4 }),
  ]) {
    const width = layer.directions * layer.outputSize
    const output = f32(rng.normals(T * B * width), [T, B, width])
    // Results of the second work are in the memory of the first.
    const recycler = new Recycler()
    const run = (options: object): Tensor[] =>
      recycler.run(() => {
        const pass = layer.forward(input, options)
        const { input: dx } = pass.backward({ output })
        pass.release()
        return [layer.infer(input, options).output, pass.output, dx]
      })
    const buffers = run({}).map(({ data }) => data.buffer)
    const results = run({ lengths })
    expect(new Set([...buffers, ...results.map(({ data }) => data.buffer)]).size).toBe(3)
    for (const result of results) {
      expect(result.data.length).toBeGreaterThan(2 ** 17)
      expect(zerosOf(result)).toEqual(padding.map((empty) => [empty, empty]))
    }
  }
})
