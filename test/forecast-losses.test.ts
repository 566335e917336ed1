/** Losses of forecasts that say how sure they are: several quantiles at once, and the Gaussian likelihood. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gaussianNllLoss, pinballLoss, type ElementLossResult, type Reduction } from '../lib/losses'
import { native } from '../lib/native/load'
import type { Tensor } from '../lib/tensor'
import { relativeError } from './reference/finite-differences'
import { Rng } from './reference/rng'
import { failure } from './refusal'

const make = (data: ArrayLike<number>, shape: readonly number[] = [data.length]): Tensor => ({
  data: Float32Array.from(data),
  shape,
})

const best = native().state()
afterAll(() => void native().chooseIsa(best.isa))

describe('several quantiles', () => {
  const rng = new Rng(51)
  const quantiles = [0.1, 0.5, 0.85]
  // More than a block of the core, and no multiple of it.
  const [N, Q] = [150, quantiles.length]
  const prediction = make(rng.normals(N * Q), [N / 2, 2, Q])
  const target = make(rng.normals(N), [N / 2, 2])

  test('each is the loss of that quantile alone', () => {
    const together = pinballLoss(prediction, target, { quantiles, reduction: 'none' })
    for (const [q, quantile] of quantiles.entries()) {
      const own = make(
        target.data.map((_, i) => prediction.data[i * Q + q]!),
        target.shape,
      )
      const alone = pinballLoss(own, target, { quantile, reduction: 'none' })
      const column = (all: Float32Array): number[] => [...all].filter((_, i) => i % Q === q)
      expect(column(together.losses)).toEqual([...alone.losses])
      expect(column(together.grad.data)).toEqual([...alone.grad.data])
    }
    expect(together.grad.shape).toEqual([N / 2, 2, Q])
    const mean = pinballLoss(prediction, target, { quantiles })
    expect(mean.loss).toBeCloseTo(together.loss / (N * Q), 14)
  })

  test('wrong arguments are named', () => {
    const bad = (options: object, p = prediction): string => failure(() => pinballLoss(p, target, options))
    expect(bad({ quantiles: [] })).toBe('options.quantiles')
    expect(bad({ quantiles: 0.5 })).toBe('options.quantiles')
    expect(bad({ quantiles: [0.1, 0.5, 1] })).toBe('options.quantiles[2]')
    expect(bad({ quantiles: [0.1, 0.5] })).toBe('prediction')
    expect(bad({ quantiles, quantile: 0.5 })).toBe('options.quantile')
    expect(bad({ quantiles: [0.5] }, make(target.data, [N, 1]))).toBe('target')
  })
})

interface GaussianCase {
  options: { reduction: Reduction; full: boolean; eps: number }
  loss: number
  losses: number[]
  grad: number[]
  variance_grad: number[]
}

const golden = JSON.parse(readFileSync(join(__dirname, 'golden', 'gaussian-nll.json'), 'utf8')) as {
  inputs: { shape: number[]; mean: number[]; target: number[]; variance: number[] }
  cases: GaussianCase[]
}

describe.each(best.isas)('Gaussian likelihood, %s', (isa) => {
  beforeAll(() => expect(native().chooseIsa(isa)).toBe(true))
  const { shape, mean, target, variance } = golden.inputs

  // The core is handed the logarithm of the variance in float32: of 14 at most, that is off by 5e-7.
  const TOLERANCE = 2e-6

  test.each(golden.cases)('as PyTorch: $options', ({ options, loss, losses, grad, variance_grad }) => {
    const given = { ...options, variance: make(variance, shape) }
    const result = gaussianNllLoss(make(mean, shape), make(target, shape), given)
    expect(relativeError([result.loss], [loss])).toBeLessThan(TOLERANCE)
    expect(relativeError(result.grad.data, grad)).toBeLessThan(TOLERANCE)
    expect(relativeError(result.varianceGrad.data, variance_grad)).toBeLessThan(TOLERANCE)
    expect([result.grad.shape, result.varianceGrad.shape]).toEqual([shape, shape])
    if (options.reduction !== 'none') return
    const each = (result as unknown as ElementLossResult).losses
    expect(relativeError(each, losses)).toBeLessThan(TOLERANCE)
  })

  test('with logarithms: the same losses, and slopes by the chain rule', () => {
    // The first variance of the file is 0, which has no logarithm.
    const held = variance.map((v) => Math.max(v, 1e-6))
    const pairs = make(
      mean.flatMap((m, i) => [m, Math.log(held[i]!)]),
      [...shape, 2],
    )
    const own = gaussianNllLoss(pairs, make(target, shape), { reduction: 'none' })
    const theirs = gaussianNllLoss(make(mean, shape), make(target, shape), {
      variance: make(variance, shape),
      reduction: 'none',
    })
    expect(own.grad.shape).toEqual([...shape, 2])
    expect(relativeError(own.losses, theirs.losses)).toBeLessThan(TOLERANCE)
    const part = (offset: number): number[] => [...own.grad.data].filter((_, i) => i % 2 === offset)
    expect(relativeError(part(0), theirs.grad.data)).toBeLessThan(TOLERANCE)
    const slopes = theirs.varianceGrad.data.map((g, i) => g * held[i]!)
    expect(relativeError(part(1), slopes)).toBeLessThan(TOLERANCE)
  })
})

test('variances far out neither overflow nor vanish', () => {
  const { losses, grad } = gaussianNllLoss(make([1, -500, 1, 500, 0, 80], [3, 2]), make([1, 3, 0]), {
    eps: 1e-12,
    reduction: 'none',
  })
  const least = Math.log(1e-12)
  expect(losses[0]).toBeCloseTo(least / 2, 4)
  expect([...losses.slice(1)]).toEqual([250, 40])
  expect([...grad.data]).toEqual([0, 0.5, expect.closeTo(0, 30), 0.5, 0, 0.5])
})

test('a NaN comes out as NaN, of the mean and of the variance', () => {
  const { grad, loss } = gaussianNllLoss(make([NaN, 0, 0, NaN, 0, 0], [3, 2]), make([0, 0, 0]))
  expect(loss).toBeNaN()
  expect([...grad.data].map(Number.isNaN)).toEqual([true, true, true, true, false, false])
})

test('wrong arguments of the likelihood are named', () => {
  const [p, t] = [make([1, 2, 3, 4], [2, 2]), make([1, 2])]
  expect(failure(() => gaussianNllLoss(make([1, 2, 3]), t))).toBe('prediction')
  expect(failure(() => gaussianNllLoss(p, p))).toBe('target')
  expect(failure(() => gaussianNllLoss(t, t, { variance: p }))).toBe('options.variance')
  expect(failure(() => gaussianNllLoss(t, t, { variance: make([1, -1]) }))).toBe('options.variance.data[1]')
  expect(failure(() => gaussianNllLoss(p, t, { eps: 0 }))).toBe('options.eps')
  expect(failure(() => gaussianNllLoss(p, t, { full: 1 as never }))).toBe('options.full')
  expect(failure(() => gaussianNllLoss(p, t, { beta: 1 } as never))).toBe('options.beta')
})
