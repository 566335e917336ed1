/** The GRU layer; native/cells/gru.h and gru_before.h have the equations. */
import { ArgumentError } from '../errors.js'
import { booleanOption, describe } from '../shapes.js'
import type { Tensor } from '../tensor.js'
import {
  GRU_BEFORE_FORM,
  GRU_FORM,
  GRU_LAYER_NORM_FORM,
  GRU_VARIANT_FORM,
  type CellForm,
} from './cell-forms.js'
import { hasNoise, readOptions, resolveOptions, type RecurrentOptions } from './recurrent-options.js'
import { Recurrent } from './recurrent.js'
import type { FinalResult, ForwardOptions, InferResult } from './recurrent-input.js'
import type { RecurrentPass } from './recurrent-pass.js'

/** Options of `GRU`. */
export interface GRUOptions extends RecurrentOptions {
  /**
   * Where the reset gate acts: on W_hn h + b_hn (true, unless told: PyTorch, cuDNN, Keras), or on h before the product
   * (false: Cho et al. 2014, TensorFlow.js, ONNX unless `linear_before_reset`).
   */
  resetAfter?: boolean
  /** Whether the gates' sums are normalised (Ba et al. 2016); false unless told. */
  layerNorm?: boolean
}

/**
 * Gated recurrent unit (Cho et al. 2014) as `torch.nn.GRU` has it: gate order r, z, n; parameters named `weight_ih_l0`
 * [3H, I], `weight_hh_l0` [3H, H], `bias_ih_l0` and `bias_hh_l0` [3H]; with `layerNorm` also the gains
 * `norm_weight_ih_l0` and `norm_weight_hh_l0` [3H].
 */
export class GRU extends Recurrent {
  /** @throws ArgumentError where an option is missing, unknown or out of range, or two do not go together */
  constructor(options: GRUOptions) {
    const where = 'GRU'
    const given = readOptions<GRUOptions>(where, options, ['resetAfter', 'layerNorm'])
    const resolved = resolveOptions(where, given)
    super(where, formOf(where, given), resolved, given)
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

function formOf(where: string, given: Partial<GRUOptions>): CellForm {
  const resetAfter = booleanOption(where, given, 'resetAfter', true)
  const layerNorm = booleanOption(where, given, 'layerNorm', false)
  if (layerNorm && !resetAfter) {
    throw new ArgumentError(where, 'options.resetAfter', 'true beside layerNorm', describe(given.resetAfter))
  }
  if (layerNorm) return GRU_LAYER_NORM_FORM
  if (!resetAfter) return GRU_BEFORE_FORM
  return hasNoise(given) ? GRU_VARIANT_FORM : GRU_FORM
}
