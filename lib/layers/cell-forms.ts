/** What is the facade's to know of each cell; native/cells/ has the rest. */
import type { NativeCell } from '../native/binding.js'

/** A cell's facts. */
export interface CellForm {
  readonly name: NativeCell
  /** Gates: rows of the weights for each unit. */
  readonly gates: number
  /** Whether there is a cell state c beside h. */
  readonly hasCell: boolean
}

export const LSTM_FORM: CellForm = { name: 'lstm', gates: 4, hasCell: true }

export const GRU_FORM: CellForm = { name: 'gru', gates: 3, hasCell: false }
