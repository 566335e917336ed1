/** Fresh memory for results and workspaces. */
import { native } from '../native/load.js'
import { sizeOf } from '../shapes.js'
import type { Tensor } from '../tensor.js'

/** From this length on, page faults in 4 KiB pages would cost more than filling the array does. */
const LARGE = 2 ** 20

/** An array of zeros. */
export function newArray(length: number): Float32Array {
  const array = new Float32Array(length)
  if (length >= LARGE) native().adviseHugePages(array)
  return array
}

/** A tensor of zeros, of a shape that is known to be one. */
export function newTensor(shape: readonly number[]): Tensor {
  return { data: newArray(sizeOf(shape)), shape: Object.freeze([...shape]) }
}
