/**
 * Whole layers of the reference: stacked, in one or two directions, with rows of unequal length. Every row of the
 * batch is computed for itself, so that there is neither packing nor masking to get wrong.
 */
import { zoneOut, type Cell, type State, type Step } from './cells'
import { gruCell, gruCellResetBefore } from './gru'
import { lstmCell } from './lstm'
import {
  ownParameters,
  parameterSizes,
  stateSize,
  weightsOf,
  type Parameters,
  type ReferenceOptions,
} from './parameters'
import { rnnCell } from './rnn'

export { parameterSizes, type Parameters, type ReferenceOptions } from './parameters'

/**
 * What goes in: input [T, B, I] ([B, T, I] with batchFirst), h0 [places, B, R] and c0 [places, B, H], zeros if not
 * given. A place is a layer and direction: layer · dirs + direction.
 */
export interface ReferenceInput {
  readonly T: number
  readonly B: number
  readonly input: Float64Array
  readonly h0?: Float64Array | undefined
  readonly c0?: Float64Array | undefined
  readonly lengths?: readonly number[] | undefined
  /** By place: [B, R], what h is multiplied by before its products, the same at all steps. */
  readonly dropout?: readonly Float64Array[] | undefined
  /** By place: [T, B, H] (with batchFirst too; R = H), the share of the old state that stays at time t of row b. */
  readonly zoneout?:
    | { readonly h?: readonly Float64Array[] | undefined; readonly c?: readonly Float64Array[] | undefined }
    | undefined
}

/** Output [T, B, dirs·R] (or [B, T, …]), zero past a row's length; hn and cn (empty but for the LSTM). */
export interface ReferenceStates {
  readonly output: Float64Array
  readonly hn: Float64Array
  readonly cn: Float64Array
}

/** What comes back: gradients in the shapes of what they belong to. */
export interface ReferenceGradients {
  readonly input: Float64Array
  readonly h0: Float64Array
  readonly c0: Float64Array
  readonly parameters: Record<string, Float64Array>
}

export interface ReferencePass extends ReferenceStates {
  /** The smallest of all steps' margins. */
  readonly margin: number
  /** @param gradients with respect to output, hn and cn; zeros if not given */
  backward(gradients: Partial<ReferenceStates>): ReferenceGradients
}

function cellOf(options: ReferenceOptions): Cell {
  if (options.kind === 'LSTM') return lstmCell(options)
  if (options.kind === 'RNN') return rnnCell(options.nonlinearity)
  return options.resetBefore === true ? gruCellResetBefore : gruCell
}

/** Row `index` of an array of rows of `width` numbers; the same number everywhere where there is no array. */
function rowOf(data: Float64Array | undefined, index: number, width: number, absent = 0): Float64Array {
  return data?.slice(index * width, (index + 1) * width) ?? new Float64Array(width).fill(absent)
}

/** Runs the layers forward, keeping what their backward needs. */
export function runReference(
  options: ReferenceOptions,
  parameters: Parameters,
  given: ReferenceInput,
): ReferencePass {
  const own = ownParameters(options, parameters)
  const { kind, hiddenSize: H, numLayers = 1, batchFirst = false } = options
  const { T, B, lengths = Array.from({ length: B }, (): number => T), dropout, zoneout } = given
  const cell = cellOf(options)
  const R = stateSize(options)
  const C = kind === 'LSTM' ? H : 0
  if ((zoneout?.h && R !== H) || (zoneout?.c && C === 0)) {
    throw new Error('the reference has no zoneout of h with projection, and none of c where there is no c')
  }
  const suffixes = options.bidirectional === true ? ['', '_reverse'] : ['']
  const dirs = suffixes.length
  const rowAt = (t: number, b: number): number => (batchFirst ? b * T + t : t * B + b)
  /** The steps of a direction over a row, in the order in which it takes them. */
  const timesOf = (direction: number, b: number): number[] => {
    const times = Array.from({ length: lengths[b]! }, (_, t): number => t)
    return direction === 0 ? times : times.reverse()
  }

  const hn = new Float64Array(numLayers * dirs * B * R)
  const cn = new Float64Array(numLayers * dirs * B * C)
  /** The steps of [place][b], in the order in which they were taken. */
  const taken: Step[][][] = []
  let input = given.input
  let width = options.inputSize
  let margin = Infinity
  for (let layer = 0; layer < numLayers; layer++) {
    const output = new Float64Array(T * B * dirs * R)
    for (const [direction, suffix] of suffixes.entries()) {
      const place = layer * dirs + direction
      const weights = weightsOf(options, own, `${layer}${suffix}`)
      taken[place] = Array.from({ length: B }, (_, b) => {
        const at = place * B + b
        const mask = rowOf(dropout?.[place], b, R, 1)
        let state: State = { h: rowOf(given.h0, at, R), c: rowOf(given.c0, at, C) }
        const steps = timesOf(direction, b).map((t) => {
          const row = rowAt(t, b)
          const whole = cell(weights, rowOf(input, row, width), state, mask)
          const m = {
            h: rowOf(zoneout?.h?.[place], t * B + b, R),
            c: rowOf(zoneout?.c?.[place], t * B + b, C),
          }
          const step = zoneout ? zoneOut(whole, state, m) : whole
          state = step.state
          margin = Math.min(margin, step.margin ?? Infinity)
          output.set(state.h, (row * dirs + direction) * R)
          return step
        })
        hn.set(state.h, at * R)
        cn.set(state.c, at * C)
        return steps
      })
    }
    input = output
    width = dirs * R
  }

  const backward: ReferencePass['backward'] = (after) => {
    const gradients = Object.fromEntries(
      parameterSizes(options).map(([name, n]) => [name, new Float64Array(n)]),
    )
    const dh0 = new Float64Array(hn.length)
    const dc0 = new Float64Array(cn.length)
    let doutput = after.output ?? new Float64Array(T * B * dirs * R)
    for (let layer = numLayers - 1; layer >= 0; layer--) {
      const inputWidth = layer === 0 ? options.inputSize : dirs * R
      const dinput = new Float64Array(T * B * inputWidth)
      for (const [direction, suffix] of suffixes.entries()) {
        const place = layer * dirs + direction
        const sums = weightsOf(options, gradients, `${layer}${suffix}`)
        for (let b = 0; b < B; b++) {
          const at = place * B + b
          let d: State = { h: rowOf(after.hn, at, R), c: rowOf(after.cn, at, C) }
          const times = timesOf(direction, b)
          for (let s = times.length - 1; s >= 0; s--) {
            const row = rowAt(times[s]!, b)
            for (let j = 0; j < R; j++) d.h[j]! += doutput[(row * dirs + direction) * R + j]!
            const { dx, before } = taken[place]![b]![s]!.backward(d, sums)
            for (let k = 0; k < inputWidth; k++) dinput[row * inputWidth + k]! += dx[k]!
            d = before
          }
          dh0.set(d.h, at * R)
          dc0.set(d.c, at * C)
        }
      }
      doutput = dinput
    }
    return { input: doutput, h0: dh0, c0: dc0, parameters: gradients }
  }
  return { output: input, hn, cn, margin, backward }
}
