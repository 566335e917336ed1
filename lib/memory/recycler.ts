/**
 * Results that nobody keeps: where a training does its steps by itself, their arrays serve again in the next one. In a
 * thread that is not the first, memory that is freed goes back to the system, and to have it anew costs a page fault every
 * 4 KiB.
 */
import { sizeOf } from '../shapes.js'
import type { Tensor } from '../tensor.js'
import { newTensor } from './allocate.js'
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

  /** An array of zeros. */
  take(length: number): Float32Array {
    const array = this.#workspace.take(length).fill(0)
    this.#lent.push(array)
    return array
  }
}

/** A tensor of zeros for a result: fresh memory, but for work that is run by a recycler. */
export function newResult(shape: readonly number[]): Tensor {
  if (current === undefined) return newTensor(shape)
  return { data: current.take(sizeOf(shape)), shape: Object.freeze([...shape]) }
}
