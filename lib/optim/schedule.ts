/** What all schedules of the learning rate share: where they start, the count of steps, and their state. */
import { ArgumentError } from '../errors.js'
import { describe, requireInteger, requireNumber, requireOptions } from '../shapes.js'
import { NOT_NEGATIVE, notNegative } from './optimizer.js'

/** What a schedule needs of an optimiser: every optimiser of this package is one. */
export interface Schedulable {
  /** The groups of parameters whose options are written between steps. */
  readonly paramGroups: readonly {
    /** The learning rate, which every schedule writes. */
    lr: number
    /** Of SGD and RMSprop; `OneCycleLR` alone writes it, and only where there are no `betas`. */
    momentum?: number
    /** Of Adam and AdamW; `OneCycleLR` alone writes them, the first of the two. */
    betas?: readonly [number, number]
  }[]
}

/** A schedule's state, as plain data that JSON can carry. */
export interface ScheduleState {
  /** The class that it came from, as `StepLR`. */
  readonly schedule: string
  /** Every option with its value, the defaults included. */
  readonly options: Readonly<Record<string, unknown>>
  /** Counters and the like, as `lastEpoch`. */
  readonly scalars: Readonly<Record<string, number | null>>
  /** The learning rate of each group from which it starts; of `ReduceLROnPlateau` the present one. */
  readonly lrs: readonly number[]
  /** Of `SequentialLR`, the states of its parts. */
  readonly schedules?: readonly ScheduleState[]
}

/** The learning rates that an optimiser's groups had before their first schedule. */
const initialRates = new WeakMap<object, number>()

/** The first rates of an optimiser's groups, which are the present ones where it has had no schedule. */
export function initialRatesOf(optimizer: Schedulable): readonly number[] {
  return optimizer.paramGroups.map((group) => {
    const lr = initialRates.get(group) ?? group.lr
    initialRates.set(group, lr)
    return lr
  })
}

function isSchedulable(value: unknown): value is Schedulable {
  if (typeof value !== 'object' || value === null) return false
  const { paramGroups } = value as { readonly paramGroups?: unknown }
  const isGroup = (group: unknown): boolean =>
    typeof group === 'object' && group !== null && typeof (group as { lr?: unknown }).lr === 'number'
  return Array.isArray(paramGroups) && paramGroups.every(isGroup)
}

/** The base of every schedule. */
export abstract class LRScheduler {
  /** How many steps it has taken. */
  abstract readonly lastEpoch: number
  protected readonly optimizer: Schedulable
  /** The class's name, for errors and states. */
  protected readonly kind: string

  protected constructor(kind: string, optimizer: Schedulable) {
    if (!isSchedulable(optimizer))
      throw new ArgumentError(kind, 'optimizer', 'an optimiser', describe(optimizer))
    this.kind = kind
    this.optimizer = optimizer
  }

  /** The present learning rate of each group. */
  getLastLr(): number[] {
    return this.optimizer.paramGroups.map(({ lr }) => lr)
  }

  /** A copy of everything that later steps depend on besides the optimiser. */
  abstract stateDict(): ScheduleState

  /**
   * Takes back what `stateDict` gave, the options included, and sets the learning rates to what they were then.
   *
   * @throws ArgumentError where the state is another schedule's, or an entry is missing, extra or out of range; nothing
   *   is taken over then
   */
  abstract loadStateDict(state: ScheduleState): void

  /** Sets the rates of all groups. */
  protected setRates(rates: readonly number[]): void {
    for (const [g, group] of this.optimizer.paramGroups.entries()) group.lr = rates[g] as number
  }

  /** Checks the form of a state: whose it is, its counters by name, and one rate for each group. */
  protected readState(state: unknown, scalars: readonly string[], parts: boolean): ScheduleState {
    const where = `${this.kind}.loadStateDict`
    const { schedule, ...given } = requireOptions<ScheduleState>(where, 'state', state, [
      'schedule',
      'options',
      'scalars',
      'lrs',
      ...(parts ? (['schedules'] as const) : []),
    ])
    if (schedule !== this.kind) {
      throw new ArgumentError(where, 'state.schedule', `'${this.kind}'`, describe(schedule))
    }
    const counters = requireOptions<Record<string, number | null>>(
      where,
      'state.scalars',
      given.scalars,
      scalars,
    )
    const missing = scalars.find((name) => counters[name] === undefined)
    if (missing !== undefined) throw new ArgumentError(where, `state.scalars.${missing}`, 'an entry', 'none')
    requireInteger(where, 'state.scalars.lastEpoch', counters.lastEpoch, 0)
    const count = this.optimizer.paramGroups.length
    const { lrs } = given
    if (!Array.isArray(lrs) || lrs.length !== count) {
      throw new ArgumentError(where, 'state.lrs', `an array of length ${count}`, describe(lrs))
    }
    const rates = (lrs as readonly unknown[]).map((lr, g) =>
      requireNumber(where, `state.lrs[${g}]`, lr, NOT_NEGATIVE, notNegative),
    )
    return {
      schedule,
      options: given.options ?? {},
      scalars: counters as ScheduleState['scalars'],
      lrs: rates,
    }
  }
}

/** How a schedule works whose rates are a formula of the count of steps. */
export interface ScheduleRule<Options extends object> {
  /** The class's name. */
  readonly name: string
  /** The names of its options. */
  readonly known: readonly (keyof Options & string)[]
  /** Checks options and fills in the defaults. */
  readonly readOptions: (where: string, options: unknown) => Options
  /** A group's rate after so many steps. */
  readonly rate: (options: Options, base: number, epoch: number) => number
}

/** A schedule that a part of `SequentialLR` can be: it steps without being told anything. */
export abstract class SteppingSchedule extends LRScheduler {
  protected epoch = 0

  get lastEpoch(): number {
    return this.epoch
  }

  /** Takes a step: sets the learning rates for what comes next. Called after the optimiser's steps, once an epoch or batch. */
  step(): void {
    this.goTo(this.epoch + 1)
  }

  /** @internal Goes to where it is after so many steps, and sets the rates. */
  goTo(epoch: number): void {
    this.apply(epoch)
    this.epoch = epoch
  }

  /** @internal The optimiser whose rates it sets. */
  get target(): Schedulable {
    return this.optimizer
  }

  protected abstract apply(epoch: number): void
}

/** A schedule made of a rule. */
export abstract class FormulaSchedule<Options extends object> extends SteppingSchedule {
  private readonly rule: ScheduleRule<Options>
  private options: Options
  private base: readonly number[]

  protected constructor(rule: ScheduleRule<Options>, optimizer: Schedulable, options: unknown) {
    super(rule.name, optimizer)
    this.rule = rule
    this.options = rule.readOptions(rule.name, options)
    this.base = initialRatesOf(optimizer)
    this.goTo(0)
  }

  stateDict(): ScheduleState {
    return {
      schedule: this.kind,
      options: structuredClone(this.options) as Record<string, unknown>,
      scalars: { lastEpoch: this.epoch },
      lrs: [...this.base],
    }
  }

  loadStateDict(state: ScheduleState): void {
    const { options, scalars, lrs } = this.readState(state, ['lastEpoch'], false)
    this.options = this.rule.readOptions(`${this.kind}.loadStateDict`, options)
    this.base = lrs
    this.goTo(scalars.lastEpoch as number)
  }

  protected apply(epoch: number): void {
    this.setRates(this.base.map((base) => this.rule.rate(this.options, base, epoch)))
  }
}
