/** The strong Wolfe line search against PyTorch 2.13's, in float64. */
import { strongWolfe } from '../lib/optim/strong-wolfe'

/** Searches along a function of one variable, and notes the steps that are tried. */
function follow(f: (t: number) => number, slope: (t: number) => number, first: number, trials: number) {
  const steps: number[] = []
  const at = (t: number) => ({ step: t, loss: f(t), gradient: Float64Array.of(slope(t)), slope: slope(t) })
  const evaluate = (t: number) => {
    steps.push(t)
    return at(t)
  }
  return { ...strongWolfe(evaluate, at(0), first, 1, trials), steps }
}

describe('strongWolfe', () => {
  const functions: Record<string, { f: (t: number) => number; slope: (t: number) => number }> = {
    ratio: { f: (t) => -t / (t * t + 2), slope: (t) => (t * t - 2) / (t * t + 2) ** 2 },
    quintic: {
      f: (t) => (t + 0.004) ** 4 * (t + 0.004 - 2),
      slope: (t) => 5 * (t + 0.004) ** 4 - 8 * (t + 0.004) ** 3,
    },
    parabola: { f: (t) => (t - 3) ** 2, slope: (t) => 2 * (t - 3) },
    waves: {
      f: (t) => Math.sqrt(1 + (t - 2) ** 2) - 0.4 * Math.sin(3 * t),
      slope: (t) => (t - 2) / Math.sqrt(1 + (t - 2) ** 2) - 1.2 * Math.cos(3 * t),
    },
  }

  // Which steps PyTorch's search tries, and which it settles on; to 12 digits.
  const cases = [
    {
      name: 'ratio',
      first: 0.001,
      trials: 25,
      tried: [0.001, 0.01, 0.1, 0.823049306085],
      step: 0.823049306085,
    },
    { name: 'ratio', first: 0.1, trials: 1, tried: [0.1, 0.822303296454], step: 0.822303296454 },
    { name: 'ratio', first: 10.0, trials: 25, tried: [10.0], step: 10.0 },
    {
      name: 'ratio',
      first: 1000.0,
      trials: 9,
      tried: [
        1000.0, 333.335000003, 666.667500001, 500.001250002, 416.668125002, 375.001562503, 354.168281253,
        343.751640628, 338.543320315, 335.939160159,
      ],
      step: 333.335000003,
    },
    { name: 'ratio', first: 1000.0, trials: 1, tried: [1000.0, 333.335000003], step: 333.335000003 },
    {
      name: 'quintic',
      first: 0.001,
      trials: 25,
      tried: [
        0.001, 0.005505, 0.030300025, 0.166774112625, 0.917939989876, 0.925451648648, 2.69935902412,
        1.70904086635, 1.57413724501, 1.59613658992, 1.59599996225, 1.59601362502, 1.596,
      ],
      step: 1.596,
    },
    { name: 'quintic', first: 0.1, trials: 3, tried: [0.1, 0.101, 0.555505, 3.057550025], step: 0.0 },
    {
      name: 'quintic',
      first: 10.0,
      trials: 25,
      tried: [
        10.0, 4.61397991576, 2.25767767654, 1.36340195222, 1.63458394595, 1.5950381944, 1.59600082905,
        1.59590456559, 1.596,
      ],
      step: 1.596,
    },
    {
      name: 'quintic',
      first: 1000.0,
      trials: 25,
      tried: [
        1000.0, 444.591309692, 197.74325171, 88.0335659983, 39.2749832478, 17.607440946, 7.98437807408,
        3.72507291097, 1.88498894269, 1.34049994615, 1.59758908047, 1.59594275792, 1.59610739017, 1.596,
      ],
      step: 1.596,
    },
    { name: 'quintic', first: 1000.0, trials: 0, tried: [1000.0], step: 0.0 },
    { name: 'parabola', first: 0.001, trials: 25, tried: [0.001, 0.01, 0.1, 1.0], step: 1.0 },
    { name: 'parabola', first: 10.0, trials: 25, tried: [10.0, 3.0], step: 3.0 },
    { name: 'parabola', first: 0.1, trials: 0, tried: [0.1], step: 0.1 },
    { name: 'waves', first: 0.01, trials: 25, tried: [0.01, 0.1, 0.615544039272], step: 0.615544039272 },
    { name: 'waves', first: 2.0, trials: 25, tried: [2.0], step: 2.0 },
    { name: 'waves', first: 5.0, trials: 25, tried: [5.0, 2.18108036585], step: 2.18108036585 },
    { name: 'waves', first: 9.0, trials: 25, tried: [9.0, 2.6443697281], step: 2.6443697281 },
    {
      name: 'waves',
      first: 40.0,
      trials: 25,
      tried: [40.0, 7.23792671994, 2.64998176069],
      step: 2.64998176069,
    },
  ]

  test.each(cases)('$name from $first, $trials trials', ({ name, first, trials, tried, step }) => {
    const { f, slope } = functions[name]!
    const { steps, point, evaluations } = follow(f, slope, first, trials)
    expect(evaluations).toBe(tried.length)
    // The last digits of sin, cos and pow differ between libraries, and interpolation magnifies them.
    expect(steps).toEqual(tried.map((t) => expect.closeTo(t, 7) as number))
    expect(point.step).toBeCloseTo(step, 7)
    expect(point.loss).toBe(f(point.step))
  })

  // Hilly functions k·(t − 4)² + a·sin(b·t + p), found by search: on each, a small change of one of the search's
  // tests would try other steps.
  const hills = [
    { k: 0.17, a: 2.9, b: 0.9, p: 1.3, first: 1, tried: [1.0, 10.0] },
    { k: 0.28, a: 0.7, b: 1.6, p: 0.2, first: 2, tried: [2.0, 5.03353145163] },
    { k: 0.14, a: 2.6, b: 2.4, p: 2.8, first: 2, tried: [2.0] },
    {
      k: 0.15,
      a: 1.1,
      b: 2.1,
      p: 1.1,
      first: 4,
      tried: [4.0, 22.02, 6.4048323113, 4.4556231312, 4.62425994942, 4.80231718561, 4.67046978062],
    },
    { k: 0.28, a: 1.1, b: 2.8, p: 4.9, first: 4, tried: [4.0, 22.02, 6.07720188564, 4.34962373529] },
    { k: 0.19, a: 0.5, b: 1.3, p: 0.5, first: 0.3, tried: [0.3, 1.6515, 6.68456084595, 3.46069978611] },
    { k: 0.28, a: 0.4, b: 1.2, p: 0.5, first: 0.3, tried: [0.3, 1.6515, 7.61565852965, 3.82105261748] },
  ]

  test.each(hills)('hills $k, $a, $b, $p from $first', ({ k, a, b, p, first, tried }) => {
    const f = (t: number): number => k * (t - 4) ** 2 + a * Math.sin(b * t + p)
    const slope = (t: number): number => 2 * k * (t - 4) + a * b * Math.cos(b * t + p)
    const { steps, point } = follow(f, slope, first, 25)
    expect(steps).toEqual(tried.map((t) => expect.closeTo(t, 7) as number))
    expect(point.step).toBe(steps.at(-1))
  })

  test('ends where the bracket is too small to matter', () => {
    const jump = (t: number) => ({
      step: t,
      loss: t > 0.5 ? 1 : -t,
      gradient: Float64Array.of(-1),
      slope: -1,
    })
    const { point, evaluations } = strongWolfe(jump, jump(0), 1, 1e-8, 100)
    expect(point.step).toBeLessThanOrEqual(0.5)
    expect(evaluations).toBeLessThan(12)
  })
})
