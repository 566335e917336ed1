/** The plain cell, without gates. */
import { affine } from './affine'
import { times } from './algebra'
import type { Cell } from './cells'

const none = new Float64Array(0)

/** An activation, and its slope by its value. */
const activations = {
  tanh: { value: Math.tanh, slope: (h: number): number => 1 - h ** 2 },
  relu: { value: (a: number): number => Math.max(a, 0), slope: (h: number): number => (h > 0 ? 1 : 0) },
}

/**
 *     u = h ⊙ mask
 *     h' = act(Wx x + bx + Wh u + bh)
 */
export const rnnCell = (nonlinearity: 'tanh' | 'relu' = 'tanh'): Cell => {
  const { value, slope } = activations[nonlinearity]
  return (weights, x, before, mask) => {
    const ax = affine(weights.x, x)
    const ah = affine(weights.h, times(before.h, mask))
    const sum = ax.y.map((a, j) => a + ah.y[j]!)
    const h = sum.map(value)
    return {
      state: { h, c: none },
      ...(nonlinearity === 'relu' && { margin: Math.min(...sum.map(Math.abs)) }),
      backward(after, gradients) {
        const da = after.h.map((d, j) => d * slope(h[j]!))
        const dx = ax.backward(da, gradients.x)
        const du = ah.backward(da, gradients.h)
        return { dx, before: { h: times(du, mask), c: none } }
      },
    }
  }
}
