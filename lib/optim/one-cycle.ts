/** The one-cycle schedule: the rate rises far up, then falls far down, and the momentum goes the other way. */
import { ArgumentError, StateError } from '../errors.js'
import {
  booleanOption,
  describe,
  numberOption,
  requireInteger,
  requireNumber,
  requireOneOf,
  requireOptions,
} from '../shapes.js'
import { NOT_NEGATIVE, notNegative } from './optimizer.js'
import { SteppingSchedule, type Schedulable, type ScheduleState } from './schedule.js'

/** Options of `OneCycleLR`. */
export interface OneCycleLROptions {
  /** The greatest rate, of all groups or of each. */
  maxLr: number | readonly number[]
  /** Steps of the whole cycle; or `epochs` times `stepsPerEpoch`. */
  totalSteps?: number
  /** With `stepsPerEpoch`, in place of `totalSteps`: a whole number from 1 on. Not looked at beside that one. */
  epochs?: number
  /** Batches of an epoch, a whole number from 1 on; goes with `epochs`. */
  stepsPerEpoch?: number
  /** The share of the steps in which the rate rises; 0.3 unless told. */
  pctStart?: number
  /** Along half a cosine or a line; `'cos'` unless told. */
  annealStrategy?: 'cos' | 'linear'
  /** Whether the momentum, or Adam's first beta, falls while the rate rises, and rises after it; true unless told. */
  cycleMomentum?: boolean
  /** The least momentum; 0.85 unless told. */
  baseMomentum?: number
  /** The greatest momentum; 0.95 unless told. */
  maxMomentum?: number
  /** The first rate is maxLr / divFactor; 25 unless told. */
  divFactor?: number
  /** The last rate is the first / finalDivFactor; 1e4 unless told. */
  finalDivFactor?: number
  /** Whether the fall first ends at the first rate, after as many steps as the rise; false unless told. */
  threePhase?: boolean
}

/** The options as the schedule has them; `maxLr` stands apart, one for each group. */
type Settings = Omit<Required<OneCycleLROptions>, 'maxLr' | 'epochs' | 'stepsPerEpoch'>

const settingNames = [
  'totalSteps',
  'pctStart',
  'annealStrategy',
  'cycleMomentum',
  'baseMomentum',
  'maxMomentum',
  'divFactor',
  'finalDivFactor',
  'threePhase',
] as const

/** Two numbers that a phase goes between. */
type Span = readonly [from: number, to: number]

/**
 * PyTorch's `OneCycleLR` (L. N. Smith, N. Topin, "Super-Convergence: Very Fast Training of Neural Networks Using Large
 * Learning Rates", 2018). Its step is a batch, not an epoch.
 */
export class OneCycleLR extends SteppingSchedule {
  private settings: Settings
  private maxLrs: readonly number[]

  /**
   * @throws ArgumentError where the optimiser or an option is not what it must be, or `cycleMomentum` is wanted of an
   *   optimiser that has neither `momentum` nor `betas`
   */
  constructor(optimizer: Schedulable, options: OneCycleLROptions) {
    super('OneCycleLR', optimizer)
    const given = requireOptions<OneCycleLROptions>('OneCycleLR', 'options', options, [
      ...settingNames,
      'maxLr',
      'epochs',
      'stepsPerEpoch',
    ])
    const { maxLr, epochs, stepsPerEpoch, totalSteps, ...rest } = given
    this.settings = readSettings('OneCycleLR', {
      ...rest,
      totalSteps: totalSteps ?? productOf(epochs, stepsPerEpoch),
    })
    this.maxLrs = readMaxLr(maxLr, optimizer.paramGroups.length)
    if (this.settings.cycleMomentum) {
      const without = optimizer.paramGroups.find((group) => !('betas' in group) && !('momentum' in group))
      if (without !== undefined) {
        const expected = 'an optimiser with momentum or betas, or cycleMomentum: false'
        throw new ArgumentError('OneCycleLR', 'optimizer', expected, 'one without')
      }
    }
    this.goTo(0)
  }

  /** @throws StateError past `totalSteps` */
  override step(): void {
    if (this.epoch >= this.settings.totalSteps) {
      throw new StateError('OneCycleLR.step', `the cycle is over after ${this.settings.totalSteps} steps`)
    }
    super.step()
  }

  stateDict(): ScheduleState {
    return {
      schedule: this.kind,
      options: { ...this.settings },
      scalars: { lastEpoch: this.epoch },
      lrs: [...this.maxLrs],
    }
  }

  loadStateDict(state: ScheduleState): void {
    const { options, scalars, lrs } = this.readState(state, ['lastEpoch'], false)
    this.settings = readSettings('OneCycleLR.loadStateDict', options)
    this.maxLrs = lrs
    this.goTo(scalars.lastEpoch as number)
  }

  protected apply(epoch: number): void {
    const { divFactor, finalDivFactor, cycleMomentum, baseMomentum, maxMomentum } = this.settings
    for (const [g, group] of this.optimizer.paramGroups.entries()) {
      const most = this.maxLrs[g] as number
      const first = most / divFactor
      group.lr = this.between(epoch, [first, most], [most, first], first / finalDivFactor)
      if (!cycleMomentum) continue
      const fall: Span = [maxMomentum, baseMomentum]
      const momentum = this.between(epoch, fall, [baseMomentum, maxMomentum], maxMomentum)
      if (group.betas !== undefined) group.betas = [momentum, group.betas[1]]
      else group.momentum = momentum
    }
  }

  /** Where step t is in the cycle: on the way out, on the way back, or, of three phases, from there to the end. */
  private between(t: number, out: Span, back: Span, end: number): number {
    const { totalSteps, pctStart, threePhase, annealStrategy } = this.settings
    const turn = pctStart * totalSteps - 1
    const last = totalSteps - 1
    const place = (from: number, to: number): number =>
      to > from ? Math.min(1, (t - from) / (to - from)) : 1
    const anneal = ([from, to]: Span, share: number): number =>
      annealStrategy === 'cos'
        ? to + ((from - to) / 2) * (1 + Math.cos(Math.PI * share))
        : (to - from) * share + from
    if (t <= turn) return anneal(out, place(0, turn))
    if (!threePhase) return anneal([out[1], end], place(turn, last))
    const returned = 2 * pctStart * totalSteps - 2
    if (t <= returned) return anneal(back, place(turn, returned))
    return anneal([back[1], end], place(returned, last))
  }
}

function productOf(epochs: unknown, stepsPerEpoch: unknown): number | undefined {
  if (epochs === undefined && stepsPerEpoch === undefined) return undefined
  return (
    requireInteger('OneCycleLR', 'options.epochs', epochs, 1) *
    requireInteger('OneCycleLR', 'options.stepsPerEpoch', stepsPerEpoch, 1)
  )
}

function readMaxLr(value: unknown, groups: number): readonly number[] {
  const read = (argument: string, lr: unknown): number =>
    requireNumber('OneCycleLR', argument, lr, NOT_NEGATIVE, notNegative)
  if (!Array.isArray(value)) return new Array<number>(groups).fill(read('options.maxLr', value))
  if (value.length !== groups) {
    const expected = `one number for each of ${groups} groups`
    throw new ArgumentError('OneCycleLR', 'options.maxLr', expected, describe(value))
  }
  return (value as readonly unknown[]).map((lr, g) => read(`options.maxLr[${g}]`, lr))
}

function readSettings(where: string, options: unknown): Settings {
  const given = requireOptions<Settings>(where, 'options', options, settingNames)
  const share = (name: 'baseMomentum' | 'maxMomentum', fallback: number): number =>
    numberOption(where, given, name, fallback, 'a number from 0 to below 1', (x) => x >= 0 && x < 1)
  const factor = (name: 'divFactor' | 'finalDivFactor', fallback: number): number =>
    numberOption(where, given, name, fallback, 'a finite number above 0', (x) => x > 0)
  const { annealStrategy = 'cos' } = given
  return {
    totalSteps: requireInteger(where, 'options.totalSteps', given.totalSteps, 1),
    pctStart: numberOption(where, given, 'pctStart', 0.3, 'a number from 0 to 1', (x) => x >= 0 && x <= 1),
    annealStrategy: requireOneOf<'cos' | 'linear'>(where, 'options.annealStrategy', annealStrategy, [
      'cos',
      'linear',
    ]),
    cycleMomentum: booleanOption(where, given, 'cycleMomentum', true),
    baseMomentum: share('baseMomentum', 0.85),
    maxMomentum: share('maxMomentum', 0.95),
    divFactor: factor('divFactor', 25),
    finalDivFactor: factor('finalDivFactor', 1e4),
    threePhase: booleanOption(where, given, 'threePhase', false),
  }
}
