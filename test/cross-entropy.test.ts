/** crossEntropyLoss against PyTorch's answer, against its formula in float64, and with arguments that are wrong. */
import { ArgumentError } from '../lib/errors'
import { crossEntropyLoss } from '../lib/losses'
import type { Tensor } from '../lib/tensor'
import { relativeError } from './reference/finite-differences'
import { readGolden } from './reference/golden'
import { Rng } from './reference/rng'

/** Half a unit in the last place of float32, as the share of a number: the one rounding of a stored gradient. */
const FLOAT32_ROUNDING = 2 ** -24

const make = (data: ArrayLike<number>, shape: readonly number[] = [data.length]): Tensor => ({
  data: Float32Array.from(data),
  shape,
})

describe('crossEntropyLoss', () => {
  const rng = new Rng(6)

  test('the golden file', () => {
    const golden = readGolden<{ labelSmoothing: number; ignoreIndex: number }>('loss-cross-entropy')
    const { data, shape } = golden.get('prediction')
    const { labelSmoothing, ignoreIndex } = golden.config
    const { loss, grad } = crossEntropyLoss(make(data, shape), Int32Array.from(golden.get('target').data), {
      weight: golden.get('weight').data,
      labelSmoothing,
      ignoreIndex,
    })
    // The file holds the weights rounded to float32; PyTorch computed with more digits of them.
    expect(relativeError([loss], golden.get('loss').data)).toBeLessThanOrEqual(FLOAT32_ROUNDING)
    expect(relativeError(grad.data, golden.get('grad_prediction').data)).toBeLessThanOrEqual(
      2 * FLOAT32_ROUNDING,
    )
  })

  /** −Σ_c a_c·ln q_c of one row, and its gradient, straight from the definition. */
  const plainRow = (logits: number[], y: number, weight: number[], smoothing: number) => {
    const total = logits.reduce((sum, z) => sum + Math.exp(z), 0)
    const q = logits.map((z) => Math.exp(z) / total)
    const a = logits.map((_, c) => weight[c]! * ((c === y ? 1 - smoothing : 0) + smoothing / logits.length))
    const whole = a.reduce((sum, value) => sum + value, 0)
    return {
      loss: -a.reduce((sum, value, c) => sum + value * Math.log(q[c]!), 0),
      gradient: q.map((value, c) => whole * value - a[c]!),
    }
  }

  test.each([
    { shape: [5, 4], smoothing: 0 },
    { shape: [3, 7, 2], smoothing: 0.2 },
    { shape: [2, 3, 4, 5], smoothing: 1 },
  ])('classes on the second axis of $shape, smoothing $smoothing', ({ shape, smoothing }) => {
    const [N, C, ...rest] = shape as [number, number, ...number[]]
    const inner = rest.reduce((a, b) => a * b, 1)
    const logits = rng.normals(N * C * inner, 1.5)
    const targets = Array.from({ length: N * inner }, () => rng.integer(C))
    const weight = Array.from({ length: C }, () => 0.5 + rng.uniform())
    const options = { weight, labelSmoothing: smoothing }
    const none = crossEntropyLoss(
      make(logits, shape),
      { data: targets, shape: [N, ...rest] },
      {
        ...options,
        reduction: 'none',
      },
    )
    const mean = crossEntropyLoss(make(logits, shape), targets, options)

    const losses = new Float64Array(N * inner)
    const gradient = new Float64Array(logits.length)
    let divisor = 0
    for (let n = 0; n < N; n++) {
      for (let k = 0; k < inner; k++) {
        const place = (c: number): number => (n * C + c) * inner + k
        const y = targets[n * inner + k]!
        const row = plainRow(
          Array.from({ length: C }, (_, c) => logits[place(c)]!),
          y,
          weight,
          smoothing,
        )
        losses[n * inner + k] = row.loss
        for (let c = 0; c < C; c++) gradient[place(c)] = row.gradient[c]!
        divisor += weight[y]!
      }
    }
    expect(relativeError(none.losses, losses)).toBeLessThanOrEqual(FLOAT32_ROUNDING)
    expect(relativeError(none.grad.data, gradient)).toBeLessThanOrEqual(FLOAT32_ROUNDING)
    expect(mean.loss).toBeCloseTo(losses.reduce((a, b) => a + b) / divisor, 12)
    expect(
      relativeError(
        mean.grad.data,
        gradient.map((g) => g / divisor),
      ),
    ).toBeLessThanOrEqual(FLOAT32_ROUNDING)
  })

  test('one row without an axis for rows; every kind of integer array', () => {
    const logits = make([0.5, -1, 2])
    const expected = crossEntropyLoss(logits, [2]).loss
    expect(expected).toBeCloseTo(plainRow([0.5, -1, 2], 2, [1, 1, 1], 0).loss, 12)
    for (const target of [Uint8Array.of(2), Int16Array.of(2), BigInt64Array.of(2n), Float32Array.of(2)]) {
      expect(crossEntropyLoss(logits, target).loss).toBe(expected)
      expect(crossEntropyLoss(logits, { data: target, shape: [] }).loss).toBe(expected)
    }
  })

  test('ignored rows count for nothing, and are NaN where there is nothing else', () => {
    const logits = make([1, 2, 30, 40, -1, 0], [3, 2])
    const some = crossEntropyLoss(logits, [0, 7, 1], { ignoreIndex: 7 })
    expect(some.loss).toBe(crossEntropyLoss(make([1, 2, -1, 0], [2, 2]), [0, 1]).loss)
    expect([...some.grad.data.subarray(2, 4)]).toEqual([0, 0])
    const nothing = crossEntropyLoss(logits, [-100, -100, -100])
    expect(nothing.loss).toBeNaN()
    expect([...nothing.grad.data]).toEqual([0, 0, 0, 0, 0, 0])
  })

  test('logits far out, and classes ruled out by −Infinity', () => {
    const { loss, grad } = crossEntropyLoss(make([1000, 0, -Infinity]), [0])
    expect(loss).toBe(0)
    expect([...grad.data]).toEqual([0, 0, 0])
    expect(crossEntropyLoss(make([1000, 0, -Infinity]), [1]).loss).toBe(1000)
  })

  test('wrong arguments are named', () => {
    const logits = make([1, 2, 3, 4, 5, 6], [2, 3])
    const argument = (call: () => unknown): string => {
      try {
        call()
      } catch (error) {
        return error instanceof ArgumentError ? error.argument : String(error)
      }
      return 'nothing was thrown'
    }
    expect(() => crossEntropyLoss(logits, [0, 3])).toThrow(
      'crossEntropyLoss: target[1]: expected a class from 0 to 2, or -100 to ignore, received 3',
    )
    for (const y of [-1, 0.5, NaN, Infinity])
      expect(argument(() => crossEntropyLoss(logits, [0, y]))).toBe('target[1]')
    expect(argument(() => crossEntropyLoss(logits, [0, '1' as never]))).toBe('target[1]')
    expect(argument(() => crossEntropyLoss(logits, [0]))).toBe('target')
    expect(argument(() => crossEntropyLoss(logits, { data: [0, 1], shape: [2, 1] }))).toBe('target')
    expect(argument(() => crossEntropyLoss(logits, new DataView(new ArrayBuffer(2)) as never))).toBe('target')
    expect(argument(() => crossEntropyLoss(make([1], []), [0]))).toBe('prediction')
    expect(argument(() => crossEntropyLoss(logits, [0, 1], { weight: [1, 1] }))).toBe('options.weight')
    expect(argument(() => crossEntropyLoss(logits, [0, 1], { weight: [1, -1, 1] }))).toBe('options.weight[1]')
    expect(argument(() => crossEntropyLoss(logits, [0, 1], { weight: [1, NaN, 1] }))).toBe(
      'options.weight[1]',
    )
    expect(argument(() => crossEntropyLoss(logits, [0, 1], { labelSmoothing: NaN }))).toBe(
      'options.labelSmoothing',
    )
    expect(argument(() => crossEntropyLoss(logits, [0, 1], { labelSmoothing: 1.1 }))).toBe(
      'options.labelSmoothing',
    )
    expect(argument(() => crossEntropyLoss(logits, [0, 1], { ignoreIndex: 0.5 }))).toBe('options.ignoreIndex')
  })
})
