/** The LSTM with all its variants: each equation holds for all of them, with zeros or ones for what is not there. */
import { affine, scaled } from './affine'
import { add, addOuter, addTransposed, product, sigmoid, times } from './algebra'
import type { Cell } from './cells'

export interface LstmForm {
  /** The forget gate is what the input gate leaves. */
  readonly coupledInputForget?: boolean
  readonly cellClip?: number
}

/**
 *     u = h ⊙ mask
 *     a = Wx x + bx + Wh u + bh          with layer norm: gain ⊙ norm(W …) + b
 *     i = σ(a + p_i ⊙ c)
 *     f = σ(a + p_f ⊙ c)                 coupled: f = 1 − i
 *     g = tanh(a)
 *     c' = clip(f ⊙ c + i ⊙ g)           to ± cellClip
 *     o = σ(a + p_o ⊙ c')
 *     h̃ = o ⊙ tanh(c')                   with layer norm: tanh(gain ⊙ norm(c') + b)
 *     h' = Whr h̃                         without projection: h' = h̃
 *
 * The gates' order is PyTorch's, i, f, g, o; coupled i, g, o.
 */
export const lstmCell =
  ({ coupledInputForget: coupled = false, cellClip: limit = Infinity }: LstmForm = {}): Cell =>
  (weights, x, before, mask) => {
    const H = before.c.length
    const ax = affine(weights.x, x)
    const ah = affine(weights.h, times(before.h, mask))
    const a = ax.y.map((value, j) => value + ah.y[j]!)
    const block = (v: Float64Array, index: number): Float64Array => v.subarray(index * H, (index + 1) * H)
    /** Where the gates stand in `a`, and in the peepholes. Coupled, f has no place, and nothing asks for it. */
    const at = coupled ? { i: 0, f: -1, g: 1, o: 2 } : { i: 0, f: 1, g: 2, o: 3 }
    const peepAt = coupled ? { i: 0, f: -1, o: 1 } : { i: 0, f: 1, o: 2 }
    const gate = (name: 'i' | 'f' | 'o', c: Float64Array): Float64Array => {
      const p = block(weights.peephole, peepAt[name])
      return block(a, at[name]).map((value, j) => sigmoid(value + p[j]! * c[j]!))
    }

    const i = gate('i', before.c)
    const f = coupled ? i.map((value) => 1 - value) : gate('f', before.c)
    const g = block(a, at.g).map(Math.tanh)
    const sum = before.c.map((old, j) => f[j]! * old + i[j]! * g[j]!)
    const c = sum.map((value) => Math.min(Math.max(value, -limit), limit))
    const o = gate('o', c)
    const normed = scaled(weights.c, c)
    const tc = normed.y.map(Math.tanh)
    const hidden = times(o, tc)
    const { projection } = weights
    const h = projection === undefined ? hidden : product(projection, hidden)

    return {
      state: { h, c },
      margin: Math.min(...sum.map((value) => Math.abs(Math.abs(value) - limit))),
      backward(after, gradients) {
        let dhidden = after.h
        if (projection !== undefined) {
          dhidden = new Float64Array(H)
          addTransposed(dhidden, projection, after.h)
          addOuter(gradients.projection!, after.h, hidden)
        }
        const da = new Float64Array(a.length)
        /** A gate's gradient goes into `da`, the peephole's, and that of the c that the peephole sees. */
        const gateBack = (
          name: 'i' | 'f' | 'o',
          dgate: Float64Array,
          y: Float64Array,
          seen: Float64Array,
        ) => {
          const own = dgate.map((d, j) => d * y[j]! * (1 - y[j]!))
          block(da, at[name]).set(own)
          add(block(gradients.peephole, peepAt[name]), times(own, seen))
          return times(own, block(weights.peephole, peepAt[name]))
        }
        const dtanh = dhidden.map((d, j) => d * o[j]! * (1 - tc[j]! ** 2))
        const dc = normed.backward(dtanh, gradients.c)
        add(dc, after.c)
        add(dc, gateBack('o', times(dhidden, tc), o, c))

        const dsum = dc.map((d, j) => (Math.abs(sum[j]!) <= limit ? d : 0))
        block(da, at.g).set(dsum.map((d, j) => d * i[j]! * (1 - g[j]! ** 2)))
        const di = times(dsum, g)
        const df = times(dsum, before.c)
        const dcBefore = times(dsum, f)
        if (coupled) for (let j = 0; j < H; j++) di[j]! -= df[j]!
        else add(dcBefore, gateBack('f', df, f, before.c))
        add(dcBefore, gateBack('i', di, i, before.c))

        const dx = ax.backward(da, gradients.x)
        const dhBefore = times(ah.backward(da, gradients.h), mask)
        return { dx, before: { h: dhBefore, c: dcBefore } }
      },
    }
  }
