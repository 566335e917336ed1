/** clipGradNorm: the norm, the factor, and arguments that are wrong. */
import type { Parameter } from '../lib/layers/parameter'
import { clipGradNorm } from '../lib/optim/clip'
import { failure } from './refusal'

describe('clipGradNorm', () => {
  const make = (...gradients: number[][]): Parameter[] =>
    gradients.map((g, index) => ({
      name: `p${index}`,
      value: { data: new Float32Array(g.length), shape: [g.length] },
      grad: { data: Float32Array.from(g), shape: [g.length] },
    }))
  const gradients = (parameters: Parameter[]): number[] => parameters.flatMap(({ grad }) => [...grad.data])

  test('scales all gradients by one factor where they are too long', () => {
    const p = make([3, 0, -4], [12])
    expect(clipGradNorm(p, 1.5)).toBe(13)
    const factor = 1.5 / (13 + 1e-6)
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
