/** The two forms of the GRU. The gates' order is PyTorch's: r, z, n. */
import { affine, type Affine } from './affine'
import { add, sigmoid, times } from './algebra'
import type { Cell } from './cells'

const none = new Float64Array(0)

/**
 * The form of cuDNN and PyTorch, where the reset gate acts on the product.
 *
 *     u = h ⊙ mask
 *     ax = Wx x + bx, ah = Wh u + bh     with layer norm: gain ⊙ norm(W …) + b
 *     r, z = σ(ax + ah)
 *     n = tanh(ax + r ⊙ ah)
 *     h' = (1 − z) ⊙ n + z ⊙ h
 */
export const gruCell: Cell = (weights, x, { h: old }, mask) => {
  const H = old.length
  const ax = affine(weights.x, x)
  const ah = affine(weights.h, times(old, mask))
  const r = old.map((_, j) => sigmoid(ax.y[j]! + ah.y[j]!))
  const z = old.map((_, j) => sigmoid(ax.y[H + j]! + ah.y[H + j]!))
  const q = ah.y.slice(2 * H)
  const n = q.map((value, j) => Math.tanh(ax.y[2 * H + j]! + r[j]! * value))
  const h = n.map((value, j) => (1 - z[j]!) * value + z[j]! * old[j]!)
  return {
    state: { h, c: none },
    backward({ h: dh }, gradients) {
      const dax = new Float64Array(3 * H)
      const dah = new Float64Array(3 * H)
      for (let j = 0; j < H; j++) {
        const dn = dh[j]! * (1 - z[j]!) * (1 - n[j]! ** 2)
        dax[j] = dah[j] = dn * q[j]! * r[j]! * (1 - r[j]!)
        dax[H + j] = dah[H + j] = dh[j]! * (old[j]! - n[j]!) * z[j]! * (1 - z[j]!)
        dax[2 * H + j] = dn
        dah[2 * H + j] = dn * r[j]!
      }
      const dx = ax.backward(dax, gradients.x)
      const dhBefore = times(ah.backward(dah, gradients.h), mask)
      add(dhBefore, times(dh, z))
      return { dx, before: { h: dhBefore, c: none } }
    },
  }
}

/** The weights of r and z, and those of n, in the same memory: here h takes two ways to them. */
function split({ w, b }: Affine, R: number): { rz: Affine; n: Affine } {
  const rows = (2 / 3) * b.length
  return {
    rz: { w: w.subarray(0, rows * R), b: b.subarray(0, rows), gain: undefined },
    n: { w: w.subarray(rows * R), b: b.subarray(rows), gain: undefined },
  }
}

/**
 * The form of the paper (K. Cho et al., 2014), where the reset gate acts on the state.
 *
 *     u = h ⊙ mask
 *     r, z = σ(Wx x + bx + Wh u + bh)
 *     n = tanh(Wx x + bx + Wh (r ⊙ u) + bh)
 *     h' = (1 − z) ⊙ n + z ⊙ h
 */
export const gruCellResetBefore: Cell = (weights, x, { h: old }, mask) => {
  const H = old.length
  const u = times(old, mask)
  const own = split(weights.h, H)
  const ax = affine(weights.x, x)
  const ah = affine(own.rz, u)
  const r = old.map((_, j) => sigmoid(ax.y[j]! + ah.y[j]!))
  const z = old.map((_, j) => sigmoid(ax.y[H + j]! + ah.y[H + j]!))
  const q = affine(own.n, times(r, u))
  const n = q.y.map((value, j) => Math.tanh(ax.y[2 * H + j]! + value))
  const h = n.map((value, j) => (1 - z[j]!) * value + z[j]! * old[j]!)
  return {
    state: { h, c: none },
    backward({ h: dh }, gradients) {
      const sums = split(gradients.h, H)
      const dn = dh.map((d, j) => d * (1 - z[j]!) * (1 - n[j]! ** 2))
      const dru = q.backward(dn, sums.n)
      const da = new Float64Array(3 * H)
      for (let j = 0; j < H; j++) {
        da[j] = dru[j]! * u[j]! * r[j]! * (1 - r[j]!)
        da[H + j] = dh[j]! * (old[j]! - n[j]!) * z[j]! * (1 - z[j]!)
        da[2 * H + j] = dn[j]!
      }
      const dx = ax.backward(da, gradients.x)
      const du = ah.backward(da.subarray(0, 2 * H), sums.rz)
      add(du, times(dru, r))
      const dhBefore = times(du, mask)
      add(dhBefore, times(dh, z))
      return { dx, before: { h: dhBefore, c: none } }
    },
  }
}
