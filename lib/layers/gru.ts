/** The GRU layer; native/cells/gru.h has the equations. */
import type { Tensor } from '../tensor.js'
import { GRU_FORM } from './cell-forms.js'
import type { RecurrentOptions } from './recurrent-options.js'
import { Recurrent, type ForwardOptions, type InferResult } from './recurrent.js'
import type { RecurrentPass } from './recurrent-pass.js'

/**
 * Gated recurrent unit (Cho et al. 2014) in the reset-after form of `torch.nn.GRU`: gate order r, z, n; parameters
 * named `weight_ih_l0` [3H, I], `weight_hh_l0` [3H, H], `bias_ih_l0` and `bias_hh_l0` [3H].
 */
export class GRU extends Recurrent {
  /** @throws ArgumentError where an option is missing, unknown or out of range */
  constructor(options: RecurrentOptions) {
    super('GRU', GRU_FORM, options)
  }

  /**
   * Runs a batch of sequences and keeps what backward needs.
   *
   * @param input [T, B, I], or [B, T, I] where `batchFirst`; copied
   * @throws ArgumentError where the input, a state or an option has a wrong type, shape or value
   */
  forward(input: Tensor, options?: ForwardOptions): RecurrentPass {
    return this.runForward(input, options)
  }

  /** The same without keeping anything, and without dropout. */
  infer(input: Tensor, options?: ForwardOptions): InferResult {
    return this.runInfer(input, options)
  }
}
