/**
 * How far back a model's learning reaches: the norm of ∂loss_T/∂h_{T−k} against the lag k, where the loss is that
 * of the last step alone and h_{T−k} is the state that all layers hand on after step T−k.
 *
 * The squared error's gradient is the error times that of the output, at every lag; the error cancels in the
 * norms relative to lag 0, so the output's own gradient is what runs back here.
 */
import type { Tensor } from '../tensor.js'
import { asTopLayer, initial, topLayer } from './model.js'
import type { ForecastModel, ModelState } from './model.js'

/** Below it float32 has fewer and fewer digits, and a curve would level off where the gradient does not. */
const LEAST_NORMAL = 2 ** -126

/**
 * The mean over the batch of the norm at each lag, relative to lag 0, for lags 0 to T − 1. An entry is 0 where the
 * gradient is below what float32 can hold. Zeroes the gradients of the parameters.
 *
 * @param inputs [T, B, I]
 */
export function gradientFalloff({ layer, head }: ForecastModel, inputs: Tensor): number[] {
  const [steps = 0, batch = 0, features = 0] = inputs.shape
  const size = batch * features
  const passes: ReturnType<typeof layer.forward>[] = []
  let state: ModelState | undefined
  for (let step = 0; step < steps; step++) {
    const input = { data: inputs.data.subarray(step * size, (step + 1) * size), shape: [1, batch, features] }
    const pass = layer.forward(input, initial(state))
    state = { h: pass.hn, c: pass.cn }
    passes.push(pass)
  }
  const last = passes.at(-1)
  if (last === undefined) return []
  const output = head.forward(topLayer(last.hn))
  const ones = { data: new Float32Array(batch).fill(1), shape: output.output.shape }
  let gradient: ModelState = { h: asTopLayer(output.backward({ output: ones }).input, last.hn.shape) }
  const first = meanNorm(gradient.h)
  const norms: number[] = []
  for (const pass of passes.toReversed()) {
    const norm = meanNorm(gradient.h)
    norms.push(norm < LEAST_NORMAL ? 0 : norm / first)
    const { h: hn, c: cn } = gradient
    const { h0, c0 } = pass.backward(cn === undefined ? { hn } : { hn, cn }, { input: false })
    gradient = { h: h0, c: c0 }
    pass.release()
  }
  for (const { grad } of [...layer.parameters(), ...head.parameters()]) grad.data.fill(0)
  return norms
}

/** The lag at which a curve first falls below half of its start. */
export function halfLife(norms: readonly number[]): number | undefined {
  const lag = norms.findIndex((norm) => norm < (norms[0] ?? 0) / 2)
  return lag < 0 ? undefined : lag
}

/** The mean over the batch of the norm over all layers and units of [layers, B, H]. */
function meanNorm({ data, shape }: Tensor): number {
  const [, batch = 0, hidden = 1] = shape
  const squares = new Float64Array(batch)
  for (const [at, value] of data.entries()) {
    const row = Math.floor(at / hidden) % batch
    squares[row] = (squares[row] ?? 0) + value * value
  }
  return squares.reduce((sum, square) => sum + Math.sqrt(square), 0) / batch
}
