/** The LSTM layer; native/cells/lstm.h and lstm_variant.h have the equations. */
import { ArgumentError } from '../errors.js'
import { booleanOption, describe, numberOption, requireInteger } from '../shapes.js'
import type { Tensor } from '../tensor.js'
import {
  LSTM_COUPLED_FORM,
  LSTM_COUPLED_PEEPHOLE_FORM,
  LSTM_FORM,
  LSTM_LAYER_NORM_FORM,
  LSTM_PEEPHOLE_FORM,
  LSTM_VARIANT_FORM,
  type CellForm,
} from './cell-forms.js'
import {
  hasNoise,
  MAX_SIZE,
  probabilityOption,
  readOptions,
  resolveOptions,
  withoutWeights,
  type OwnOptions,
  type RecurrentOptions,
} from './recurrent-options.js'
import { Recurrent } from './recurrent.js'
import type { CellForwardOptions, FinalResult, InferResult } from './recurrent-input.js'
import type { BackwardOptions, InputGradients, OutputGradients, RecurrentPass } from './recurrent-pass.js'

/** Options of `LSTM`. */
export interface LSTMOptions extends RecurrentOptions {
  /** Features of h, R < H, by a projection of what the cell gives (Sak et al. 2014); 0, none, unless told. */
  projSize?: number
  /** Whether i and f also see c_{t-1}, and o sees c_t, unit by unit (Gers and Schmidhuber 2000); false unless told. */
  peepholes?: boolean
  /** Whether f = 1 − i, so that there are three gates: i, g, o (Greff et al. 2017); false unless told. */
  coupledInputForget?: boolean
  /** Holds every c to [−cellClip, cellClip] (Sak et al. 2014); unless told it is free. */
  cellClip?: number
  /** First value of the forget gate's bias (Gers et al. 2000, Jozefowicz et al. 2015); unless told, what `init` says. */
  forgetBias?: number
  /** Whether the gates' sums and c are normalised (Ba et al. 2016); false unless told. */
  layerNorm?: boolean
  /** As `zoneout`, of c (Krueger et al. 2017); 0 unless told. */
  zoneoutCell?: number
}

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
 * i, f, g, o; parameters named `weight_ih_l0` [4H, I], `weight_hh_l0` [4H, R], `bias_ih_l0` and `bias_hh_l0` [4H], and
 * with a projection `weight_hr_l0` [R, H]. With `peepholes` there is `weight_peephole_l0` [3H] in the order i, f, o; with
 * `coupledInputForget` the gates are i, g, o, rows and vectors three and two instead of four and three; with
 * `layerNorm` the gains `norm_weight_ih_l0`, `norm_weight_hh_l0` [4H] and `norm_weight_c_l0`, `norm_bias_c_l0` [H].
 */
export class LSTM extends Recurrent {
  /** @throws ArgumentError where an option is missing, unknown or out of range, or two do not go together */
  constructor(options: LSTMOptions) {
    const where = 'LSTM'
    const given = readOptions<LSTMOptions>(where, options, [
      'projSize',
      'peepholes',
      'coupledInputForget',
      'cellClip',
      'forgetBias',
      'layerNorm',
      'zoneoutCell',
    ])
    const own: OwnOptions = {
      projSize: projectionOf(where, given),
      cellClip: numberOption(where, given, 'cellClip', Infinity, 'a finite number above 0', isClip),
      zoneoutCell: probabilityOption(where, given, 'zoneoutCell'),
      forgetBias:
        withoutWeights(where, given, 'forgetBias') === undefined
          ? undefined
          : numberOption(where, given, 'forgetBias', 0, 'a number that is finite in float32', isFinite32),
    }
    const resolved = resolveOptions(where, given, own)
    super(where, formOf(where, given, own), resolved, given)
  }

  /**
   * Runs a batch of sequences and keeps what backward needs.
   *
   * @param input [T, B, I], or [B, T, I] where `batchFirst`; copied
   * @throws ArgumentError where the input, a state or an option has a wrong type, shape or value
   */
  forward(input: Tensor, options: CellForwardOptions & { output: false }): Omit<LSTMPass, 'output'>
  forward(input: Tensor, options?: CellForwardOptions): LSTMPass
  forward(input: Tensor, options?: CellForwardOptions): LSTMPass {
    return this.runForward(input, options) as LSTMPass
  }

  /** The same without keeping anything, and without dropout. */
  infer(input: Tensor, options: CellForwardOptions & { output: false }): Required<Omit<FinalResult, 'output'>>
  infer(input: Tensor, options?: CellForwardOptions): Required<InferResult>
  infer(input: Tensor, options?: CellForwardOptions): Required<FinalResult> {
    return this.runInfer(input, options) as Required<FinalResult>
  }
}

/** Whether a bound is above 0 in float32 too. */
const isClip = (value: number): boolean => Math.fround(value) > 0

const isFinite32 = (value: number): boolean => Number.isFinite(Math.fround(value))

/** Checks `projSize`: 0, or fewer than the units. */
function projectionOf(where: string, { projSize, hiddenSize }: Partial<LSTMOptions>): number {
  if (projSize === undefined || projSize === 0) return 0
  const units = requireInteger(where, 'options.hiddenSize', hiddenSize, 1, MAX_SIZE)
  if (units === 1)
    throw new ArgumentError(where, 'options.projSize', '0 for a single unit', describe(projSize))
  return requireInteger(where, 'options.projSize', projSize, 0, units - 1)
}

/** The cell that has what was asked for; refuses what no cell has together. */
function formOf(where: string, given: Partial<LSTMOptions>, own: OwnOptions): CellForm {
  const flag = (name: 'peepholes' | 'coupledInputForget' | 'layerNorm') =>
    booleanOption(where, given, name, false)
  const [peepholes, coupled, layerNorm] = [flag('peepholes'), flag('coupledInputForget'), flag('layerNorm')]
  const projects = own.projSize > 0
  const refuse = (name: keyof LSTMOptions, expected: string): never => {
    throw new ArgumentError(where, `options.${name}`, expected, describe(given[name]))
  }
  if (layerNorm && peepholes) refuse('peepholes', 'no peepholes beside layerNorm')
  if (layerNorm && coupled) refuse('coupledInputForget', 'no coupled gates beside layerNorm')
  if (layerNorm && projects) refuse('projSize', 'no projection beside layerNorm')
  if (projects && (given.zoneout ?? 0) > 0) refuse('zoneout', 'no zoneout of h beside a projection')
  if (own.forgetBias !== undefined && coupled) {
    refuse('forgetBias', 'none for coupled gates, which have no forget gate of their own')
  }
  if (own.forgetBias !== undefined && given.bias === false) refuse('forgetBias', 'none without biases')
  if (layerNorm) return LSTM_LAYER_NORM_FORM
  if (coupled) return peepholes ? LSTM_COUPLED_PEEPHOLE_FORM : LSTM_COUPLED_FORM
  if (peepholes) return LSTM_PEEPHOLE_FORM
  const varies = projects || own.cellClip !== Infinity || own.zoneoutCell > 0 || hasNoise(given)
  return varies ? LSTM_VARIANT_FORM : LSTM_FORM
}
