/**
 * Whole layers of the reference: stacked, in one or two directions, with rows of unequal length. Every row of the
 * batch is computed for itself, so that there is neither packing nor masking to get wrong.
 */
import { gruCell, lstmCell, type Cell, type State, type Step, type Weights } from './cells'

/** What a layer is, in the names of the package. */
export interface ReferenceOptions {
  readonly kind: 'LSTM' | 'GRU'
  readonly inputSize: number
  readonly hiddenSize: number
  readonly numLayers?: number
  readonly bidirectional?: boolean
  readonly batchFirst?: boolean
  readonly bias?: boolean
  /** GRU only: the reset gate acts on h before the product, not after it. */
  readonly resetBefore?: boolean
}

/** Numbers by PyTorch's parameter names. */
export type Parameters = Readonly<Record<string, Float64Array>>

/** What goes in: input [T, B, I] ([B, T, I] with batchFirst), h0 and c0 [layers·dirs, B, H], zeros if not given. */
export interface ReferenceInput {
  readonly T: number
  readonly B: number
  readonly input: Float64Array
  readonly h0?: Float64Array | undefined
  readonly c0?: Float64Array | undefined
  readonly lengths?: readonly number[] | undefined
}

/** Output [T, B, dirs·H] (or [B, T, …]), zero past a row's length; hn and cn (empty for the GRU). */
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
  /** @param gradients with respect to output, hn and cn; zeros if not given */
  backward(gradients: Partial<ReferenceStates>): ReferenceGradients
}

const gates = { LSTM: 4, GRU: 3 } as const

/** The names and lengths of a layer's parameters, in PyTorch's order. */
export function parameterSizes(options: ReferenceOptions): [string, number][] {
  const { kind, inputSize, hiddenSize: H, numLayers = 1, bidirectional = false, bias = true } = options
  const sizes: [string, number][] = []
  for (let layer = 0; layer < numLayers; layer++) {
    const width = layer === 0 ? inputSize : (bidirectional ? 2 : 1) * H
    for (const suffix of bidirectional ? ['', '_reverse'] : ['']) {
      sizes.push([`weight_ih_l${layer}${suffix}`, gates[kind] * H * width])
      sizes.push([`weight_hh_l${layer}${suffix}`, gates[kind] * H * H])
      if (bias) sizes.push([`bias_ih_l${layer}${suffix}`, gates[kind] * H])
      if (bias) sizes.push([`bias_hh_l${layer}${suffix}`, gates[kind] * H])
    }
  }
  return sizes
}

function weightsOf(parameters: Parameters, suffix: string, size: number): Weights {
  return {
    wx: parameters[`weight_ih_l${suffix}`]!,
    wh: parameters[`weight_hh_l${suffix}`]!,
    bx: parameters[`bias_ih_l${suffix}`] ?? new Float64Array(size),
    bh: parameters[`bias_hh_l${suffix}`] ?? new Float64Array(size),
  }
}

/** Runs the layers forward, keeping what their backward needs. */
export function runReference(
  options: ReferenceOptions,
  parameters: Parameters,
  given: ReferenceInput,
): ReferencePass {
  const { kind, hiddenSize: H, numLayers = 1, batchFirst = false } = options
  const { T, B, lengths = Array.from({ length: B }, (): number => T) } = given
  const cell: Cell = kind === 'LSTM' ? lstmCell : gruCell(options.resetBefore)
  const C = kind === 'LSTM' ? H : 0
  const suffixes = options.bidirectional === true ? ['', '_reverse'] : ['']
  const dirs = suffixes.length
  const rowAt = (t: number, b: number): number => (batchFirst ? b * T + t : t * B + b)
  /** The steps of a direction over a row, in the order in which it takes them. */
  const timesOf = (direction: number, b: number): number[] => {
    const times = Array.from({ length: lengths[b]! }, (_, t): number => t)
    return direction === 0 ? times : times.reverse()
  }

  const hn = new Float64Array(numLayers * dirs * B * H)
  const cn = new Float64Array(numLayers * dirs * B * C)
  /** The steps of [layer · dirs + direction][b], in the order in which they were taken. */
  const taken: Step[][][] = []
  let input = given.input
  let width = options.inputSize
  for (let layer = 0; layer < numLayers; layer++) {
    const output = new Float64Array(T * B * dirs * H)
    for (const [direction, suffix] of suffixes.entries()) {
      const place = layer * dirs + direction
      const weights = weightsOf(parameters, `${layer}${suffix}`, gates[kind] * H)
      taken[place] = Array.from({ length: B }, (_, b) => {
        const own = place * B + b
        let state: State = {
          h: given.h0?.slice(own * H, (own + 1) * H) ?? new Float64Array(H),
          c: given.c0?.slice(own * C, (own + 1) * C) ?? new Float64Array(C),
        }
        const steps = timesOf(direction, b).map((t) => {
          const row = rowAt(t, b)
          const step = cell(weights, input.slice(row * width, (row + 1) * width), state)
          state = step.state
          output.set(state.h, (row * dirs + direction) * H)
          return step
        })
        hn.set(state.h, own * H)
        cn.set(state.c, own * C)
        return steps
      })
    }
    input = output
    width = dirs * H
  }

  const backward: ReferencePass['backward'] = (after) => {
    const gradients = Object.fromEntries(
      parameterSizes(options).map(([name, n]) => [name, new Float64Array(n)]),
    )
    const dh0 = new Float64Array(hn.length)
    const dc0 = new Float64Array(cn.length)
    let doutput = after.output ?? new Float64Array(T * B * dirs * H)
    for (let layer = numLayers - 1; layer >= 0; layer--) {
      const inputWidth = layer === 0 ? options.inputSize : dirs * H
      const dinput = new Float64Array(T * B * inputWidth)
      for (const [direction, suffix] of suffixes.entries()) {
        const place = layer * dirs + direction
        const sums = weightsOf(gradients, `${layer}${suffix}`, gates[kind] * H)
        for (let b = 0; b < B; b++) {
          const own = place * B + b
          let d: State = {
            h: after.hn?.slice(own * H, (own + 1) * H) ?? new Float64Array(H),
            c: after.cn?.slice(own * C, (own + 1) * C) ?? new Float64Array(C),
          }
          const times = timesOf(direction, b)
          for (let s = times.length - 1; s >= 0; s--) {
            const row = rowAt(times[s]!, b)
            for (let j = 0; j < H; j++) d.h[j]! += doutput[(row * dirs + direction) * H + j]!
            const { dx, before } = taken[place]![b]![s]!.backward(d, sums)
            for (let k = 0; k < inputWidth; k++) dinput[row * inputWidth + k]! += dx[k]!
            d = before
          }
          dh0.set(d.h, own * H)
          dc0.set(d.c, own * C)
        }
      }
      doutput = dinput
    }
    return { input: doutput, h0: dh0, c0: dc0, parameters: gradients }
  }
  return { output: input, hn, cn, backward }
}
