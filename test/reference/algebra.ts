/** The few plain loops that the reference cells are written with. Matrices are row-major. */

const { exp } = Math // a look-up of a global is slow in a test's context

/** σ(x) = 1 / (1 + e^−x). */
export const sigmoid = (x: number): number => 1 / (1 + exp(-x))

/** W·x for W of shape [rows, x.length]. */
export function product(w: Float64Array, x: Float64Array): Float64Array {
  const y = new Float64Array(w.length / x.length)
  for (let i = 0; i < y.length; i++) {
    for (let k = 0; k < x.length; k++) y[i]! += w[i * x.length + k]! * x[k]!
  }
  return y
}

/** Adds Wᵀ·dy to `dx`, for W of shape [dy.length, dx.length]. */
export function addTransposed(dx: Float64Array, w: Float64Array, dy: Float64Array): void {
  for (let i = 0; i < dy.length; i++) {
    for (let k = 0; k < dx.length; k++) dx[k]! += w[i * dx.length + k]! * dy[i]!
  }
}

/** Adds dy·xᵀ to `dw`, of shape [dy.length, x.length]. */
export function addOuter(dw: Float64Array, dy: Float64Array, x: Float64Array): void {
  for (let i = 0; i < dy.length; i++) {
    for (let k = 0; k < x.length; k++) dw[i * x.length + k]! += dy[i]! * x[k]!
  }
}

/** Adds `source` to `target`. */
export function add(target: Float64Array, source: Float64Array): void {
  for (let i = 0; i < target.length; i++) target[i]! += source[i]!
}

/** a ⊙ b. */
export const times = (a: Float64Array, b: Float64Array): Float64Array => a.map((x, i) => x * b[i]!)
