/** Whether two files of results hold the same numbers, but for rounding. */
import { gatewiseFrom } from './gatewise.js'
import { GRAD } from './protocol.js'

/**
 * The largest difference that is allowed, as a share of the largest number of the tensor. Rounding in float32, over sums
 * in another order, is up to about 1e-5 on these cases; a gate at the wrong place or a step that is missing is 1e-2 and more.
 */
export const TOLERANCE = 1e-4

export interface Agreement {
  readonly forward: number
  /** Of gradients; absent without training. */
  readonly gradients?: number
  readonly agrees: boolean
}

/** @param expected gatewise's results; @param found a peer's, which may lack some that it does not give */
export function compareResults(expected: string, found: string): Agreement {
  const { loadSafetensors } = gatewiseFrom()
  const [ours, theirs] = [loadSafetensors(expected).tensors, loadSafetensors(found).tensors]
  const errors: Record<'forward' | 'gradients', number[]> = { forward: [], gradients: [] }
  for (const [name, { data, shape }] of Object.entries(theirs)) {
    const reference = ours[name]
    if (reference?.shape.join() !== shape.join()) {
      throw new Error(`${name} is [${shape.join(', ')}], not [${reference?.shape.join(', ') ?? 'there'}]`)
    }
    errors[name.startsWith(GRAD) ? 'gradients' : 'forward'].push(relativeError(reference.data, data))
  }
  if (errors.forward.length === 0) throw new Error('no results')
  const [forward, gradients] = [Math.max(...errors.forward), Math.max(...errors.gradients)]
  return {
    forward,
    ...(errors.gradients.length > 0 ? { gradients } : {}),
    agrees: forward <= TOLERANCE && (errors.gradients.length === 0 || gradients <= TOLERANCE),
  }
}

/** NaN where one of them has one. */
function relativeError(expected: Float32Array, found: Float32Array): number {
  let [largest, difference] = [0, 0]
  for (let i = 0; i < expected.length; i++) {
    const [a, b] = [expected[i]!, found[i]!]
    largest = Math.max(largest, Math.abs(a))
    difference = Math.max(difference, Math.abs(a - b))
  }
  return difference / largest
}
