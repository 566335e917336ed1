/**
 * The accuracy contracts of native/math/activations.h, on every instruction set: how far each function may be from the
 * correctly rounded result, in units in the last place (ULP), over which range, and what holds at the edges.
 */
import { engine } from '../lib'
import { native } from '../lib/native/load'
import { sigmoid } from './reference/algebra'
import { Rng } from './reference/rng'

type Name = 'exponential' | 'sigmoid' | 'hyperbolicTangent'

const isas = engine().isas
const best = engine().isa
afterAll(() => void native().chooseIsa(best))

function apply(name: Name, from: Float32Array): Float32Array {
  const to = new Float32Array(from.length)
  native().activation(name, from, to)
  return to
}

/** In float64, where each of the three is off by a few units of 2^-53: nothing beside a unit of float32. */
const exact: Record<Name, (x: number) => number> = {
  exponential: Math.exp,
  sigmoid,
  hyperbolicTangent: Math.tanh,
}

const { abs, fround, max, min, sign } = Math // a look-up of a global is slow in a test's context

const word = new Int32Array(1)
const asFloat = new Float32Array(word.buffer)

/** A float32's place in the order of all of them, so that neighbours differ by 1 and both zeros are 0. */
function place(x: number): number {
  asFloat[0] = x
  const bits = word[0]!
  return bits < 0 ? -(bits & 0x7fffffff) : bits
}

const atPlace = (p: number): number => {
  word[0] = abs(p)
  return sign(p) * asFloat[0]!
}

const ulps = (actual: number, expected: number): number => abs(place(actual) - place(fround(expected)))

/** Every exponent of float32 with many mantissas, both signs, both ends of the range, all held to [low, high]. */
function samples(low: number, high: number): Float32Array {
  const rng = new Rng(101)
  const values = [low, high, 0, -0, 1, -1]
  for (let exponent = 0; exponent < 255; exponent++) {
    for (let k = 0; k < 200; k++) {
      const magnitude = atPlace(exponent * 2 ** 23 + rng.integer(2 ** 23))
      values.push(magnitude, -magnitude)
    }
  }
  // Where the functions bend, every exponent is not dense enough.
  for (let k = 0; k < 60000; k++) values.push(fround(low + (min(high, 100) - low) * rng.uniform()))
  for (let k = 0; k < 60000; k++) values.push(fround(40 * (rng.uniform() - 0.5)))
  // Around the multiples of ln 2 / 2, where the reduction changes from one n to the next.
  for (let n = -250; n <= 250; n++) {
    const middle = place(fround((n * Math.LN2) / 2))
    for (let d = -3; d <= 3; d++) values.push(atPlace(middle + d))
  }
  return Float32Array.from(values.filter((x) => x >= low && x <= high))
}

// What is the same on every instruction set is computed once: emulated, that is most of this file's time.
const positive = samples(0, 3.4e38)
const rising = samples(-100, 100).sort()
/** The header's table, each range with samples and the correctly rounded results. */
const contracts = (
  [
    ['exponential', -87, 88, 2],
    ['sigmoid', -87, Infinity, 3],
    ['hyperbolicTangent', -Infinity, Infinity, 4],
  ] as const
).map(([name, low, high, most]) => {
  const finite = (x: number): number => max(-3.4e38, min(3.4e38, x))
  const from = samples(finite(low), finite(high))
  return { name, low, high, most, from, expected: from.map(exact[name]) }
})

describe.each(isas)('%s', (isa) => {
  beforeAll(() => expect(native().chooseIsa(isa)).toBe(true))

  test.each(contracts)('$name on [$low, $high]: at most $most ULP', ({ name, most, from, expected }) => {
    const to = apply(name, from)
    expect(from.length).toBeGreaterThan(150000)
    let worst = { x: NaN, off: -1 }
    for (let i = 0; i < from.length; i++) {
      const off = ulps(to[i]!, expected[i]!)
      if (!(off <= worst.off)) worst = { x: from[i]!, off }
    }
    expect(worst.off).toBeLessThanOrEqual(most)
  })

  test('beyond their ranges they stay at the ends', () => {
    const far = Float32Array.of(-Infinity, -1e38, -1000, -87.5, -87)
    expect(new Set(apply('exponential', far)).size).toBe(1)
    expect(new Set(apply('sigmoid', far)).size).toBe(1)
    expect(ulps(apply('sigmoid', far)[0]!, 1 / (1 + Math.exp(87)))).toBeLessThanOrEqual(3)
    const near = Float32Array.of(88, 88.5, 1000, 1e38, Infinity)
    expect(new Set(apply('exponential', near)).size).toBe(1)
    expect([...apply('sigmoid', Float32Array.of(20, 88, 1e38, Infinity))]).toEqual([1, 1, 1, 1])
    expect([
      ...apply('hyperbolicTangent', Float32Array.of(10, 1e38, Infinity, -10, -1e38, -Infinity)),
    ]).toEqual([1, 1, 1, -1, -1, -1])
  })

  test('zeros keep their sign, subnormals their value', () => {
    const zeros = Float32Array.of(0, -0)
    expect([...apply('exponential', zeros)]).toEqual([1, 1])
    expect([...apply('sigmoid', zeros)]).toEqual([0.5, 0.5])
    expect([...apply('hyperbolicTangent', zeros)]).toEqual([0, -0])
    const tiny = Float32Array.of(
      2 ** -149,
      -(2 ** -149),
      3 * 2 ** -149,
      2 ** -127,
      -(2 ** -126),
      1.5 * 2 ** -126,
    )
    expect([...apply('hyperbolicTangent', tiny)]).toEqual([...tiny])
  })

  test.each<Name>(['exponential', 'sigmoid', 'hyperbolicTangent'])(
    '%s: NaN gives NaN, and only there',
    (name) => {
      for (let lane = 0; lane < 33; lane++) {
        const from = Float32Array.from({ length: 33 }, (_, i) => (i === lane ? NaN : i / 7 - 2))
        expect([...apply(name, from)].map(Number.isNaN)).toEqual([...from].map(Number.isNaN))
      }
    },
  )

  test('tanh is odd to the bit', () => {
    const above = apply('hyperbolicTangent', positive)
    const below = apply(
      'hyperbolicTangent',
      positive.map((x) => -x),
    )
    expect(below.findIndex((y, i) => !Object.is(y, -above[i]!))).toBe(-1)
  })

  test('sigmoid and tanh stay within their bounds and rise to them', () => {
    // Where neighbouring samples are so far apart that the function grows by more than its error, it must grow. The
    // error is 4 ULP of at most 2^-24 each on either side.
    const margin = 8 * 2 ** -24
    for (const [name, low, high] of [
      ['sigmoid', 0, 1],
      ['hyperbolicTangent', -1, 1],
    ] as const) {
      const to = apply(name, rising)
      expect(to.findIndex((y) => !(y >= low && y <= high))).toBe(-1)
      expect(to.findIndex((y, i) => i > 0 && y < to[i - 1]! - margin)).toBe(-1)
      expect(to[to.length - 1]).toBe(1)
    }
  })

  test('every length up to two vectors and one gives what each element alone gives, and writes no further', () => {
    const from = Float32Array.from({ length: 33 }, (_, i) => 0.37 * (i - 16))
    for (const name of Object.keys(exact) as Name[]) {
      const alone = Array.from(from, (x) => apply(name, Float32Array.of(x))[0])
      for (let length = 1; length <= 33; length++) {
        const to = new Float32Array(length + 17).fill(-7)
        native().activation(name, from.subarray(0, length), to)
        expect([...to]).toEqual([...alone.slice(0, length), ...new Array<number>(17).fill(-7)])
      }
    }
  })

  test('an unaligned array gives the same bits', () => {
    const from = Float32Array.from({ length: 34 }, (_, i) => 0.29 * (i - 15))
    for (const name of Object.keys(exact) as Name[]) {
      expect([...apply(name, from.subarray(1))]).toEqual([...apply(name, from)].slice(1))
    }
  })
})
