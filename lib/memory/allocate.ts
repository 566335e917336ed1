/** Fresh memory for results and workspaces. */
import { Buffer, constants } from 'node:buffer'
import { EngineError } from '../errors.js'
import { native } from '../native/load.js'
import { sizeOf } from '../shapes.js'
import type { Tensor } from '../tensor.js'

/** From this length on, asking for large pages costs little beside filling an array. */
const WORTH_ASKING = 2 ** 14

/** From this length on, filling an array with zeros takes longer than asking for one that is not. */
const WORTH_LEAVING = 2 ** 12

/**
 * An array of zeros.
 *
 * @throws EngineError where there is no memory for it
 */
export function newArray(length: number): Float32Array {
  return advised(allocate(length, () => new Float32Array(length)))
}

/** An array with any content, which is to be overwritten before anyone else sees it. Throws likewise. */
export function newUnfilledArray(length: number): Float32Array {
  const bytes = 4 * length
  if (length < WORTH_LEAVING || bytes > constants.MAX_LENGTH) return newArray(length)
  return advised(allocate(length, () => new Float32Array(Buffer.allocUnsafeSlow(bytes).buffer, 0, length)))
}

function allocate(length: number, make: () => Float32Array): Float32Array {
  try {
    return make()
  } catch (cause) {
    throw new EngineError(`out of memory: ${length} floats were asked for`, { cause })
  }
}

/** The same array, of which nothing was touched yet, in large pages where these fit and the system has such. */
export function advised(array: Float32Array): Float32Array {
  if (array.length >= WORTH_ASKING) native().adviseHugePages(array)
  return array
}

/** A tensor of zeros, of a shape that is known to be one. */
export function newTensor(shape: readonly number[]): Tensor {
  return { data: newArray(sizeOf(shape)), shape: Object.freeze([...shape]) }
}
