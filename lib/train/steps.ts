/** Which steps of a model's output the loss sees: all, or each sequence's last one. */
import { newResult } from '../memory/recycler.js'
import type { Tensor } from '../tensor.js'

/** An output's last steps. */
export interface LastSteps {
  /** [B, O] */
  readonly output: Tensor
  /** Puts a gradient of those into one of the whole output, which is zero elsewhere. */
  spread(gradient: Tensor): Tensor
}

/**
 * Takes the last step of each sequence out of an output.
 *
 * @param output [T, B, O], or [B, T, O] where `batchFirst`
 * @param lengths steps of each sequence; all T unless told
 */
export function lastSteps(
  { data, shape }: Tensor,
  batchFirst: boolean,
  lengths: ArrayLike<number> | undefined,
): LastSteps {
  const [first = 0, second = 0, features = 0] = shape
  const [steps, batch] = batchFirst ? [second, first] : [first, second]
  const offsets = Array.from({ length: batch }, (_, b) => {
    const t = (lengths?.[b] ?? steps) - 1
    return (batchFirst ? b * steps + t : t * batch + b) * features
  })
  const output = new Float32Array(batch * features)
  for (const [b, offset] of offsets.entries()) {
    output.set(data.subarray(offset, offset + features), b * features)
  }
  return {
    output: { data: output, shape: [batch, features] },
    spread(gradient) {
      const whole = newResult(shape)
      for (const [b, offset] of offsets.entries()) {
        whole.data.set(gradient.data.subarray(b * features, (b + 1) * features), offset)
      }
      return whole
    },
  }
}
