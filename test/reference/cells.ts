/**
 * One step of each cell, for one row of a batch, forward and backward, in plain float64 loops. Each gate's part of
 * a vector of gates is named by its place in PyTorch's order: i, f, g, o and r, z, n.
 */
import { add, addOuter, addTransposed, product, sigmoid } from './algebra'

/** The weights of one layer and direction: wx [G·H, I], wh [G·H, H], bx and bh [G·H] (zeros without a bias). */
export interface Weights {
  readonly wx: Float64Array
  readonly wh: Float64Array
  readonly bx: Float64Array
  readonly bh: Float64Array
}

/** The state of one row: h, and for the LSTM c (empty for the GRU). */
export interface State {
  readonly h: Float64Array
  readonly c: Float64Array
}

/** One step done: the state after it, and the way back. */
export interface Step {
  readonly state: State
  /**
   * @param after the gradient with respect to the state after the step
   * @param gradients those of the weights, which this adds to
   * @returns the gradients with respect to the input and the state before
   */
  backward(after: State, gradients: Weights): { dx: Float64Array; before: State }
}

/** One step of a cell. */
export type Cell = (weights: Weights, x: Float64Array, before: State) => Step

/**
 *     i, f, o = σ(Wx x + bx + Wh h + bh)     g = tanh(…)
 *     c' = f ⊙ c + i ⊙ g                     h' = o ⊙ tanh(c')
 */
export const lstmCell: Cell = (weights, x, before) => {
  const H = before.h.length
  const a = product(weights.wx, x)
  add(a, weights.bx)
  add(a, product(weights.wh, before.h))
  add(a, weights.bh)
  const i = a.slice(0, H).map(sigmoid)
  const f = a.slice(H, 2 * H).map(sigmoid)
  const g = a.slice(2 * H, 3 * H).map(Math.tanh)
  const o = a.slice(3 * H).map(sigmoid)
  const c = before.c.map((old, j) => f[j]! * old + i[j]! * g[j]!)
  const tc = c.map(Math.tanh)
  const h = tc.map((t, j) => o[j]! * t)

  const backward: Step['backward'] = (after, gradients) => {
    const da = new Float64Array(4 * H)
    const dcBefore = new Float64Array(H)
    for (let j = 0; j < H; j++) {
      const dc = after.c[j]! + after.h[j]! * o[j]! * (1 - tc[j]! ** 2)
      da[j] = dc * g[j]! * i[j]! * (1 - i[j]!)
      da[H + j] = dc * before.c[j]! * f[j]! * (1 - f[j]!)
      da[2 * H + j] = dc * i[j]! * (1 - g[j]! ** 2)
      da[3 * H + j] = after.h[j]! * tc[j]! * o[j]! * (1 - o[j]!)
      dcBefore[j] = dc * f[j]!
    }
    const dx = new Float64Array(x.length)
    const dhBefore = new Float64Array(H)
    addTransposed(dx, weights.wx, da)
    addTransposed(dhBefore, weights.wh, da)
    addOuter(gradients.wx, da, x)
    addOuter(gradients.wh, da, before.h)
    add(gradients.bx, da)
    add(gradients.bh, da)
    return { dx, before: { h: dhBefore, c: dcBefore } }
  }
  return { state: { h, c }, backward }
}

/**
 *     r, z = σ(Wx x + bx + Wh h + bh)        h' = (1 − z) ⊙ n + z ⊙ h
 *     reset-after:   n = tanh(Wx x + bx + r ⊙ (Wh h + bh))
 *     reset-before:  n = tanh(Wx x + bx + Wh (r ⊙ h) + bh)
 */
export const gruCell =
  (resetBefore = false): Cell =>
  (weights, x, { h: old }) => {
    const H = old.length
    const splitAt = 2 * H * H
    const whn = weights.wh.subarray(splitAt)
    const bhn = weights.bh.subarray(2 * H)
    const ax = product(weights.wx, x)
    add(ax, weights.bx)
    const ah = product(weights.wh.subarray(0, splitAt), old)
    add(ah, weights.bh.subarray(0, 2 * H))
    const r = old.map((_, j) => sigmoid(ax[j]! + ah[j]!))
    const z = old.map((_, j) => sigmoid(ax[H + j]! + ah[H + j]!))
    const kept = resetBefore ? old.map((value, j) => r[j]! * value) : old
    const q = product(whn, kept)
    add(q, bhn)
    const n = q.map((value, j) => Math.tanh(ax[2 * H + j]! + (resetBefore ? value : r[j]! * value)))
    const h = n.map((value, j) => (1 - z[j]!) * value + z[j]! * old[j]!)

    const backward: Step['backward'] = ({ h: dh }, gradients) => {
      const dhBefore = dh.map((d, j) => d * z[j]!)
      const dn = dh.map((d, j) => d * (1 - z[j]!) * (1 - n[j]! ** 2))
      const dq = resetBefore ? dn : dn.map((d, j) => d * r[j]!)
      const dkept = new Float64Array(H)
      addTransposed(dkept, whn, dq)
      const dr = resetBefore ? dkept.map((d, j) => d * old[j]!) : dn.map((d, j) => d * q[j]!)
      add(dhBefore, resetBefore ? dkept.map((d, j) => d * r[j]!) : dkept)

      const dax = new Float64Array(3 * H)
      for (let j = 0; j < H; j++) {
        dax[j] = dr[j]! * r[j]! * (1 - r[j]!)
        dax[H + j] = dh[j]! * (old[j]! - n[j]!) * z[j]! * (1 - z[j]!)
        dax[2 * H + j] = dn[j]!
      }
      const dah = dax.subarray(0, 2 * H)
      const dx = new Float64Array(x.length)
      addTransposed(dx, weights.wx, dax)
      addTransposed(dhBefore, weights.wh.subarray(0, splitAt), dah)
      addOuter(gradients.wx, dax, x)
      addOuter(gradients.wh.subarray(0, splitAt), dah, old)
      addOuter(gradients.wh.subarray(splitAt), dq, kept)
      add(gradients.bx, dax)
      add(gradients.bh.subarray(0, 2 * H), dah)
      add(gradients.bh.subarray(2 * H), dq)
      return { dx, before: { h: dhBefore, c: new Float64Array(0) } }
    }
    return { state: { h, c: new Float64Array(0) }, backward }
  }
