/** What stands before the gates: a product with its bias and, with layer norm, what normalises it. Forward and back. */
import { add, addOuter, addTransposed, product, times } from './algebra'

/** A bias, and the gain of a layer norm; both have the length of what they act on. */
export interface Scale {
  readonly b: Float64Array
  /** Undefined without layer norm. */
  readonly gain: Float64Array | undefined
}

/** A matrix with its bias and gain: w [b.length, …]. */
export interface Affine extends Scale {
  readonly w: Float64Array
}

/** A result, and the way back: adds to the weights' gradients, and gives the gradient of what went in. */
export interface Scaled<Weights> {
  readonly y: Float64Array
  backward(dy: Float64Array, gradients: Weights): Float64Array
}

const mean = (v: Float64Array): number => v.reduce((sum, x) => sum + x, 0) / v.length

/**
 *     norm(v) = (v − mean(v)) · s      s = 1 / √(var(v) + 1e-5), the variance being the biased one
 */
function normalize(v: Float64Array) {
  const centre = mean(v)
  const variance = mean(v.map((x) => (x - centre) ** 2))
  const s = 1 / Math.sqrt(variance + 1e-5)
  const y = v.map((x) => (x - centre) * s)
  const backward = (dy: Float64Array): Float64Array => {
    const slope = mean(times(dy, y))
    const shift = mean(dy)
    return dy.map((d, i) => (d - shift - y[i]! * slope) * s)
  }
  return { y, backward }
}

/**
 *     y = gain ⊙ norm(v) + b      without layer norm: y = v + b
 */
export function scaled({ b, gain }: Scale, v: Float64Array): Scaled<Scale> {
  if (gain === undefined) {
    return {
      y: v.map((x, i) => x + b[i]!),
      backward(dy, gradients) {
        add(gradients.b, dy)
        return dy.slice()
      },
    }
  }
  const norm = normalize(v)
  return {
    y: norm.y.map((x, i) => gain[i]! * x + b[i]!),
    backward(dy, gradients) {
      add(gradients.b, dy)
      add(gradients.gain!, times(dy, norm.y))
      return norm.backward(times(dy, gain))
    },
  }
}

/**
 *     y = gain ⊙ norm(W v) + b      without layer norm: y = W v + b
 */
export function affine(weights: Affine, v: Float64Array): Scaled<Affine> {
  const whole = scaled(weights, product(weights.w, v))
  return {
    y: whole.y,
    backward(dy, gradients) {
      const dproduct = whole.backward(dy, gradients)
      addOuter(gradients.w, dproduct, v)
      const dv = new Float64Array(v.length)
      addTransposed(dv, weights.w, dproduct)
      return dv
    },
  }
}
