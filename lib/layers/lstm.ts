/** The LSTM layer; native/cells/lstm.h has the equations. */
import type { Tensor } from '../tensor.js'
import { LSTM_FORM } from './cell-forms.js'
import type { RecurrentOptions } from './recurrent-options.js'
import { Recurrent, type CellForwardOptions, type InferResult } from './recurrent.js'
import type { InputGradients, OutputGradients, BackwardOptions, RecurrentPass } from './recurrent-pass.js'

/** A pass of an LSTM: `cn` and `c0` are always there. */
export interface LSTMPass extends RecurrentPass {
  readonly cn: Tensor
  backward(
    gradients: OutputGradients,
    options: BackwardOptions & { input: false },
  ): Required<Omit<InputGradients, 'input'>>
  backward(gradients: OutputGradients, options?: BackwardOptions): Required<InputGradients>
}

/**
 * Long short-term memory (Hochreiter and Schmidhuber 1997; Gers et al. 2000), as `torch.nn.LSTM` has it: gate order
 * i, f, g, o; parameters named `weight_ih_l0` [4H, I], `weight_hh_l0` [4H, H], `bias_ih_l0` and `bias_hh_l0` [4H].
 */
export class LSTM extends Recurrent {
  /** @throws ArgumentError where an option is missing, unknown or out of range */
  constructor(options: RecurrentOptions) {
    super('LSTM', LSTM_FORM, options)
  }

  /**
   * Runs a batch of sequences and keeps what backward needs.
   *
   * @param input [T, B, I], or [B, T, I] where `batchFirst`; copied
   * @throws ArgumentError where the input, a state or an option has a wrong type, shape or value
   */
  forward(input: Tensor, options?: CellForwardOptions): LSTMPass {
    return this.runForward(input, options) as LSTMPass
  }

  /** The same without keeping anything, and without dropout. */
  infer(input: Tensor, options?: CellForwardOptions): Required<InferResult> {
    return this.runInfer(input, options) as Required<InferResult>
  }
}
