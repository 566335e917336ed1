/** How the learning rate changes while training goes on. */
import type { AnyOptimizer } from './trainer.js'

/** A schedule of the learning rate, as those of this package are. */
export interface Schedule {
  /** Sets the optimiser's learning rate for what comes next. */
  step(metric?: number): unknown
  stateDict(): unknown
  loadStateDict(state: never): void
}

/** When a schedule makes its step: after every step of the optimiser, or after every epoch. */
export type ScheduleEvery = 'step' | 'epoch'

/** What the learning rates depend on, to go back to. */
export interface RateState {
  readonly rates: readonly number[]
  readonly schedule: unknown
}

/** The learning rates of a training: the optimiser's, as its schedule sets them. */
export class Rates {
  readonly #optimizer: AnyOptimizer
  readonly #schedule: Schedule | undefined
  readonly #every: ScheduleEvery

  constructor(optimizer: AnyOptimizer, schedule: Schedule | undefined, every: ScheduleEvery) {
    this.#optimizer = optimizer
    this.#schedule = schedule
    this.#every = every
  }

  /** One for each group of parameters. */
  get current(): readonly number[] {
    return ratesOf(this.#optimizer)
  }

  /** A step of the optimiser was ordered. */
  stepped(): void {
    if (this.#every === 'step') this.#schedule?.step()
  }

  /** An epoch ended with this loss, over the validation data where there are any. */
  epochEnded(loss: number): void {
    if (this.#every === 'epoch') this.#schedule?.step(loss)
  }

  state(): RateState {
    return { rates: this.current, schedule: structuredClone(this.#schedule?.stateDict()) }
  }

  restore(state: RateState): void {
    this.#schedule?.loadStateDict(state.schedule as never)
    setRates(this.#optimizer, state.rates)
  }
}

export function ratesOf(optimizer: AnyOptimizer): readonly number[] {
  return [optimizer.lr]
}

export function setRates(optimizer: AnyOptimizer, [lr]: readonly number[]): void {
  if (lr !== undefined) optimizer.lr = lr
}
