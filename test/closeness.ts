/** How far a float32 result may be from the float64 reference, and which arrays of a case are further. */
import { referenceOf, type Drawn, type Form, type Named, type Noise } from './layer-cases'
import { Rng } from './reference/rng'

/**
 * The error that is allowed, as a share of the largest number of an array. With u = 2^-24, the unit roundoff, a sum of
 * n products in float32 is off by about √n u (Higham and Mary 2019: rounding errors are as good as independent), and a
 * gate's sigmoid or tanh by at most 4 ULP = 8 u, of which some three stand behind one another. Gates contract, so
 * steps do not add up. A dropped or doubled term in a sum of n is about 1/√n, at least a thousand times this.
 */
export function tolerance({ inputSize, hiddenSize, T, B }: Form): number {
  const longest = Math.max(inputSize + hiddenSize, 4 * hiddenSize, T * B)
  return 2 ** -24 * (3 * 8 + Math.sqrt(longest))
}

/** The largest difference as a share of the largest number; one that is small itself came of terms that are not. */
export function distance(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  const { abs, max } = Math // a look-up of a global is slow in a test's context
  let [error, scale] = [actual.length === expected.length ? 0 : Infinity, 1 / 8]
  for (let i = 0; i < expected.length; i++) {
    error = max(error, abs(actual[i]! - expected[i]!)) // NaN stays
    scale = max(scale, abs(expected[i]!))
  }
  return error / scale
}

/** Names of arrays that are further from the reference than allowed. */
export function tooFar(actual: Named, expected: Named, allowed: number): string[] {
  expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort())
  return Object.entries(expected).flatMap(([name, data]) => {
    const error = distance(actual[name]!, data)
    return error <= allowed ? [] : [`${name}: ${error.toExponential(1)}, allowed ${allowed.toExponential(1)}`]
  })
}

/**
 * How many times larger an error is in some result than in the numbers of a case, at least 1. Gates contract, but layer
 * norm divides by the spread of a row, again in every step and layer: what was rounded before it can so grow by a
 * factor of 10 and more, which is no fault of the core's. The reference tells by how much, being given numbers that
 * are off at random by a share so small that its results are linear in it.
 */
export function growthOfErrors(drawn: Drawn, expected: Named, noise?: Noise): number {
  const rng = new Rng(4)
  const share = 2 ** -30
  const off = (data: Float64Array): Float64Array => data.map((x) => x * (1 + share * (2 * rng.uniform() - 1)))
  const { parameters, input, h0, c0 } = drawn
  const shaken = {
    ...drawn,
    parameters: Object.fromEntries(Object.entries(parameters).map(([name, data]) => [name, off(data)])),
    input: off(input),
    h0: h0 && off(h0),
    c0: c0 && off(c0),
  }
  const near = referenceOf(shaken, noise)
  const distances = Object.entries(expected).map(([name, data]) => distance(near[name]!, data))
  return Math.max(1, ...distances.map((error) => error / share))
}
