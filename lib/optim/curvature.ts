/** What L-BFGS remembers of the function's curvature, and the direction that it makes of it. */

/** One remembered step and how it changed the gradient, in all parameters. */
export interface CurvaturePair {
  readonly step: Float64Array
  readonly change: Float64Array
}

/** Steps that bent the gradient less than this are forgotten: they would make the estimate indefinite. */
const LEAST_CURVATURE = 1e-10

/**
 * The last few steps s and gradient changes y, an implicit estimate of the inverse Hessian (J. Nocedal, "Updating
 * quasi-Newton matrices with limited storage", 1980). All of it is float64.
 */
export class Curvature {
  private readonly kept: (CurvaturePair & { readonly inverse: number })[] = []
  private readonly alphas: Float64Array
  /** The estimate before any step: this number times the identity. */
  private scale = 1

  /** @param size how many steps are remembered at most */
  constructor(private readonly size: number) {
    this.alphas = new Float64Array(size)
  }

  /** The remembered pairs, the oldest first. */
  get pairs(): readonly CurvaturePair[] {
    return this.kept
  }

  /** Remembers a step, in place of the oldest where there are too many, unless y·s is too small. */
  add(pair: CurvaturePair): void {
    const product = dot(pair.change, pair.step)
    if (!(product > LEAST_CURVATURE)) return
    if (this.kept.length === this.size) this.kept.shift()
    this.kept.push({ ...pair, inverse: 1 / product })
    this.scale = product / dot(pair.change, pair.change)
  }

  /**
   * The direction of descent: minus the estimated inverse Hessian times the gradient, by the two-loop recursion
   * (Nocedal & Wright, "Numerical Optimization", 2nd ed., algorithm 7.4). A new array.
   */
  direction(gradient: Float64Array): Float64Array {
    const d = gradient.map((g) => -g)
    for (let k = this.kept.length - 1; k >= 0; k--) {
      const { step, change, inverse } = this.kept[k] as (typeof this.kept)[number]
      const alpha = dot(step, d) * inverse
      this.alphas[k] = alpha
      addScaled(d, change, -alpha)
    }
    for (let i = 0; i < d.length; i++) d[i] = (d[i] as number) * this.scale
    for (const [k, { step, change, inverse }] of this.kept.entries()) {
      const beta = dot(change, d) * inverse
      addScaled(d, step, (this.alphas[k] as number) - beta)
    }
    return d
  }
}

/** Σ a·b, summed in order. */
export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number)
  return sum
}

/** The largest absolute value; NaN where there is one. */
export function maxAbs(a: Float64Array): number {
  let largest = 0
  for (const value of a) largest = Math.max(largest, Math.abs(value))
  return largest
}

function addScaled(target: Float64Array, source: Float64Array, factor: number): void {
  for (let i = 0; i < target.length; i++) target[i] = (target[i] as number) + factor * (source[i] as number)
}
