/** How the learning rate changes while training goes on. */
import type { AnyOptimizer } from './trainer-types.js'

/** A schedule of the learning rate, as those of this package are. */
export interface Schedule {
  /**
   * Sets the optimiser's learning rate for what comes next.
   *
   * @param metric the epoch's loss, over the validation data where there are any; NaN where it steps with the optimiser
   */
  step(metric: number): unknown
  /** What later steps depend on, as plain data: it goes into checkpoints, as JSON. */
  stateDict(): unknown
  /** Takes back what `stateDict` gave. */
  loadStateDict(state: never): void
}

/** When a schedule makes its step: after every step of the optimiser, or after every epoch. */
export type ScheduleEvery = 'step' | 'epoch'

/** What schedules set of a group of parameters: always the rate, some also the momentum or the betas. */
export interface GroupRates {
  /** The learning rate. */
  lr: number
  /** Where the optimiser has one. */
  momentum?: number
  /** Of Adam and its like: how much of the running means is kept. */
  betas?: readonly [number, number]
}

/** A schedule's state, and what it has set. */
export interface RateState {
  readonly rates: readonly GroupRates[]
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

  /** Of each group of parameters. */
  get current(): readonly GroupRates[] {
    return ratesOf(this.#optimizer)
  }

  /** Of the first group, for display. */
  get lr(): number {
    return this.#optimizer.lr
  }

  /** A step of the optimiser was ordered. */
  stepped(): void {
    if (this.#every === 'step') this.#schedule?.step(NaN)
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

/** What schedules set, as it is now. */
export function ratesOf(optimizer: AnyOptimizer): readonly GroupRates[] {
  return groupsOf(optimizer).map(({ lr, momentum, betas }) => ({
    lr,
    ...(momentum === undefined ? {} : { momentum }),
    ...(betas === undefined ? {} : { betas }),
  }))
}

export function setRates(optimizer: AnyOptimizer, rates: readonly GroupRates[]): void {
  for (const [index, group] of groupsOf(optimizer).entries()) {
    const { lr, momentum, betas } = rates[index] ?? group
    // Only what differs: an optimiser reads all of a group's options anew when one is written.
    if (lr !== group.lr) group.lr = lr
    if (momentum !== undefined && momentum !== group.momentum) group.momentum = momentum
    if (betas !== undefined && String(betas) !== String(group.betas)) group.betas = betas
  }
}

function groupsOf(optimizer: AnyOptimizer): readonly GroupRates[] {
  return optimizer.paramGroups ?? [optimizer]
}
