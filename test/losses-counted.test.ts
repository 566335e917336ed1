/** Masks and lengths: every loss of a padded batch is that of the elements that count alone, whatever the padding holds. */
import {
  bceWithLogitsLoss,
  crossEntropyLoss,
  gaussianNllLoss,
  huberLoss,
  l1Loss,
  mseLoss,
  pinballLoss,
  smoothL1Loss,
  type ElementLossResult,
  type LossOptions,
  type LossResult,
} from '../lib/losses'
import type { Tensor } from '../lib/tensor'
import { relativeError } from './reference/finite-differences'
import { Rng } from './reference/rng'
import { failure } from './refusal'

const make = (data: ArrayLike<number>, shape: readonly number[] = [data.length]): Tensor => ({
  data: Float32Array.from(data),
  shape,
})

const [T, B, O] = [5, 3, 2]
const LENGTHS = [2, 5, 3]

/** A loss of `[T, B, O]` losses over predictions of `width` numbers for each. */
interface Case {
  name: string
  width: number
  targetShape: readonly number[]
  run: (p: Tensor, t: Tensor, options: LossOptions) => LossResult
}

const plain = (name: string, run: (p: Tensor, t: Tensor, options: LossOptions) => LossResult): Case => ({
  name,
  width: 1,
  targetShape: [T, B, O],
  run,
})

const cases: Case[] = [
  plain('mseLoss', mseLoss),
  plain('l1Loss', l1Loss),
  plain('huberLoss', (p, t, options) => huberLoss(p, t, { ...options, delta: 0.3 })),
  plain('smoothL1Loss', (p, t, options) => smoothL1Loss(p, t, { ...options, beta: 0.3 })),
  plain('bceWithLogitsLoss', bceWithLogitsLoss),
  plain('pinballLoss', (p, t, options) => pinballLoss(p, t, { ...options, quantile: 0.8 })),
  {
    name: 'pinballLoss of several quantiles',
    width: 1,
    targetShape: [T, B],
    run: (p, t, options) => pinballLoss(p, t, { ...options, quantiles: [0.1, 0.8] }),
  },
  {
    name: 'gaussianNllLoss',
    width: 2,
    targetShape: [T, B, O],
    run: (p, t, options) => gaussianNllLoss(p, t, { ...options, full: true }),
  },
]

const sizeOf = (shape: readonly number[]): number => shape.reduce((size, extent) => size * extent, 1)

/** Whether step t of sequence b counts. */
const counts = (t: number, b: number): boolean => t < LENGTHS[b]!

function draw({ width, targetShape }: Case) {
  const rng = new Rng(61)
  const predictionShape = width === 1 ? [T, B, O] : [T, B, O, width]
  const prediction = make(rng.normals(T * B * O * width), predictionShape)
  const target = make(
    rng.normals(sizeOf(targetShape)).map((x) => Math.abs(x) % 1),
    targetShape,
  )
  // The rows [t, b] that count, of any array whose first axes these are.
  const chosen = ({ data }: Tensor): number[] => {
    const row = data.length / (T * B)
    return [...data].filter((_, i) => counts(Math.floor(i / row / B), Math.floor(i / row) % B))
  }
  const rows = LENGTHS.reduce((sum, length) => sum + length, 0)
  const shapeOf = ({ shape }: Tensor): number[] => [rows, ...shape.slice(2)]
  const only = (tensor: Tensor): Tensor => make(chosen(tensor), shapeOf(tensor))
  const spoil = (tensor: Tensor): Tensor => {
    const row = tensor.data.length / (T * B)
    const data = tensor.data.map((x, i) =>
      counts(Math.floor(i / row / B), Math.floor(i / row) % B) ? x : i % 2 === 0 ? NaN : Infinity,
    )
    return make(data, tensor.shape)
  }
  return {
    prediction: spoil(prediction),
    target: spoil(target),
    alone: [only(prediction), only(target)] as const,
    chosen,
  }
}

const mask = make(
  Array.from({ length: T * B }, (_, i) => Number(counts(Math.floor(i / B), i % B))),
  [T, B],
)
const whole = make(
  Array.from({ length: T * B * O }, (_, i) => mask.data[Math.floor(i / O)]!),
  [T, B, O],
)

describe.each(cases)('$name', (which) => {
  const { prediction, target, alone, chosen } = draw(which)

  test.each<[string, LossOptions]>([
    ['a mask of the first axes', { mask }],
    ['a mask of all axes', { mask: whole }],
    ['lengths', { lengths: LENGTHS }],
    ['lengths in a typed array, and a mask', { lengths: Int32Array.from(LENGTHS), mask }],
  ])('%s', (_name, options) => {
    for (const reduction of ['mean', 'sum', 'none'] as const) {
      const result = which.run(prediction, target, { ...options, reduction })
      const expected = which.run(...alone, { reduction })
      expect(relativeError([result.loss], [expected.loss])).toBeLessThan(1e-14)
      expect(chosen(result.grad)).toEqual([...expected.grad.data])
      expect(result.grad.data.filter((g) => g !== 0)).toHaveLength(
        expected.grad.data.filter((g) => g !== 0).length,
      )
      if (reduction !== 'none') continue
      const { losses } = result as ElementLossResult
      expect(losses).toHaveLength(T * B * O)
      expect(chosen(make(losses))).toEqual([...(expected as ElementLossResult).losses])
    }
  })

  test('batch first', () => {
    const turned = ({ data, shape }: Tensor): Tensor => {
      const row = data.length / (T * B)
      const place = (i: number): number => {
        const [b, t] = [Math.floor(i / row / T), Math.floor(i / row) % T]
        return (t * B + b) * row + (i % row)
      }
      return make(
        Array.from(data, (_, i) => data[place(i)]!),
        [B, T, ...shape.slice(2)],
      )
    }
    const result = which.run(turned(prediction), turned(target), { lengths: LENGTHS, batchFirst: true })
    const expected = which.run(prediction, target, { lengths: LENGTHS })
    expect(relativeError([result.loss], [expected.loss])).toBeLessThan(1e-14)
    expect([...result.grad.data]).toEqual([...turned(expected.grad).data])
  })

  test('where nothing counts, the mean is NaN and the gradient 0', () => {
    const nothing = make(new Float32Array(T * B), [T, B])
    const result = which.run(prediction, target, { mask: nothing })
    expect(result.loss).toBeNaN()
    expect(result.grad.data.every((g) => g === 0)).toBe(true)
    expect(which.run(prediction, target, { mask: nothing, reduction: 'sum' }).loss).toBe(0)
  })
})

describe('crossEntropyLoss', () => {
  const C = 4
  const rng = new Rng(62)
  const logits = make(rng.normals(T * B * C), [T, B, C])
  const classes = Int32Array.from({ length: T * B }, () => rng.integer(C))
  const weight = [0.5, 2, 1, 0.25]
  // Rows that count, as a list of rows.
  const rows = [...classes.keys()].filter((i) => counts(Math.floor(i / B), i % B))
  const alone = make(
    rows.flatMap((r) => [...logits.data.slice(r * C, (r + 1) * C)]),
    [rows.length, C],
  )
  const spoilt = classes.map((y, r) => (rows.includes(r) ? y : 99))

  test('classes last, masks and lengths', () => {
    for (const reduction of ['mean', 'sum'] as const) {
      const shared = { weight, labelSmoothing: 0.1, reduction }
      const expected = crossEntropyLoss(
        alone,
        rows.map((r) => classes[r]!),
        shared,
      )
      for (const options of [{ mask }, { lengths: LENGTHS }]) {
        const { loss, grad } = crossEntropyLoss(logits, spoilt, { ...shared, ...options, classesLast: true })
        expect(loss).toBeCloseTo(expected.loss, 13)
        expect(grad.shape).toEqual([T, B, C])
        expect(rows.flatMap((r) => [...grad.data.slice(r * C, (r + 1) * C)])).toEqual([...expected.grad.data])
      }
    }
  })

  test('with the classes second, masks speak of the target too', () => {
    const turned = make(
      Array.from({ length: T * C * B }, (_, i) => {
        const [t, c, b] = [Math.floor(i / (C * B)), Math.floor(i / B) % C, i % B]
        return logits.data[(t * B + b) * C + c]!
      }),
      [T, C, B],
    )
    const second = crossEntropyLoss(turned, { data: spoilt, shape: [T, B] }, { lengths: LENGTHS })
    const last = crossEntropyLoss(logits, spoilt, { lengths: LENGTHS, classesLast: true })
    expect(second.loss).toBeCloseTo(last.loss, 13)
  })

  test('a class out of range is an error where it counts', () => {
    expect(failure(() => crossEntropyLoss(logits, spoilt, { classesLast: true }))).toBe('target[6]')
    expect(failure(() => crossEntropyLoss(logits, classes, { classesLast: 1 as never }))).toBe(
      'options.classesLast',
    )
  })
})

test('wrong masks and lengths are named', () => {
  const p = make(new Float32Array(T * B * O), [T, B, O])
  const bad = (options: LossOptions): string => failure(() => mseLoss(p, p, options))
  expect(bad({ mask: make(new Float32Array(B), [B]) })).toBe('options.mask')
  expect(bad({ mask: make(new Float32Array(T * B * O * 2), [T, B, O, 2]) })).toBe('options.mask')
  expect(bad({ mask: [1, 0] as never })).toBe('options.mask.shape')
  expect(bad({ mask: { data: [1, 0, 1, 1, 1], shape: [T] } as never })).toBe('options.mask.data')
  expect(bad({ mask: make([0, 1, 0.5, 1, 1], [T]) })).toBe('options.mask.data[2]')
  expect(bad({ mask: make([0, NaN, 1, 1, 1], [T]) })).toBe('options.mask.data[1]')
  expect(bad({ lengths: [1, 2] })).toBe('options.lengths')
  expect(bad({ lengths: [1, 0, 2] })).toBe('options.lengths[1]')
  expect(bad({ lengths: [1, 6, 2] })).toBe('options.lengths[1]')
  expect(bad({ lengths: [1, 2.5, 2] })).toBe('options.lengths[1]')
  expect(bad({ lengths: [1, 2, 3], batchFirst: true })).toBe('options.lengths')
  expect(bad({ batchFirst: 1 as never })).toBe('options.batchFirst')
  expect(failure(() => mseLoss(make([1, 2]), make([1, 2]), { lengths: [1, 2] }))).toBe('options.lengths')
})
