/**
 * Steps that go to another thread, gathered so that short ones share a message: each costs both threads some 0.1 ms, which
 * a step of 1 ms would feel.
 *
 * Two groups are on their way: one is done, and the next lies ready when that ends. A third gathers meanwhile. It leaves
 * when it is full, or when the thread has nothing left to do.
 */
import type { StepOrder } from './runner.js'

/** What the steps of one message should take: long against what it costs, short against what a person notices. */
const MILLISECONDS = 8
/** Memory is held for the batches of three groups. */
const MOST = 16

const GROUPS = 3

/** Steps that may be under way at most. */
export const MOST_ORDERED = GROUPS * MOST

/** An order, and where its answer goes. */
export interface Ordered<Answer> {
  readonly order: StepOrder
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: Error) => void
}

export class StepGroups<Answer> {
  readonly #send: (group: readonly Ordered<Answer>[]) => void
  readonly #most: number
  #size = 1
  #gathered: Ordered<Answer>[] = []
  #underway = 0

  /** @param isSingle whether every step is to have a message of its own */
  constructor(isSingle: boolean, send: (group: readonly Ordered<Answer>[]) => void) {
    this.#most = isSingle ? 1 : MOST
    this.#send = send
  }

  /** Steps that may be ordered before the first of them is done. */
  get depth(): number {
    return GROUPS * this.#size
  }

  add(ordered: Ordered<Answer>): void {
    this.#gathered.push(ordered)
    if (this.#underway === 0 || this.#gathered.length >= this.#size) this.flush()
  }

  /** Sends what has gathered: something that comes after it is asked for. */
  flush(): void {
    if (this.#gathered.length === 0) return
    const group = this.#gathered
    this.#gathered = []
    this.#underway++
    this.#send(group)
  }

  /** A group was answered, whose steps took so long. */
  answered(steps: number, milliseconds: number): void {
    this.#underway--
    if (milliseconds > 0) {
      this.#size = Math.max(1, Math.min(this.#most, Math.round((MILLISECONDS * steps) / milliseconds)))
    }
    if (this.#underway === 0) this.flush()
  }
}
