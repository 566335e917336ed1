/** The element losses against PyTorch's answers, their formulas in float64, on every instruction set; wrong arguments. */
import { ArgumentError } from '../lib/errors'
import {
  bceWithLogitsLoss,
  huberLoss,
  l1Loss,
  mseLoss,
  pinballLoss,
  smoothL1Loss,
  type ElementwiseLoss,
  type LossResult,
} from '../lib/losses'
import { native } from '../lib/native/load'
import type { Tensor } from '../lib/tensor'
import { relativeError } from './reference/finite-differences'
import { readGolden } from './reference/golden'
import { Rng } from './reference/rng'

/** Half a unit in the last place of float32, as the share of a number: the one rounding of a stored gradient. */
const FLOAT32_ROUNDING = 2 ** -24

/** Losses are float64 from float32 inputs to the end: only the order of the sum may differ. */
const FLOAT64_TOLERANCE = 1e-13

const make = (data: ArrayLike<number>, shape: readonly number[] = [data.length]): Tensor => ({
  data: Float32Array.from(data),
  shape,
})

interface LossConfig {
  readonly delta?: number
  readonly quantile?: number
}

describe('golden files', () => {
  const run: Record<string, (prediction: Tensor, target: Tensor, options: LossConfig) => LossResult> = {
    'loss-mse': (p, t) => mseLoss(p, t),
    'loss-l1': (p, t) => l1Loss(p, t),
    'loss-huber': (p, t, { delta = NaN }) => huberLoss(p, t, { delta }),
    'loss-smooth-l1': (p, t) => smoothL1Loss(p, t),
    'loss-pinball': (p, t, { quantile = NaN }) => pinballLoss(p, t, { quantile }),
    'loss-bce-with-logits': (p, t) => bceWithLogitsLoss(p, t),
  }

  test.each(Object.keys(run))('%s', (name) => {
    const golden = readGolden<LossConfig>(name)
    const prediction = golden.get('prediction')
    const target = golden.get('target')
    const { loss, grad } = run[name]!(
      make(prediction.data, prediction.shape),
      make(target.data, target.shape),
      golden.config,
    )
    expect(relativeError([loss], golden.get('loss').data)).toBeLessThan(FLOAT64_TOLERANCE)
    expect(grad.shape).toEqual(prediction.shape)
    expect(relativeError(grad.data, golden.get('grad_prediction').data)).toBeLessThanOrEqual(FLOAT32_ROUNDING)
  })
})

describe('element losses', () => {
  const all: Record<string, ElementwiseLoss> = {
    mseLoss,
    l1Loss,
    huberLoss,
    smoothL1Loss,
    pinballLoss,
    bceWithLogitsLoss,
  }
  const rng = new Rng(5)
  const prediction = make(rng.normals(3 * 7, 2), [3, 7])
  const target = make(
    rng.normals(3 * 7).map((x) => Math.abs(x) % 1),
    [3, 7],
  )

  test.each(Object.entries(all))('%s: sum and none agree with mean', (_name, loss) => {
    const mean = loss(prediction, target)
    const sum = loss(prediction, target, { reduction: 'sum' })
    const none = loss(prediction, target, { reduction: 'none' })
    expect(sum.loss).toBeCloseTo(mean.loss * 21, 11)
    expect(none.loss).toBe(sum.loss)
    expect(none.grad.data).toEqual(sum.grad.data)
    expect(
      relativeError(
        mean.grad.data,
        sum.grad.data.map((g) => g / 21),
      ),
    ).toBeLessThan(3 * FLOAT32_ROUNDING)
    expect(none.losses).toHaveLength(21)
    const single = loss(make([prediction.data[13]!]), make([target.data[13]!]))
    expect(none.losses[13]).toBe(Math.fround(single.loss))
    expect(none.grad.data[13]).toBe(single.grad.data[0])
    expect('losses' in mean).toBe(false)
  })

  test.each(Object.entries(all))('%s: the slope is that of the value', (_name, loss) => {
    // Powers of two and short fractions: the differences are float32 numbers, and none straddles a corner.
    const at = (p: number): number => loss(make([p]), make([0.25])).loss
    for (const p of [-3.5, -0.625, 0.375, 0.75, 2.875]) {
      const h = 2 ** -10
      const slope = (8 * (at(p + h) - at(p - h)) - (at(p + 2 * h) - at(p - 2 * h))) / (12 * h)
      expect(loss(make([p]), make([0.25])).grad.data[0]).toBeCloseTo(slope, 6)
    }
  })

  test('values on both sides of the thresholds and on the corners', () => {
    const p = make([0.5, 3, -3, 0])
    const t = make([0, 0, 0, 0])
    const huber = huberLoss(p, t, { delta: 2, reduction: 'none' })
    expect([...huber.losses]).toEqual([0.125, 4, 4, 0])
    expect([...huber.grad.data]).toEqual([0.5, 2, -2, 0])
    const smooth = smoothL1Loss(p, t, { beta: 2, reduction: 'none' })
    expect([...smooth.losses]).toEqual([0.0625, 2, 2, 0])
    expect([...smooth.grad.data]).toEqual([0.25, 1, -1, 0])
    const bare = smoothL1Loss(p, t, { beta: 0, reduction: 'none' })
    expect([...bare.losses]).toEqual([0.5, 3, 3, 0])
    expect([...bare.grad.data]).toEqual([1, 1, -1, 0])
    const pinball = pinballLoss(p, t, { quantile: 0.75, reduction: 'none' })
    expect([...pinball.losses]).toEqual([0.125, 0.75, 2.25, 0])
    expect([...pinball.grad.data]).toEqual([0.25, 0.25, -0.75, 0])
  })

  test('logits far out neither overflow nor lose the tail', () => {
    const { losses, grad } = bceWithLogitsLoss(make([200, -200, 200, -90]), make([1, 0, 0, 1]), {
      reduction: 'none',
    })
    expect([...losses]).toEqual([0, 0, 200, 90].map((value) => expect.closeTo(value, 5) as number))
    expect([...grad.data]).toEqual([0, 0, 1, -1])
  })

  test('sums are float64', () => {
    // In float32 the ones would vanish beside 2²⁶.
    const many = Float32Array.from({ length: 1001 }, (_, i) => (i === 0 ? 2 ** 13 : 1))
    expect(mseLoss(make(many), make(new Float32Array(1001)), { reduction: 'sum' }).loss).toBe(2 ** 26 + 1000)
  })

  test.each(Object.entries(all))('%s: a NaN comes out as NaN', (_name, loss) => {
    const result = loss(make([1, NaN]), make([0, 0]))
    expect(result.loss).toBeNaN()
    expect(result.grad.data[1]).toBeNaN()
    expect(result.grad.data[0]).not.toBeNaN()
  })

  test.each(Object.entries(all))('%s: nothing handed in is changed or kept', (_name, loss) => {
    const [p, t] = [make([1, 2, -3]), make([0, 1, 1])]
    const { grad } = loss(p, t)
    expect([...p.data, ...t.data]).toEqual([1, 2, -3, 0, 1, 1])
    expect(grad.data.buffer).not.toBe(p.data.buffer)
  })

  const bad = (call: () => unknown): ArgumentError => {
    try {
      call()
    } catch (error) {
      if (error instanceof ArgumentError) return error
      throw error
    }
    throw new Error('nothing was thrown')
  }

  test('wrong arguments are named', () => {
    const two = make([1, 2])
    expect(bad(() => mseLoss(two, make([1, 2, 3]))).message).toBe(
      'mseLoss: target: expected shape [2], received shape [3]',
    )
    expect(bad(() => l1Loss(two, make([1, 2], [2, 1]))).argument).toBe('target')
    expect(bad(() => l1Loss({ data: new Float32Array(3), shape: [2, 2] }, two)).argument).toBe(
      'prediction.data',
    )
    expect(bad(() => l1Loss({ data: [1, 2], shape: [2] } as never, two)).argument).toBe('prediction.data')
    expect(bad(() => l1Loss(null as never, two)).argument).toBe('prediction')
    expect(bad(() => l1Loss(make([]), make([]))).argument).toBe('prediction')
    const detached = make([1, 2])
    structuredClone(detached.data.buffer, { transfer: [detached.data.buffer as ArrayBuffer] })
    expect(bad(() => mseLoss(detached, two)).message).toContain('detached')
  })

  test('wrong options are named', () => {
    const one = make([1])
    expect(bad(() => mseLoss(one, one, { reduction: 'average' as never })).message).toBe(
      `mseLoss: options.reduction: expected one of 'mean', 'sum', 'none', received "average"`,
    )
    expect(bad(() => mseLoss(one, one, { delta: 1 } as never)).argument).toBe('options.delta')
    expect(bad(() => mseLoss(one, one, null as never)).argument).toBe('options')
    for (const delta of [NaN, 0, -1, Infinity, '1' as never]) {
      expect(bad(() => huberLoss(one, one, { delta })).argument).toBe('options.delta')
    }
    for (const beta of [NaN, -0.5])
      expect(bad(() => smoothL1Loss(one, one, { beta })).argument).toBe('options.beta')
    for (const quantile of [NaN, 0, 1]) {
      expect(bad(() => pinballLoss(one, one, { quantile })).argument).toBe('options.quantile')
    }
  })
})

describe('every instruction set', () => {
  const best = native().state()
  afterAll(() => void native().chooseIsa(best.isa))

  const rng = new Rng(6)
  // Several blocks of the core, and a rest.
  const prediction = make(rng.normals(403, 3))
  const target = make(rng.normals(403).map((x) => Math.abs(x) % 1))
  const on = <T>(isa: string, run: () => T): T => {
    expect(native().chooseIsa(isa)).toBe(true)
    return run()
  }

  test.each(best.isas)('%s: the bits of a plain float64 loop with sixteen sums', (isa) => {
    const { loss, grad } = on(isa, () => huberLoss(prediction, target, { delta: 1.3 }))
    const sums = new Float64Array(16)
    const expected = prediction.data.map((p, i) => {
      const d = p - target.data[i]!
      const distance = Math.abs(d)
      sums[i % 16]! += distance <= 1.3 ? 0.5 * distance * distance : 1.3 * (distance - 0.5 * 1.3)
      return Math.max(-1.3, Math.min(1.3, d)) / 403
    })
    expect(loss).toBe(sums.reduce((sum, part) => sum + part, 0) / 403)
    expect([...grad.data]).toEqual([...expected])
  })

  test.each(best.isas)('%s: cross-entropy of logits, to a few roundings of float64', (isa) => {
    // Everywhere that the exponential is not held, and closely where its reduction changes.
    const logits = Array.from({ length: 1200 }, (_, i) => (i - 600) * (i % 2 === 0 ? 1.17 : 0.05 * Math.LN2))
    for (const logit of logits) {
      const p = Math.fround(logit)
      const { loss, grad } = on(isa, () => bceWithLogitsLoss(make([p]), make([0])))
      const tail = Math.exp(-Math.abs(p))
      const expected = Math.max(p, 0) + Math.log1p(tail)
      expect(Math.abs(loss - expected)).toBeLessThanOrEqual(1e-15 * expected)
      expect(grad.data[0]).toBe(Math.fround((p >= 0 ? 1 : tail) / (1 + tail)))
      const scalar = on('scalar', () => bceWithLogitsLoss(make([p]), make([0])))
      expect([loss, grad.data[0]]).toEqual([scalar.loss, scalar.grad.data[0]])
    }
  })
})
