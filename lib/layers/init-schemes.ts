/**
 * Random numbers for first values, uniform and normal. The same generator gives the same bits on every platform: all
 * is done with +, −, · and /, which ECMAScript defines to the bit, and with Math.sqrt, which every engine rounds as
 * IEEE 754 says. Math.log and Math.cos, whose last bit is each engine's own affair, are not used.
 */
import type { Random } from '../random.js'

/** Fills an array with numbers uniform in [−bound, bound), one draw each, in order. */
export function fillUniform(to: Float32Array, bound: number, random: Random): void {
  for (let i = 0; i < to.length; i++) to[i] = (2 * random.uniform() - 1) * bound
}

/**
 * Fills an array with normal numbers of mean 0, in pairs, by the polar method (G. Marsaglia, T. A. Bray, "A convenient
 * method for generating normal variables", 1964). Of an odd last pair the second is dropped, so that what is drawn
 * next does not depend on what was drawn before.
 */
export function fillNormal(to: Float32Array | Float64Array, deviation: number, random: Random): void {
  for (let i = 0; i < to.length; i += 2) {
    let u: number, v: number, s: number
    do {
      u = 2 * random.uniform() - 1
      v = 2 * random.uniform() - 1
      s = u * u + v * v
    } while (s >= 1 || s === 0)
    const factor = deviation * Math.sqrt((-2 * logarithm(s)) / s)
    to[i] = u * factor
    if (i + 1 < to.length) to[i + 1] = v * factor
  }
}

/** ln s for 0 < s < 1, to about 2^-52 of itself. */
function logarithm(s: number): number {
  let mantissa = s
  let exponent = 0
  for (; mantissa < Math.SQRT1_2; mantissa *= 2) exponent++
  // ln m = 2 artanh z = 2 (z + z³/3 + z⁵/5 + …), |z| < 0.172: what follows the term of z¹⁹ is below 2^-55 of z.
  const z = (mantissa - 1) / (mantissa + 1)
  let sum = 0
  for (let k = 19; k >= 1; k -= 2) sum = sum * z * z + 1 / k
  return 2 * z * sum - exponent * Math.LN2
}
