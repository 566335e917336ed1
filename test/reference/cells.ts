/**
 * What the cells have in common. `lstm.ts`, `gru.ts` and `rnn.ts` compute one step for one row of a batch, forward and
 * backward, in plain float64 loops. Each gate's part of a vector of gates is named by its place there.
 */
import { times } from './algebra'
import type { Affine, Scale } from './affine'

/** The weights of one layer and direction. G is the number of gates, R the length of h: H, or less with projection. */
export interface Weights {
  /** w [G·H, I], b and gain [G·H]. Every b is zeros where the layer has none. */
  readonly x: Affine
  /** w [G·H, R], b and gain [G·H]. */
  readonly h: Affine
  /** LSTM, acts on the new c before its tanh: b and gain [H]. */
  readonly c: Scale
  /** LSTM: p_i, p_f, p_o [3H], or p_i, p_o [2H] with coupled gates; zeros without peepholes. */
  readonly peephole: Float64Array
  /** LSTM: [R, H]. */
  readonly projection: Float64Array | undefined
}

/** The state of one row: h [R], and for the LSTM c [H] (empty for the others). */
export interface State {
  readonly h: Float64Array
  readonly c: Float64Array
}

/** One step done: the state after it, and the way back. */
export interface Step {
  readonly state: State
  /** How far the nearest unit is from a bend of its function, where rounding may choose the side; Infinity without one. */
  readonly margin?: number
  /**
   * @param after the gradient with respect to the state after the step
   * @param gradients those of the weights, which this adds to
   * @returns the gradients with respect to the input and the state before
   */
  backward(after: State, gradients: Weights): { dx: Float64Array; before: State }
}

/**
 * One step of a cell.
 *
 * @param mask [R], of recurrent dropout: the products take u = h ⊙ mask, and nothing else does
 */
export type Cell = (weights: Weights, x: Float64Array, before: State, mask: Float64Array) => Step

/**
 * A step of which a share m is not taken. Cells know nothing of it: what they compute from their new c, they compute
 * from all of it.
 *
 *     h' = m_h ⊙ h + (1 − m_h) ⊙ h̃      c' = m_c ⊙ c + (1 − m_c) ⊙ c̃
 */
export function zoneOut(whole: Step, before: State, m: State): Step {
  const rest = { h: m.h.map((share) => 1 - share), c: m.c.map((share) => 1 - share) }
  const sum = (a: Float64Array, b: Float64Array): Float64Array => a.map((x, j) => x + b[j]!)
  const mixed = (part: 'h' | 'c'): Float64Array =>
    sum(times(m[part], before[part]), times(rest[part], whole.state[part]))
  return {
    ...whole,
    state: { h: mixed('h'), c: mixed('c') },
    backward(after, gradients) {
      const taken = { h: times(rest.h, after.h), c: times(rest.c, after.c) }
      const { dx, before: through } = whole.backward(taken, gradients)
      const kept = { h: times(m.h, after.h), c: times(m.c, after.c) }
      return { dx, before: { h: sum(through.h, kept.h), c: sum(through.c, kept.c) } }
    },
  }
}
