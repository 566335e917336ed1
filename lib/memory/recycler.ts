/**
 * Results that nobody keeps: where a training does its steps by itself, their arrays serve again in the next one. In a
 * thread that is not the first, memory that is freed goes back to the system, and to have it anew costs a page fault every
 * 4 KiB.
 */
import { sizeOf } from '../shapes.js'
import type { Tensor } from '../tensor.js'
import { newTensor, newUnfilledArray } from './allocate.js'
import { Workspace } from './workspace.js'

let current: Recycler | undefined

/** Gives the one before. */
function makeCurrent(next: Recycler | undefined): Recycler | undefined {
  const before = current
  current = next
  return before
}

export class Recycler {
  readonly #workspace = new Workspace(8)
  readonly #lent: Float32Array[] = []

  /** Does work whose results are of no more use when it ends. */
  run<T>(work: () => T): T {
    const outer = makeCurrent(this)
    try {
      return work()
    } finally {
      makeCurrent(outer)
      this.#workspace.giveAll(this.#lent.splice(0))
    }
  }

  /** An array with any content. */
  take(length: number): Float32Array {
    const array = this.#workspace.take(length)
    this.#lent.push(array)
    return array
  }
}

/** A tensor of zeros for a result: fresh memory, but for work that is run by a recycler. */
export function newResult(shape: readonly number[]): Tensor {
  if (current === undefined) return newTensor(shape)
  return { data: current.take(sizeOf(shape)).fill(0), shape: Object.freeze([...shape]) }
}

/** The same with any content, for a result that is to be written whole before anyone sees it. */
export function newUnfilledResult(shape: readonly number[]): Tensor {
  const size = sizeOf(shape)
  return { data: current?.take(size) ?? newUnfilledArray(size), shape: Object.freeze([...shape]) }
}
