/** Seeded random numbers for tests: the same seed gives the same numbers on every machine. */

const { cos, fround, log, PI, sqrt } = Math // a look-up of a global is slow in a test's context

/**
 * A generator of the Lehmer kind, x ← 48271·x mod 2³¹ − 1, with the factor that S. K. Park and K. W. Miller came to
 * advise in 1993 ("Technical correspondence", Communications of the ACM 36). Every product is exact in float64.
 */
export class Rng {
  private state: number

  constructor(seed: number) {
    this.state = (Math.abs(Math.trunc(seed)) % 2147483646) + 1
    // Neighbouring seeds start with neighbouring numbers; a few steps part them.
    for (let i = 0; i < 8; i++) this.uniform()
  }

  /** A number strictly between 0 and 1. */
  uniform(): number {
    this.state = (this.state * 48271) % 2147483647
    return this.state / 2147483647
  }

  /** A whole number from 0 to `below` − 1. */
  integer(below: number): number {
    return Math.floor(this.uniform() * below)
  }

  /** A number with the standard normal distribution (G. E. P. Box, M. E. Muller, 1958). */
  normal(): number {
    return sqrt(-2 * log(this.uniform())) * cos(2 * PI * this.uniform())
  }

  /** `count` normal numbers times `scale`, each rounded to float32, so that float32 code can have the same ones. */
  normals(count: number, scale = 1): Float64Array {
    return Float64Array.from({ length: count }, () => fround(scale * this.normal()))
  }
}
