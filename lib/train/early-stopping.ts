/** Keeps the best epoch, and says when there has been none for too long. */
import type { Best } from './history.js'

/** When training ends before its last epoch. */
export interface EarlyStopping {
  /** Epochs without a better loss after which it ends. */
  patience: number
  /** What a loss must be less by to be better; 0 unless told. */
  minDelta?: number
  /** Whether the model is left with the parameters of the best epoch, and not of the last; true unless told. */
  restoreBest?: boolean
}

/** What is known of the best epoch so far; plain data. */
export interface BestState {
  readonly best: Best | undefined
  /** Epochs since. */
  readonly since: number
}

export class BestEpoch {
  #best: Best | undefined
  #since = 0
  readonly #minDelta: number
  readonly #patience: number

  constructor({ patience = Infinity, minDelta = 0 }: Partial<EarlyStopping> = {}) {
    this.#patience = patience
    this.#minDelta = minDelta
  }

  get best(): Best | undefined {
    return this.#best
  }

  /** Whether training shall end. */
  get isOver(): boolean {
    return this.#since > this.#patience - 1 && this.#since > 0
  }

  /** Takes an epoch's loss; says whether it is the best one so far. */
  consider(epoch: number, loss: number): boolean {
    // A loss that is no number is no better than any.
    const isBest = Number.isFinite(loss) && !(this.#best && loss >= this.#best.loss - this.#minDelta)
    if (isBest) this.#best = { epoch, loss }
    this.#since = isBest ? 0 : this.#since + 1
    return isBest
  }

  state(): BestState {
    return { best: this.#best, since: this.#since }
  }

  restore({ best, since }: BestState): void {
    this.#best = best
    this.#since = since
  }
}
