/** The forecaster that is compared: a stack of recurrent layers of one cell, and a linear head of one output. */
import type { WindowBatch } from '../data/windows.js'
import { mseLoss } from '../losses.js'
import { GRU } from '../layers/gru.js'
import { LSTM } from '../layers/lstm.js'
import { Linear } from '../layers/linear.js'
import { countNumbers, type Parameter } from '../layers/parameter.js'
import { zeros } from '../tensor.js'
import type { Tensor } from '../tensor.js'
import type { CellName } from './result.js'

/** A model's form. */
export interface ModelForm {
  readonly cell: CellName
  readonly inputSize: number
  readonly hiddenSize: number
  readonly numLayers: number
}

/** What a model carries from one step to the next: [layers, B, H] each; only an LSTM has `c`. */
export interface ModelState {
  readonly h: Tensor
  readonly c?: Tensor | undefined
}

/** A recurrent stack with a linear head: [T, B, I] in, [T, B, 1] or [B, 1] out. */
export class ForecastModel {
  readonly layer: GRU | LSTM
  readonly head: Linear

  constructor(
    readonly form: ModelForm,
    seed: number,
  ) {
    const { cell, inputSize, hiddenSize, numLayers } = form
    const options = { inputSize, hiddenSize, numLayers, seed }
    this.layer = cell === 'gru' ? new GRU(options) : new LSTM(options)
    // A seed of its own: the head's first weights are not to repeat the layer's.
    this.head = new Linear({ inFeatures: hiddenSize, outFeatures: 1, seed: seed + HEAD_SEED })
  }

  /** Everything that is trained. */
  parameters(): Parameter[] {
    return [...this.layer.parameters(), ...this.head.parameters()]
  }

  /** How many numbers are trained. */
  get size(): number {
    return countNumbers(this.parameters())
  }

  /** Copies of all weights, by names as PyTorch gives a module with the members `rnn` and `head`. */
  stateDict(): Record<string, Tensor> {
    return Object.fromEntries([
      ...Object.entries(this.layer.stateDict()).map(([name, value]) => [`rnn.${name}`, value] as const),
      ...Object.entries(this.head.stateDict()).map(([name, value]) => [`head.${name}`, value] as const),
    ])
  }

  /** An output for every step of [T, B, I], and the state after the last. */
  run(inputs: Tensor, state?: ModelState): { outputs: Tensor; state: ModelState } {
    const { output, hn, cn } = this.layer.infer(inputs, initial(state))
    return { outputs: this.head.forward(output).output, state: { h: hn, c: cn } }
  }

  /** The forecasts of a batch: [T, B, 1] where every step has a target, else [B, 1]. */
  predict(inputs: Tensor, everyStep: boolean): Tensor {
    const { output, hn } = this.layer.infer(inputs)
    return this.head.forward(everyStep ? output : topLayer(hn)).output
  }

  /** The mean squared error of a batch; adds its gradient to every parameter's. */
  addGradients({ inputs, targets }: WindowBatch): number {
    const pass = this.layer.forward(inputs)
    const everyStep = targets.shape.length === inputs.shape.length
    const head = this.head.forward(everyStep ? pass.output : topLayer(pass.hn))
    const { loss, grad } = mseLoss(head.output, targets)
    const { input } = head.backward({ output: grad })
    pass.backward(everyStep ? { output: input } : { hn: asTopLayer(input, pass.hn.shape) }, { input: false })
    head.release()
    pass.release()
    return loss
  }
}

const HEAD_SEED = 7919

/** A state as the options of a recurrent layer's `forward` and `infer` have it. */
export function initial(state: ModelState | undefined): { h0?: Tensor; c0?: Tensor } {
  if (state === undefined) return {}
  return state.c === undefined ? { h0: state.h } : { h0: state.h, c0: state.c }
}

/** The last layer's part of a state [layers, B, H], as [B, H], without a copy. */
export function topLayer({ data, shape }: Tensor): Tensor {
  const [, batch = 0, hidden = 0] = shape
  return { data: data.subarray(data.length - batch * hidden), shape: [batch, hidden] }
}

/** A gradient of the last layer's state as one of the whole state: zero for the layers below. */
export function asTopLayer(gradient: Tensor, shape: readonly number[]): Tensor {
  const whole = zeros(shape)
  whole.data.set(gradient.data, whole.data.length - gradient.data.length)
  return whole
}
