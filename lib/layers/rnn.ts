/** The plain recurrent layer; native/cells/rnn.h has the equations. */
import { requireOneOf } from '../shapes.js'
import type { Tensor } from '../tensor.js'
import { RNN_RELU_FORM, RNN_TANH_FORM } from './cell-forms.js'
import { readOptions, resolveOptions, type RecurrentOptions } from './recurrent-options.js'
import { Recurrent } from './recurrent.js'
import type { FinalResult, ForwardOptions, InferResult } from './recurrent-input.js'
import type { RecurrentPass } from './recurrent-pass.js'

/** Options of `RNN`. */
export interface RNNOptions extends RecurrentOptions {
  /** `'tanh'` unless told. */
  nonlinearity?: 'tanh' | 'relu'
}

/**
 * The plain recurrent network (Elman 1990), as `torch.nn.RNN` has it: h' = tanh(W_ih x + b_ih + W_hh h + b_hh), or the
 * rectified sum; parameters named `weight_ih_l0` [H, I], `weight_hh_l0` [H, H], `bias_ih_l0` and `bias_hh_l0` [H].
 */
export class RNN extends Recurrent {
  /** @throws ArgumentError where an option is missing, unknown or out of range */
  constructor(options: RNNOptions) {
    const where = 'RNN'
    const given = readOptions<RNNOptions>(where, options, ['nonlinearity'])
    const { nonlinearity = 'tanh' } = given
    const relu = requireOneOf(where, 'options.nonlinearity', nonlinearity, ['tanh', 'relu']) === 'relu'
    super(where, relu ? RNN_RELU_FORM : RNN_TANH_FORM, resolveOptions(where, given), given)
  }

  /**
   * Runs a batch of sequences and keeps what backward needs.
   *
   * @param input [T, B, I], or [B, T, I] where `batchFirst`; copied
   * @throws ArgumentError where the input, a state or an option has a wrong type, shape or value
   */
  forward(input: Tensor, options: ForwardOptions & { output: false }): Omit<RecurrentPass, 'output'>
  forward(input: Tensor, options?: ForwardOptions): RecurrentPass
  forward(input: Tensor, options?: ForwardOptions): RecurrentPass {
    return this.runForward(input, options)
  }

  /** The same without keeping anything, and without dropout. */
  infer(input: Tensor, options: ForwardOptions & { output: false }): Omit<FinalResult, 'output'>
  infer(input: Tensor, options?: ForwardOptions): InferResult
  infer(input: Tensor, options?: ForwardOptions): FinalResult {
    return this.runInfer(input, options)
  }
}
