/** Fresh memory for results and workspaces. */
import { Buffer, constants } from 'node:buffer'
import { EngineError } from '../errors.js'
import { native } from '../native/load.js'
import { sizeOf } from '../shapes.js'
import type { Tensor } from '../tensor.js'

/** From this length on, asking for large pages costs little beside filling an array. */
const WORTH_ASKING = 2 ** 14

/**
 * From this length on, arrays begin with a cache line: what the engine clears of one that no near cache holds goes straight
 * to memory, line by line (native/sequence/steps.h). Their buffers have room for a line more, in which to begin with one.
 */
const WORTH_ALIGNING = 2 ** 17

/** The floats of a cache line. */
const LINE = 16

/** From this length on, filling an array with zeros takes longer than asking for one that is not. */
const WORTH_LEAVING = 2 ** 12

/**
 * An array of zeros.
 *
 * @throws EngineError where there is no memory for it
 */
export function newArray(length: number): Float32Array {
  return onLines(length, (floats) => new Float32Array(floats))
}

/** An array with any content, which is to be overwritten before anyone else sees it. Throws likewise. */
export function newUnfilledArray(length: number): Float32Array {
  if (length < WORTH_LEAVING || 4 * (length + LINE) > constants.MAX_LENGTH) return newArray(length)
  return onLines(length, (floats) => new Float32Array(Buffer.allocUnsafeSlow(4 * floats).buffer, 0, floats))
}

/** All of an array that was made here, of which this is the beginning. */
export function wholeOf(array: Float32Array): Float32Array {
  const { buffer, byteOffset } = array
  const floats = buffer.byteLength / 4
  const length = floats < WORTH_ALIGNING ? floats : floats - LINE
  return array.length === length ? array : new Float32Array(buffer, byteOffset, length)
}

function onLines(length: number, make: (floats: number) => Float32Array): Float32Array {
  if (length < WORTH_ALIGNING) return advised(allocate(length, () => make(length)))
  const array = advised(allocate(length, () => make(length + LINE)))
  const first = native().beforeLine(array)
  // Whoever looks at the buffer finds nothing that was there before.
  array.fill(0, 0, first).fill(0, first + length)
  return array.subarray(first, first + length)
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
