/** clipGradNorm and clipGradValue: norm, factor and limits, on every instruction set, and arguments that are wrong. */
import type { Parameter } from '../lib/layers/parameter'
import { native } from '../lib/native/load'
import { clipGradNorm, clipGradValue } from '../lib/optim/clip'
import { Rng } from './reference/rng'
import { failure } from './refusal'

const make = (...gradients: ArrayLike<number>[]): Parameter[] =>
  gradients.map((g, index) => ({
    name: `p${index}`,
    value: { data: new Float32Array(g.length), shape: [g.length] },
    grad: { data: Float32Array.from(g), shape: [g.length] },
  }))
const gradients = (parameters: Parameter[]): number[] => parameters.flatMap(({ grad }) => [...grad.data])

const best = native().state()
afterAll(() => void native().chooseIsa(best.isa))

describe('clipGradNorm', () => {
  test('scales all gradients by one factor where they are too long', () => {
    const p = make([3, 0, -4], [12])
    expect(clipGradNorm(p, 1.5)).toBe(13)
    const factor = Math.fround(1.5 / (13 + 1e-6))
    expect(gradients(p)).toEqual([3, 0, -4, 12].map((g) => Math.fround(g * factor)))
  })

  test('leaves short ones as they are', () => {
    const p = make([3, 0, -4], [12])
    expect(clipGradNorm(p, 13.1)).toBe(13)
    expect(clipGradNorm(p, Infinity)).toBe(13)
    expect(gradients(p)).toEqual([3, 0, -4, 12])
    expect(clipGradNorm(p, 0)).toBe(13)
    expect(gradients(p).map(Math.abs)).toEqual([0, 0, 0, 0])
    expect(clipGradNorm([], 1)).toBe(0)
  })

  test('sums in float64, beyond float32 both in range and in digits', () => {
    expect(clipGradNorm(make([2 ** 80, 2 ** 80, 2 ** 80, 2 ** 80]), Infinity)).toBe(2 ** 81)
    expect(clipGradNorm(make([2 ** 13], new Array<number>(1001).fill(1)), Infinity)).toBe(
      Math.sqrt(2 ** 26 + 1001),
    )
  })

  test('shows a NaN, and what an infinity makes of a gradient', () => {
    const p = make([1, NaN], [2])
    expect(clipGradNorm(p, 1)).toBeNaN()
    expect(gradients(p)).toEqual([NaN, NaN, NaN])
    const q = make([1, Infinity])
    expect(clipGradNorm(q, 1)).toBe(Infinity)
    expect(gradients(q)).toEqual([0, NaN])
  })

  test('wrong arguments are named', () => {
    for (const maxNorm of [NaN, -1, '1' as never]) {
      expect(failure(() => clipGradNorm(make([1]), maxNorm))).toBe('maxNorm')
    }
    expect(failure(() => clipGradNorm([{}] as never, 1))).toBe('parameters[0].value')
    expect(failure(() => clipGradNorm(null as never, 1))).toBe('parameters')
  })
})

describe.each(best.isas)('%s', (isa) => {
  beforeAll(() => expect(native().chooseIsa(isa)).toBe(true))
  const drawn = (): Float64Array[] => [1, 15, 16, 17, 100].map((size) => new Rng(size).normals(size, 3))

  test('the norm is a sum of sixteen sums, whose numbers stand sixteen apart', () => {
    let total = 0
    for (const numbers of drawn()) {
      const sums = new Float64Array(16)
      numbers.forEach((g, i) => (sums[i % 16]! += g * g))
      total += sums.reduce((sum, part) => sum + part, 0)
    }
    expect(clipGradNorm(make(...drawn()), Infinity)).toBe(Math.sqrt(total))
  })

  test('every number is scaled, or held to the limit', () => {
    const all = drawn().flatMap((numbers) => [...numbers])
    const scaled = make(...drawn())
    const factor = Math.fround(2.5 / (clipGradNorm(scaled, 2.5) + 1e-6))
    expect(gradients(scaled)).toEqual(all.map((g) => Math.fround(g * factor)))
    const held = make(...drawn())
    clipGradValue(held, 0.7)
    const limit = Math.fround(0.7)
    expect(gradients(held)).toEqual(all.map((g) => Math.max(-limit, Math.min(limit, g))))
  })
})

describe('clipGradValue', () => {
  test('leaves what is within, shows a NaN, and holds infinities', () => {
    const p = make([0.5, -0.25, 3, NaN, -Infinity, Infinity])
    clipGradValue(p, Infinity)
    expect(gradients(p)).toEqual([0.5, -0.25, 3, NaN, -Infinity, Infinity])
    clipGradValue(p, 2)
    expect(gradients(p)).toEqual([0.5, -0.25, 2, NaN, -2, 2])
    clipGradValue(p, 0)
    expect(gradients(p).map(Math.abs)).toEqual([0, 0, 0, NaN, 0, 0])
  })

  test('wrong arguments are named', () => {
    for (const clipValue of [NaN, -1, '1' as never]) {
      expect(failure(() => clipGradValue(make([1]), clipValue))).toBe('clipValue')
    }
    expect(failure(() => clipGradValue([{}] as never, 1))).toBe('parameters[0].value')
  })
})
