/** Measures a model on one part of the data, in batches whose memory is kept from epoch to epoch. */
import { denormalise } from '../data/scaler.js'
import type { Scale } from '../data/scaler.js'
import type { WindowBatch, Windows } from '../data/windows.js'
import type { Tensor } from '../tensor.js'

/** What can be evaluated. */
export interface Predictor {
  predict(inputs: Tensor, everyStep: boolean): Tensor
}

/** Errors of one model on one part. */
export interface PartError {
  /** Mean squared error in normalised units. */
  readonly loss: number
  /** In the target's units. */
  readonly rmse: number
  readonly mae: number
}

// Steps × windows per batch: enough for full speed, little enough for the memory of any machine.
const STEPS_AT_ONCE = 1 << 17

/** One part's windows, and the memory that batches of them need. */
export class Evaluation {
  readonly #windows: Windows
  readonly #order: Int32Array
  readonly #batches = new Map<number, WindowBatch>()
  readonly #most: number

  constructor(windows: Windows) {
    this.#windows = windows
    this.#order = Int32Array.from({ length: windows.count }, (_, index) => index)
    this.#most = Math.max(1, Math.floor(STEPS_AT_ONCE / windows.form.window))
  }

  /** The model's mean squared error and, by the target's scale, its errors in the target's units. */
  errors(model: Predictor, scale: Scale): PartError {
    let squares = 0
    let absolutes = 0
    let count = 0
    this.#eachBatch(model, (forecasts, { targets }) => {
      for (const [at, forecast] of forecasts.entries()) {
        const error = forecast - (targets.data[at] ?? 0)
        squares += error * error
        absolutes += Math.abs(error)
      }
      count += forecasts.length
    })
    const loss = squares / count
    return { loss, rmse: Math.sqrt(loss) * scale.factor, mae: (absolutes / count) * scale.factor }
  }

  /** The model's forecasts in the target's units, window after window, and within a window step after step. */
  forecasts(model: Predictor, scale: Scale): Float64Array {
    const steps = this.#windows.targetSteps
    const all = new Float64Array(this.#windows.count * steps)
    this.#eachBatch(model, (forecasts, batch, from) => {
      const size = batch.inputs.shape[1] ?? 1
      for (const [at, forecast] of forecasts.entries()) {
        all[(from + (at % size)) * steps + Math.floor(at / size)] = denormalise(forecast, scale)
      }
    })
    return all
  }

  #eachBatch(
    model: Predictor,
    visit: (forecasts: Float32Array, batch: WindowBatch, from: number) => void,
  ): void {
    const { count, form } = this.#windows
    for (let from = 0; from < count; from += this.#most) {
      const batch = this.#batch(Math.min(this.#most, count - from))
      this.#windows.fill(batch, this.#order, from)
      visit(model.predict(batch.inputs, form.everyStep).data, batch, from)
    }
  }

  #batch(size: number): WindowBatch {
    const batch = this.#batches.get(size) ?? this.#windows.batch(size)
    this.#batches.set(size, batch)
    return batch
  }
}
