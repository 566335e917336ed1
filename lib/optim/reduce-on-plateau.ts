/** Cutting the learning rate when a metric has stopped to improve. */
import { ArgumentError } from '../errors.js'
import {
  describe,
  numberOption,
  requireInteger,
  requireNumber,
  requireOneOf,
  requireOptions,
} from '../shapes.js'
import { NOT_NEGATIVE, notNegative } from './optimizer.js'
import { LRScheduler, type Schedulable, type ScheduleState } from './schedule.js'

/** Options of `ReduceLROnPlateau`. */
export interface ReduceLROnPlateauOptions {
  /** Whether the metric shall fall, as a loss, or rise; `'min'` unless told. */
  mode?: 'min' | 'max'
  /** What the rates are multiplied by, below 1; 0.1 unless told. */
  factor?: number
  /** How many steps without improvement are let pass; the next one cuts. 10 unless told. */
  patience?: number
  /** How much better counts as better; 1e-4 unless told. */
  threshold?: number
  /** Whether the threshold is a share of the best metric or a difference from it; `'rel'` unless told. */
  thresholdMode?: 'rel' | 'abs'
  /** Steps after a cut in which nothing is counted; 0 unless told. */
  cooldown?: number
  /** The least rate; 0 unless told. */
  minLr?: number
  /** A cut by no more than this is left out; 1e-8 unless told. */
  eps?: number
}

type Settings = Required<ReduceLROnPlateauOptions>

const known = [
  'mode',
  'factor',
  'patience',
  'threshold',
  'thresholdMode',
  'cooldown',
  'minLr',
  'eps',
] as const

const counters = ['lastEpoch', 'best', 'numBadEpochs', 'cooldownCounter'] as const

/**
 * Multiplies the learning rates by `factor` when the metric has not improved for more than `patience` steps, as
 * PyTorch's `ReduceLROnPlateau`. A NaN is no improvement.
 */
export class ReduceLROnPlateau extends LRScheduler {
  private settings: Settings
  private epoch = 0
  /** The best metric so far. */
  private best: number | null = null
  private bad = 0
  private cooling = 0

  /** @throws ArgumentError where the optimiser or an option is not what it must be */
  constructor(optimizer: Schedulable, options: ReduceLROnPlateauOptions = {}) {
    super('ReduceLROnPlateau', optimizer)
    this.settings = readOptions(this.kind, options)
  }

  get lastEpoch(): number {
    return this.epoch
  }

  /**
   * Takes a step: called once an epoch.
   *
   * @param metric what shall improve, as the loss on validation data
   * @throws ArgumentError where the metric is no number
   */
  step(metric: number): void {
    if (typeof metric !== 'number') {
      throw new ArgumentError('ReduceLROnPlateau.step', 'metric', 'a number', describe(metric))
    }
    const { patience, cooldown } = this.settings
    this.epoch++
    if (this.isBetter(metric)) {
      this.best = metric
      this.bad = 0
    } else {
      this.bad++
    }
    if (this.cooling > 0) {
      this.cooling--
      this.bad = 0
    }
    if (this.bad > patience) {
      this.reduce()
      this.cooling = cooldown
      this.bad = 0
    }
  }

  stateDict(): ScheduleState {
    return {
      schedule: this.kind,
      options: { ...this.settings },
      scalars: {
        lastEpoch: this.epoch,
        best: this.best,
        numBadEpochs: this.bad,
        cooldownCounter: this.cooling,
      },
      lrs: this.getLastLr(),
    }
  }

  loadStateDict(state: ScheduleState): void {
    const where = 'ReduceLROnPlateau.loadStateDict'
    const { options, scalars, lrs } = this.readState(state, counters, false)
    const settings = readOptions(where, options)
    const best = scalars.best === null ? null : requireNumber(where, 'state.scalars.best', scalars.best)
    const count = (name: (typeof counters)[number]): number =>
      requireInteger(where, `state.scalars.${name}`, scalars[name], 0)
    const [epoch, bad, cooling] = [count('lastEpoch'), count('numBadEpochs'), count('cooldownCounter')]
    this.settings = settings
    this.best = best
    this.epoch = epoch
    this.bad = bad
    this.cooling = cooling
    this.setRates(lrs)
  }

  private isBetter(metric: number): boolean {
    const { mode, threshold, thresholdMode } = this.settings
    if (this.best === null) return metric < Infinity && metric > -Infinity
    const towards = mode === 'min' ? -threshold : threshold
    const line = thresholdMode === 'rel' ? this.best * (1 + towards) : this.best + towards
    return mode === 'min' ? metric < line : metric > line
  }

  private reduce(): void {
    const { factor, minLr, eps } = this.settings
    for (const group of this.optimizer.paramGroups) {
      const lr = Math.max(group.lr * factor, minLr)
      if (group.lr - lr > eps) group.lr = lr
    }
  }
}

function readOptions(where: string, options: unknown): Settings {
  const given = requireOptions<ReduceLROnPlateauOptions>(where, 'options', options, known)
  const number = (name: 'threshold' | 'minLr' | 'eps', fallback: number): number =>
    numberOption(where, given, name, fallback, NOT_NEGATIVE, notNegative)
  const count = (name: 'patience' | 'cooldown', fallback: number): number =>
    given[name] === undefined ? fallback : requireInteger(where, `options.${name}`, given[name], 0)
  const { mode = 'min', thresholdMode = 'rel' } = given
  return {
    mode: requireOneOf<'min' | 'max'>(where, 'options.mode', mode, ['min', 'max']),
    factor: numberOption(where, given, 'factor', 0.1, 'a number from 0 to below 1', (x) => x >= 0 && x < 1),
    patience: count('patience', 10),
    threshold: number('threshold', 1e-4),
    thresholdMode: requireOneOf<'rel' | 'abs'>(where, 'options.thresholdMode', thresholdMode, ['rel', 'abs']),
    cooldown: count('cooldown', 0),
    minLr: number('minLr', 0),
    eps: number('eps', 1e-8),
  }
}
