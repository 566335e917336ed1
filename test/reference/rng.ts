/** Seeded random numbers for tests: the same seed gives the same numbers on every machine. */

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
    return Math.sqrt(-2 * Math.log(this.uniform())) * Math.cos(2 * Math.PI * this.uniform())
  }

  /** `count` normal numbers times `scale`, each rounded to float32, so that float32 code can have the same ones. */
  normals(count: number, scale = 1): Float64Array {
    return Float64Array.from({ length: count }, () => Math.fround(scale * this.normal()))
  }
}
