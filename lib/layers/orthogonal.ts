/**
 * Random orthogonal matrices for first values (A. M. Saxe, J. L. McClelland, S. Ganguli, "Exact solutions to the
 * nonlinear dynamics of learning in deep linear neural networks", 2013).
 */
import type { Random } from '../random.js'
import { fillNormal } from './init-schemes.js'

/**
 * Fills a matrix [rows, columns] so that its rows are orthonormal, or its columns where those are fewer. All such
 * matrices are equally likely: it is distributed as Q of A = QR, where A is normal and R has a positive diagonal
 * (F. Mezzadri, "How to generate random matrices from the classical compact groups", 2007).
 *
 * No A is made and reduced. The reflection that Householder's QR takes from a column of A leaves the columns after it
 * normal and independent of it, so each may as well be taken from a normal vector of its own, and Q is their product
 * (G. W. Stewart, "The efficient generation of random orthogonal matrices with an application to condition
 * estimators", 1980). That is half the work, and orthogonal to a few 2^-52 whatever the numbers.
 */
export function fillOrthogonal(to: Float32Array, rows: number, columns: number, random: Random): void {
  const vectors = orthonormalVectors(Math.min(rows, columns), Math.max(rows, columns), random)
  for (const [v, vector] of vectors.entries()) {
    if (rows <= columns) to.set(vector, v * columns)
    else for (let r = 0; r < rows; r++) to[r * columns + v] = vector[r] as number
  }
}

/** Columns of H₀ H₁ … H_{count−1} D: of reflections, H_j in the coordinates from j on, and of signs. */
function orthonormalVectors(count: number, length: number, random: Random): Float64Array[] {
  const vectors: Float64Array[] = Array.from({ length: count }, () => new Float64Array(length))
  const factors = new Float64Array(count) // of each vector: scale · (vector · axis), for the reflection to come
  let axis: Float64Array = new Float64Array(length)
  let nextAxis: Float64Array = new Float64Array(length)
  let scale = drawReflection(axis, count - 1, random)
  for (let j = count - 1; j >= 0; j--) {
    // H_j takes the drawn x to −sign(x_j)‖x‖ in coordinate j: that would be R's diagonal, whose sign goes into D.
    const sign = -Math.sign(axis[j] as number)
    ;(vectors[j] as Float64Array)[j] = sign
    factors[j] = scale * (axis[j] as number) * sign
    scale = j > 0 ? drawReflection(nextAxis, j - 1, random) : 0
    for (let v = j; v < count; v++) {
      const product = reflect(vectors[v] as Float64Array, axis, factors[v] as number, nextAxis, j)
      factors[v] = scale * product
    }
    ;[axis, nextAxis] = [nextAxis, axis]
  }
  return vectors
}

/** Draws normal numbers x from place j on, and makes them the axis a of the reflection I − scale · a aᵀ. */
function drawReflection(axis: Float64Array, j: number, random: Random): number {
  const drawn = axis.subarray(j)
  let norm: number
  do {
    fillNormal(drawn, 1, random)
    norm = Math.sqrt(drawn.reduce((sum, x) => sum + x * x, 0))
  } while (norm === 0) // one number alone may be 0
  const first = drawn[0] as number
  drawn[0] = first + (first < 0 ? -norm : norm)
  return 1 / (norm * (norm + Math.abs(first)))
}

/**
 * Subtracts factor · axis from a vector, from place j on, and gives the result's product with the next axis: the
 * vector is 0 below j, where that axis begins. One pass does both, and in four sums, since in one each addition would
 * wait for the last: this loop is all the time that a large matrix takes.
 */
function reflect(a: Float64Array, axis: Float64Array, factor: number, next: Float64Array, j: number): number {
  let s0 = 0
  let s1 = 0
  let s2 = 0
  let s3 = 0
  let i = j
  for (; i + 3 < a.length; i += 4) {
    const a0 = (a[i] as number) - factor * (axis[i] as number)
    const a1 = (a[i + 1] as number) - factor * (axis[i + 1] as number)
    const a2 = (a[i + 2] as number) - factor * (axis[i + 2] as number)
    const a3 = (a[i + 3] as number) - factor * (axis[i + 3] as number)
    a[i] = a0
    a[i + 1] = a1
    a[i + 2] = a2
    a[i + 3] = a3
    s0 += a0 * (next[i] as number)
    s1 += a1 * (next[i + 1] as number)
    s2 += a2 * (next[i + 2] as number)
    s3 += a3 * (next[i + 3] as number)
  }
  for (; i < a.length; i++) {
    const a0 = (a[i] as number) - factor * (axis[i] as number)
    a[i] = a0
    s0 += a0 * (next[i] as number)
  }
  return s0 + s1 + (s2 + s3)
}
