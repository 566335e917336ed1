/** Schedules one after another: a warm-up, and what comes after it. */
import { ArgumentError } from '../errors.js'
import { describe, requireOptions } from '../shapes.js'
import { SteppingSchedule, type Schedulable, type ScheduleState } from './schedule.js'
import { readMilestones } from './schedules.js'

/** Options of `SequentialLR`. */
export interface SequentialLROptions {
  /** The schedules in their order, all made for the same optimiser. */
  schedulers: readonly SteppingSchedule[]
  /** After how many steps each but the first begins, from its own step 0, in rising order. */
  milestones: readonly number[]
}

/**
 * Runs schedules one after another, each from the optimiser's first rates and its own step 0, as PyTorch's
 * `SequentialLR`:
 *
 *     new SequentialLR(optimizer, {
 *       schedulers: [new LinearLR(optimizer, { totalIters: 10 }), new CosineAnnealingLR(optimizer, { tMax: 90 })],
 *       milestones: [10],
 *     })
 */
export class SequentialLR extends SteppingSchedule {
  private readonly schedulers: readonly SteppingSchedule[]
  private milestones: readonly number[]

  /** @throws ArgumentError where a schedule is not one of this optimiser's, or the milestones do not part them */
  constructor(optimizer: Schedulable, options: SequentialLROptions) {
    super('SequentialLR', optimizer)
    const given = requireOptions<SequentialLROptions>('SequentialLR', 'options', options, [
      'schedulers',
      'milestones',
    ])
    this.schedulers = readSchedulers(given.schedulers, optimizer)
    this.milestones = readAll('SequentialLR', given.milestones, this.schedulers.length)
    this.goTo(0)
  }

  stateDict(): ScheduleState {
    return {
      schedule: this.kind,
      options: { milestones: [...this.milestones] },
      scalars: { lastEpoch: this.epoch },
      lrs: this.getLastLr(),
      schedules: this.schedulers.map((scheduler) => scheduler.stateDict()),
    }
  }

  loadStateDict(state: ScheduleState): void {
    const where = 'SequentialLR.loadStateDict'
    const { options, scalars } = this.readState(state, ['lastEpoch'], true)
    const given = requireOptions<SequentialLROptions>(where, 'state.options', options, ['milestones'])
    const milestones = readAll(where, given.milestones, this.schedulers.length)
    const parts: unknown = state.schedules
    if (!Array.isArray(parts) || parts.length !== this.schedulers.length) {
      const expected = `an array of length ${this.schedulers.length}`
      throw new ArgumentError(where, 'state.schedules', expected, describe(parts))
    }
    const before = this.schedulers.map((scheduler) => scheduler.stateDict())
    try {
      for (const [i, scheduler] of this.schedulers.entries()) {
        scheduler.loadStateDict(parts[i] as ScheduleState)
      }
    } catch (error) {
      for (const [i, scheduler] of this.schedulers.entries()) {
        scheduler.loadStateDict(before[i] as ScheduleState)
      }
      this.goTo(this.epoch)
      throw error
    }
    this.milestones = milestones
    this.goTo(scalars.lastEpoch as number)
  }

  protected apply(epoch: number): void {
    const index = this.milestones.filter((milestone) => milestone <= epoch).length
    const begun = index === 0 ? 0 : (this.milestones[index - 1] as number)
    ;(this.schedulers[index] as SteppingSchedule).goTo(epoch - begun)
  }
}

function readSchedulers(value: unknown, optimizer: Schedulable): readonly SteppingSchedule[] {
  const argument = 'options.schedulers'
  if (!Array.isArray(value) || value.length === 0) {
    throw new ArgumentError('SequentialLR', argument, 'an array of schedules', describe(value))
  }
  return (value as readonly unknown[]).map((entry, i) => {
    if (!(entry instanceof SteppingSchedule)) {
      throw new ArgumentError(
        'SequentialLR',
        `${argument}[${i}]`,
        'a schedule that steps without a metric',
        describe(entry),
      )
    }
    if (entry.target !== optimizer) {
      throw new ArgumentError(
        'SequentialLR',
        `${argument}[${i}]`,
        'a schedule of this optimiser',
        "another's",
      )
    }
    return entry
  })
}

function readAll(where: string, value: unknown, schedulers: number): readonly number[] {
  const milestones = readMilestones(where, value)
  if (milestones.length !== schedulers - 1) {
    const expected = `${schedulers - 1}, one less than schedules`
    throw new ArgumentError(where, 'options.milestones', expected, `${milestones.length}`)
  }
  return milestones
}
