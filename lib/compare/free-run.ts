/**
 * Free running: each output is fed back as the next input. The other features of a series, if it has any, stay
 * at their last known value: a forecast may use only what was known when it was made.
 */
import type { Tensor } from '../tensor.js'
import type { ModelState } from './model.js'

/** What can run free: an output for every step, and a state that is carried on. */
export interface StepModel {
  run(inputs: Tensor, state?: ModelState): { outputs: Tensor; state: ModelState }
}

/**
 * Runs a model over what is known, then on its own outputs.
 *
 * With a horizon above 1 an output stands for a row further ahead, so the first inputs that are missing come
 * from the last outputs over the known rows: the output of step s is always the input of step s + horizon.
 *
 * @param context the known inputs [N, B, I], normalised, N of at least `horizon`; feature 0 is the target
 * @param steps how many values to give, from the first that is not known
 * @returns [steps, B], normalised
 */
export function freeRun(model: StepModel, context: Tensor, steps: number, horizon: number): Float32Array {
  const [known = 0, batch = 0, features = 0] = context.shape
  const values = new Float32Array(steps * batch)
  const warm = model.run(context)
  values.set(warm.outputs.data.subarray((known - horizon) * batch).subarray(0, values.length))
  const input: Tensor = {
    data: context.data.slice((known - 1) * batch * features),
    shape: [1, batch, features],
  }
  let state = warm.state
  for (let step = 0; step + horizon < steps; step++) {
    for (let b = 0; b < batch; b++) input.data[b * features] = values[step * batch + b] ?? 0
    const next = model.run(input, state)
    values.set(next.outputs.data, (step + horizon) * batch)
    state = next.state
  }
  return values
}
