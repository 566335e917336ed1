/** Fresh memory for results and workspaces. */
import { EngineError } from '../errors.js'
import { native } from '../native/load.js'
import { sizeOf } from '../shapes.js'
import type { Tensor } from '../tensor.js'

/** From this length on, page faults in 4 KiB pages would cost more than filling the array does. */
const LARGE = 2 ** 20

/**
 * An array of zeros.
 *
 * @throws EngineError where there is no memory for it
 */
export function newArray(length: number): Float32Array {
  const array = allocate(length)
  if (length >= LARGE) native().adviseHugePages(array)
  return array
}

function allocate(length: number): Float32Array {
  try {
    return new Float32Array(length)
  } catch (cause) {
    throw new EngineError(`out of memory: ${length} floats were asked for`, { cause })
  }
}

/** A tensor of zeros, of a shape that is known to be one. */
export function newTensor(shape: readonly number[]): Tensor {
  return { data: newArray(sizeOf(shape)), shape: Object.freeze([...shape]) }
}
