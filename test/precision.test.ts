/**
 * Matrices that are kept with fewer bits for inference: which numbers they become, and that all else stays as it is. A
 * layer whose matrices were rounded here, in float64, must give the same bits in float32 as `precision` gives, since both
 * compute the same sums; with int8, whose sums are scaled at their end, the same to a few roundings.
 */
import { engine, GRU, LSTM, RNN, setThreads, tensor, type Tensor } from '../lib'
import type { Precision } from '../lib/layers/recurrent-input'
import { native } from '../lib/native/load'
import { differentBits } from './layer-cases'
import { Rng } from './reference/rng'
import { refusal } from './refusal'

const { isas, isa, threads } = engine()
afterAll(() => {
  native().chooseIsa(isa)
  setThreads(threads)
})

type Layer = LSTM | GRU | RNN
type Dict = Record<string, Tensor>

/** The whole number nearest to x, ties to even. */
function nearestEven(x: number): number {
  const low = Math.floor(x)
  const [down, up] = [x - low, low + 1 - x]
  return down < up || (down === up && low % 2 === 0) ? low : low + 1
}

/** x to so many bits of fraction, down to an exponent. */
function round(x: number, fraction: number, least: number): number {
  if (x === 0) return x
  const exponent = Math.max(least, Math.floor(Math.log2(Math.abs(x))))
  const quantum = 2 ** (exponent - fraction)
  return nearestEven(x / quantum) * quantum
}

/** A matrix [rows, columns] as a precision has it. */
function reduced({ data, shape }: Tensor, precision: Precision): Tensor {
  const [rows = 0, columns = 0] = shape
  const values = Float32Array.from(data)
  for (let row = 0; row < rows; row++) {
    const own = values.subarray(row * columns, (row + 1) * columns)
    const most = own.reduce((a, b) => Math.max(a, Math.abs(b)), 0)
    const scale = Math.fround(most / 127)
    own.forEach((x, i) => {
      if (precision === 'bfloat16') own[i] = round(x, 7, -126)
      if (precision === 'float16') own[i] = round(x, 10, -14)
      // As the core has it: the inverse and the product are float32.
      if (precision === 'int8' && most > 0) {
        own[i] = nearestEven(Math.fround(x * Math.fround(127 / most))) * scale
      }
    })
  }
  return { data: values, shape }
}

const [T, B, I] = [4, 3, 21]
const LAYERS: Record<string, (weights?: Dict) => Layer> = {
  LSTM: (weights) => new LSTM({ inputSize: I, hiddenSize: 37, ...seedOr(weights) }),
  'two layers of LSTM both ways, projected': (weights) =>
    new LSTM({
      inputSize: I,
      hiddenSize: 19,
      projSize: 5,
      numLayers: 2,
      bidirectional: true,
      ...seedOr(weights),
    }),
  GRU: (weights) => new GRU({ inputSize: I, hiddenSize: 18, ...seedOr(weights) }),
  'GRU, reset before': (weights) =>
    new GRU({ inputSize: I, hiddenSize: 18, resetAfter: false, ...seedOr(weights) }),
  'LSTM with norms': (weights) =>
    new LSTM({ inputSize: I, hiddenSize: 33, layerNorm: true, ...seedOr(weights) }),
  RNN: (weights) => new RNN({ inputSize: I, hiddenSize: 40, ...seedOr(weights) }),
}
function seedOr(weights: Dict | undefined): { weights: Dict } | { seed: number } {
  return weights === undefined ? { seed: 6 } : { weights }
}

const rng = new Rng(3)
const inputOf = (batch: number): Tensor => tensor(rng.normals(T * batch * I), [T, batch, I])
const narrow = ['bfloat16', 'float16', 'int8'] as const

const reducedDict = (layer: Layer, precision: Precision): Dict =>
  Object.fromEntries(
    Object.entries(layer.stateDict()).map(([name, value]) => [
      name,
      /^weight_[ih]h/.test(name) ? reduced(value, precision) : value,
    ]),
  )

describe.each(isas)('%s', (name) => {
  beforeEach(() => void native().chooseIsa(name))

  test.each(Object.keys(LAYERS).flatMap((layer) => narrow.map((precision) => [layer, precision] as const)))(
    '%s in %s',
    (which, precision) => {
      const make = LAYERS[which] as (weights?: Dict) => Layer
      const layer = make()
      for (const batch of [1, B, 19]) {
        const input = inputOf(batch)
        const lengths = Array.from({ length: batch }, (_, b) => 1 + ((b * 7) % T))
        const { output } = layer.infer(input, { precision, lengths })
        const expected = make(reducedDict(layer, precision)).infer(input, { lengths }).output
        if (precision !== 'int8') {
          expect(differentBits({ output: output.data }, { output: expected.data })).toEqual([])
        }
        // Sums of 61 products at most, of about 1, through T steps, each of which may double an error.
        const bound = 61 * 2 ** T * 2 ** -24
        const far = output.data.findIndex((x, i) => !(Math.abs(x - (expected.data[i] as number)) <= bound))
        expect(far).toBe(-1)
        const whole = layer.infer(input, { lengths }).output
        expect(differentBits({ output: output.data }, { output: whole.data })).not.toEqual([])
      }
    },
  )

  test('what is hard to round', () => {
    const values = [
      0,
      -0,
      1,
      1 + 2 ** -8,
      1 + 3 * 2 ** -8,
      1 + 2 ** -11,
      1 + 3 * 2 ** -11,
      -(2 ** -14),
      2 ** -15,
    ]
      .concat([2 ** -24, 2 ** -25, 3 * 2 ** -25, 2 ** -26, 65504, 0.1, -1 / 3, 2 ** -130, 1e-40])
      .map(Math.fround)
    const n = values.length
    const weight_ih = tensor(values, [n, 1])
    const weight_hh = tensor(new Float32Array(n * n), [n, n])
    const make = (weights: Dict): RNN =>
      new RNN({ inputSize: 1, hiddenSize: n, nonlinearity: 'relu', bias: false, weights })
    for (const sign of [1, -1]) {
      const one = tensor([sign], [1, 1, 1])
      for (const precision of ['bfloat16', 'float16'] as const) {
        const { data } = make({ weight_ih_l0: weight_ih, weight_hh_l0: weight_hh }).infer(one, {
          precision,
        }).output
        const expected = reduced(weight_ih, precision).data.map((x) => Math.max(0, x * sign))
        expect([precision, ...data]).toEqual([precision, ...expected])
      }
    }
  })
})

test.each(narrow)('streams, threads and cuts have the same bits in %s', (precision) => {
  const layer = new LSTM({ inputSize: 150, hiddenSize: 140, numLayers: 2, seed: 2 })
  const input = tensor(rng.normals(5 * 2 * 150), [5, 2, 150])
  const outputs = [1, 2, 3].map((count) => {
    setThreads(count)
    return layer.infer(input, { precision }).output.data
  })
  const stream = layer.stream({ batchSize: 2, precision })
  const streamed = [0, 1, 2, 3, 4].flatMap((t) => [...stream.step(input.data.slice(t * 300, (t + 1) * 300))])
  for (const other of [...outputs, streamed]) {
    expect(differentBits({ o: other }, { o: outputs[0] ?? [] })).toEqual([])
  }
})

// A sequence alone goes through two panels of units at a time; 67 units are an odd number of panels at every width.
test.each(narrow.flatMap((precision) => isas.map((name) => [precision, name] as const)))(
  'a sequence alone has the bits that it has among others in %s, %s',
  (precision, name) => {
    native().chooseIsa(name)
    const [steps, batch, inputSize, hiddenSize] = [4, 7, 21, 67]
    const data = rng.normals(steps * batch * inputSize)
    const first = data.filter((_, at) => at % (batch * inputSize) < inputSize)
    for (const layer of [
      new GRU({ inputSize, hiddenSize, seed: 3 }),
      new LSTM({ inputSize, hiddenSize, seed: 4 }),
    ]) {
      const alone = layer.infer(tensor(first, [steps, 1, inputSize]), { precision })
      const among = layer.infer(tensor(data, [steps, batch, inputSize]), { precision })
      expect(differentBits({ h: alone.hn.data }, { h: among.hn.data.subarray(0, hiddenSize) })).toEqual([])
    }
    native().chooseIsa(isa)
  },
)

test.each(narrow)('a weight that is not finite shows in %s', (precision) => {
  for (const value of [NaN, Infinity]) {
    const layer = new GRU({ inputSize: 3, hiddenSize: 20, seed: 1 })
    ;(layer.parameters()[0]?.value.data as Float32Array)[20 * 3] = value // of z, unit 0
    const { data } = layer.infer(tensor([0.5, 0, -0.5], [1, 1, 3]), { precision }).output
    expect(Number.isNaN(data[0]) || data[0] === 0).toBe(true)
    expect(data.subarray(1).every(Number.isFinite)).toBe(true)
  }
})

test('refusals', () => {
  const layer = new GRU({ inputSize: 3, hiddenSize: 2, seed: 1 })
  const input = tensor(rng.normals(3), [1, 1, 3])
  const wrong = 'bf16' as Precision
  const words = `expected one of 'float32', 'bfloat16', 'float16', 'int8', received "bf16"`
  expect(refusal(() => layer.infer(input, { precision: wrong }))).toBe(
    `GRU.infer: options.precision: ${words}`,
  )
  expect(refusal(() => layer.stream({ precision: wrong }))).toBe(`GRU.stream: options.precision: ${words}`)
  expect(refusal(() => layer.forward(input, { precision: 'int8' }))).toBe(
    'GRU.forward: options.precision: expected it for infer only, received "int8"',
  )
})
