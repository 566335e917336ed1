/** What a forecaster gives behind a window's last step. */
import type { Sequential, SequentialLayer } from '../layers/sequential.js'
import type { Tensor } from '../tensor.js'

/**
 * @param input [T, B, I]
 * @returns [B, O], row-major
 */
export function lastStep(model: Sequential | SequentialLayer, input: Tensor): Float32Array {
  const { output } = model.infer(input)
  const [steps = 1] = output.shape
  return output.data.subarray((output.data.length / steps) * (steps - 1))
}
