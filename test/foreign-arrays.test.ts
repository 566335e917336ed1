/** Arrays from elsewhere: shared memory, another realm, the middle of a buffer, memory that can grow. */
import { runInNewContext } from 'node:vm'
import { Linear, type Tensor } from '../lib'
import {
  differentBits,
  draw,
  f32,
  gradientsOf,
  makeLayer,
  outputGradients,
  passOptions,
  resultsOf,
  shapesOf,
  type Form,
  type Named,
} from './layer-cases'

/** Copies of the numbers in arrays of the kind. */
const KINDS: Record<string, (from: Float32Array) => Float32Array> = {
  'shared memory': (from) => {
    const to = new Float32Array(new SharedArrayBuffer(4 * from.length))
    to.set(from)
    return to
  },
  'another realm': (from) =>
    runInNewContext('Float32Array.from(numbers)', { numbers: [...from] }) as Float32Array,
  'the middle of a buffer': (from) => {
    const to = new Float32Array(new ArrayBuffer(4 * from.length + 64), 4, from.length)
    to.set(from)
    return to
  },
  'memory that can grow': (from) => {
    const Growing = ArrayBuffer as unknown as new (
      bytes: number,
      options: { maxByteLength: number },
    ) => ArrayBuffer
    const to = new Float32Array(new Growing(4 * from.length, { maxByteLength: 8 * from.length }))
    to.set(from)
    return to
  },
  'a class of its own': (from) => new (class Mine extends Float32Array {})(from),
}

const FORMS: Form[] = [
  { kind: 'LSTM', T: 3, B: 2, inputSize: 5, hiddenSize: 17 },
  { kind: 'GRU', T: 3, B: 4, inputSize: 5, hiddenSize: 9, batchFirst: true, lengths: [2, 3, 1, 3] },
]

describe.each(Object.entries(KINDS))('%s', (_, copy) => {
  const as = (tensor: Tensor): Tensor => ({ data: copy(tensor.data), shape: tensor.shape })

  test.each(FORMS)('$kind', (form) => {
    const drawn = draw(form, 95)
    const run = (as: (tensor: Tensor) => Tensor): Named => {
      const layer = makeLayer(drawn)
      const { h0, c0, ...rest } = passOptions(drawn)
      const states = { ...(h0 && { h0: as(h0) }), ...(c0 && { c0: as(c0) }) }
      const pass = layer.forward(as(f32(drawn.input, shapesOf(drawn).input)), { ...rest, ...states })
      const { output, hn, cn } = outputGradients(drawn)
      const back = pass.backward({ output: as(output), hn: as(hn), ...(cn && { cn: as(cn) }) })
      return { ...resultsOf(pass), 'd.input': back.input.data, 'd.h0': back.h0.data, ...gradientsOf(layer) }
    }
    expect(
      differentBits(
        run(as),
        run((tensor) => tensor),
      ),
    ).toEqual([])
  })

  test('Linear, and a dictionary of its parameters', () => {
    const run = (as: (tensor: Tensor) => Tensor): Named => {
      const layer = new Linear({ inFeatures: 5, outFeatures: 18, seed: 1 })
      const other = new Linear({ inFeatures: 5, outFeatures: 18, seed: 2 }).stateDict()
      layer.loadStateDict(
        Object.fromEntries(Object.entries(other).map(([name, tensor]) => [name, as(tensor)])),
      )
      const pass = layer.forward(as(f32([1, -2, 3, 0.5, 7], [1, 5])))
      const back = pass.backward({ output: as(pass.output) })
      return { output: pass.output.data, input: back.input.data, ...gradientsOf(layer) }
    }
    expect(
      differentBits(
        run(as),
        run((tensor) => tensor),
      ),
    ).toEqual([])
  })
})

test('a shape and lengths of another realm', () => {
  const drawn = draw(FORMS[1]!, 96)
  const layer = makeLayer(drawn)
  const there = (code: string) => runInNewContext(code) as number[]
  const input = f32(drawn.input, [4, 3, 5])
  const foreign = { data: input.data, shape: there('[4, 3, 5]') }
  const expected = layer.infer(input, { lengths: [2, 3, 1, 3] })
  expect([...layer.infer(foreign, { lengths: there('[2, 3, 1, 3]') }).output.data]).toEqual([
    ...expected.output.data,
  ])
  expect([...layer.infer(foreign, { lengths: there('Uint8Array.of(2, 3, 1, 3)') }).output.data]).toEqual([
    ...expected.output.data,
  ])
})
