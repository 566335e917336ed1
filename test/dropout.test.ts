/** Dropout between layers: how much is dropped, when, and that backward goes through the mask of forward. */
import { GRU, LSTM, tensor, type Tensor } from '../lib'
import { applyDropout } from '../lib/layers/dropout'
import { f32 } from './layer-cases'
import { relativeError } from './reference/finite-differences'
import { Rng } from './reference/rng'

const [T, B, I, H] = [5, 3, 4, 7]
const input = f32(new Rng(81).normals(T * B * I), [T, B, I])
const cells = [LSTM, GRU]

const make = (Cell: typeof LSTM | typeof GRU, dropout: number, seed = 82, numLayers = 2) =>
  new Cell({ inputSize: I, hiddenSize: H, numLayers, dropout, seed })

const outputOf = (pass: { output: Tensor }): number[] => [...pass.output.data]

test.each([0.1, 0.5, 0.83])('a share of p = %d is zeroed, the rest divided by 1 − p', (p) => {
  const n = 200000
  for (const key of [1, 0xdeadbeef, 2 ** 32 - 1]) {
    const from = Float32Array.from({ length: n }, (_, i) => 1 + (i % 17))
    const to = applyDropout(from, new Float32Array(n), p, key)
    expect(
      to.findIndex(
        (y, i) =>
          y !== 0 && y !== Math.fround(from[i]! / (1 - p)) && y !== Math.fround(from[i]! * (1 / (1 - p))),
      ),
    ).toBe(-1)
    // The share's standard deviation is √(p (1 − p) / n); five of them.
    const kept = Uint8Array.from(to, (y) => (y === 0 ? 0 : 1))
    const share = (of: Uint8Array) => 1 - of.reduce((a, b) => a + b, 0) / of.length
    const allowed = 5 * Math.sqrt((p * (1 - p)) / n)
    expect(Math.abs(share(kept) - p)).toBeLessThan(allowed)
    // Neighbours at any small distance are as good as independent: both are kept (1 − p)² of the time.
    for (const distance of [1, 2, 3, 7, 16, 51, 64, 256]) {
      const both = kept.slice(distance).map((k, i) => k * kept[i]!)
      expect(Math.abs(share(both) - (1 - (1 - p) ** 2))).toBeLessThan(2 * allowed)
    }
  }
})

test('masks of different keys differ', () => {
  const ones = new Float32Array(20000).fill(1)
  const masks = [1, 2, 3, 2 ** 31, 2 ** 32 - 1].map((key) =>
    applyDropout(ones, new Float32Array(20000), 0.5, key),
  )
  for (const [a, first] of masks.entries()) {
    for (const second of masks.slice(a + 1)) {
      const same = first.filter((x, i) => x === second[i]!).length / 20000
      expect(Math.abs(same - 0.5)).toBeLessThan(5 * Math.sqrt(0.25 / 20000))
    }
  }
})

describe.each(cells)('%p', (Cell) => {
  test('the expectation is that of no dropout', () => {
    // The second layer sees what dropout left; a sum over it is linear in it only before the gates, so the mean over
    // many passes is that of the first layer's output through weights that keep the gates in their linear range.
    const layer = make(Cell, 0.5)
    for (const { value } of layer.parameters().slice(4))
      value.data.forEach((x, i) => (value.data[i] = x / 50))
    const plain = outputOf(layer.forward(input, { training: false }))
    const passes = 3000
    const sum = new Float64Array(plain.length)
    const squares = new Float64Array(plain.length)
    for (let n = 0; n < passes; n++) {
      const pass = layer.forward(input)
      pass.output.data.forEach((y, i) => {
        sum[i]! += y / passes
        squares[i]! += (y * y) / passes
      })
      pass.release()
    }
    // Six standard deviations of a mean, and what is left of the gates' bend: a thousandth of the spread.
    const far = plain.filter((y, i) => {
      const spread = Math.sqrt(Math.max(0, squares[i]! - sum[i]! ** 2))
      return !(Math.abs(sum[i]! - y) < spread * (6 / Math.sqrt(passes) + 0.02))
    })
    expect(far).toEqual([])
  })

  test('applies in forward unless training is false, and never in infer', () => {
    const plain = outputOf(make(Cell, 0).forward(input))
    const layer = make(Cell, 0.4)
    expect(outputOf(layer.forward(input, { training: false }))).toEqual(plain)
    expect(outputOf(layer.infer(input))).toEqual(plain)
    expect(outputOf(layer.infer(input, { training: true }))).toEqual(plain)
    const first = outputOf(layer.forward(input))
    expect(first).not.toEqual(plain)
    expect(outputOf(layer.forward(input, { training: true }))).not.toEqual(first)
  })

  test('the same seed gives the same masks in the same order', () => {
    const [one, two, other] = [make(Cell, 0.4), make(Cell, 0.4), make(Cell, 0.4, 83)]
    other.loadStateDict(one.stateDict())
    const run = (layer: LSTM | GRU) => [0, 1, 2].map(() => outputOf(layer.forward(input)))
    const outputs = run(one)
    expect(run(two)).toEqual(outputs)
    expect(run(other)).not.toEqual(outputs)
    // What infers, or does not train, takes no mask.
    const three = make(Cell, 0.4)
    three.infer(input)
    three.forward(input, { training: false })
    expect(run(three)).toEqual(outputs)
  })

  test('does nothing to a single layer, nor with p = 0', () => {
    expect(outputOf(make(Cell, 0.9, 82, 1).forward(input))).toEqual(
      outputOf(make(Cell, 0, 82, 1).forward(input)),
    )
    expect(outputOf(make(Cell, 0).forward(input))).toEqual(outputOf(make(Cell, 0).infer(input)))
  })

  test('with p = 1 nothing comes through', () => {
    const layer = make(Cell, 1)
    const pass = layer.forward(input)
    const other = layer.forward(
      tensor(
        [...input.data].map((x) => 3 - x),
        input.shape,
      ),
    )
    expect(outputOf(pass)).toEqual(outputOf(other))
    const { input: dinput } = pass.backward({ output: pass.output })
    expect(dinput.data.every((x) => x === 0)).toBe(true)
  })

  test('gradients are those of the function with this mask', () => {
    const gradient = f32(new Rng(84).normals(T * B * H), [T, B, H])
    const lossOf = (x: Float32Array): number => {
      const { output } = make(Cell, 0.4).forward({ data: x, shape: [T, B, I] }) // the same seed, and so the same mask
      return output.data.reduce((sum, y, i) => sum + y * gradient.data[i]!, 0)
    }
    const h = 2 ** -6
    const differences = Float64Array.from(input.data, (_, i) => {
      const at = (offset: number): number => lossOf(input.data.map((x, k) => (k === i ? x + offset : x)))
      return (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h)
    })
    const { input: dinput } = make(Cell, 0.4).forward(input).backward({ output: gradient })
    // Outputs of size 1 are exact to some 2^-22, their differences over 2h of 2^-5 to 2^-17 of gradients of size 0.1,
    // summed over T·H outputs; a mask that differs would show in the first digit.
    expect(relativeError(dinput.data, differences)).toBeLessThan(1e-3)
  })
})
