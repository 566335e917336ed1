/** What layers share with whoever trains them. */
import { sizeOf } from '../shapes.js'
import type { Tensor } from '../tensor.js'

/** A trained tensor of a layer, with the gradient that passes add into. */
export interface Parameter {
  /** PyTorch's name within its layer, as `weight_ih_l0`. */
  readonly name: string
  /** The value. Its data may be written between calls; the next call sees it. */
  readonly value: Tensor
  /** The sum of the gradients since it was last zeroed; same shape as the value. */
  readonly grad: Tensor
}

/** How many numbers parameters have together. */
export function countNumbers(parameters: readonly Parameter[]): number {
  return parameters.reduce((sum, { value }) => sum + sizeOf(value.shape), 0)
}
