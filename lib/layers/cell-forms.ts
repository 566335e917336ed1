/** What is the facade's to know of each cell; native/cells/ has the rest. */
import type { NativeCell } from '../native/binding.js'

/** A cell's facts. */
export interface CellForm {
  readonly name: NativeCell
  /** Gates: rows of the weights for each unit. */
  readonly gates: number
  /** Whether there is a cell state c beside h. */
  readonly hasCell: boolean
  /** The forget gate's place among the gates, for a cell that has one. */
  readonly forgetGate?: number
  /** Parameters beside weights and biases, in the core's order: name, and numbers a unit. */
  readonly vectors?: readonly (readonly [name: string, perUnit: number])[]
}

const OF_LSTM = { hasCell: true, gates: 4, forgetGate: 1 } as const
const OF_GRU = { hasCell: false, gates: 3 } as const
const OF_RNN = { hasCell: false, gates: 1 } as const

export const LSTM_FORM: CellForm = { name: 'lstm', ...OF_LSTM }
export const GRU_FORM: CellForm = { name: 'gru', ...OF_GRU }

/** The LSTM with a projection, a bound on c, or noise. */
export const LSTM_VARIANT_FORM: CellForm = { name: 'lstm_variant', ...OF_LSTM }
export const LSTM_PEEPHOLE_FORM: CellForm = {
  name: 'lstm_variant',
  ...OF_LSTM,
  vectors: [['weight_peephole', 3]],
}
/** Gates i, g, o; f is 1 − i. */
export const LSTM_COUPLED_FORM: CellForm = { name: 'lstm_coupled', hasCell: true, gates: 3 }
export const LSTM_COUPLED_PEEPHOLE_FORM: CellForm = {
  ...LSTM_COUPLED_FORM,
  vectors: [['weight_peephole', 2]],
}
export const LSTM_LAYER_NORM_FORM: CellForm = {
  name: 'lstm_layer_norm',
  ...OF_LSTM,
  vectors: [
    ['norm_weight_ih', 4],
    ['norm_weight_hh', 4],
    ['norm_weight_c', 1],
    ['norm_bias_c', 1],
  ],
}

/** The GRU with noise. */
export const GRU_VARIANT_FORM: CellForm = { name: 'gru_variant', ...OF_GRU }
export const GRU_BEFORE_FORM: CellForm = { name: 'gru_before', ...OF_GRU }
export const GRU_LAYER_NORM_FORM: CellForm = {
  name: 'gru_layer_norm',
  ...OF_GRU,
  vectors: [
    ['norm_weight_ih', 3],
    ['norm_weight_hh', 3],
  ],
}

export const RNN_TANH_FORM: CellForm = { name: 'rnn_tanh', ...OF_RNN }
export const RNN_RELU_FORM: CellForm = { name: 'rnn_relu', ...OF_RNN }
