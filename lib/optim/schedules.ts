/** Schedules whose rate is a formula of the steps taken, as PyTorch defines them. t counts steps, from 0. */
import { ArgumentError } from '../errors.js'
import { describe, numberOption, requireInteger, requireOptions } from '../shapes.js'
import { NOT_NEGATIVE, notNegative } from './optimizer.js'
import { FormulaSchedule, type Schedulable, type ScheduleRule } from './schedule.js'

/** Options of `StepLR`. */
export interface StepLROptions {
  /** Steps between two cuts. */
  stepSize: number
  /** What the rate is multiplied by; 0.1 unless told. */
  gamma?: number
}

const gammaOf = (where: string, options: { gamma?: number }, fallback?: number): number =>
  fallback === undefined && options.gamma === undefined
    ? requiredOption(where, 'gamma')
    : numberOption(where, options, 'gamma', fallback ?? 0, NOT_NEGATIVE, notNegative)

function requiredOption(where: string, name: string): never {
  throw new ArgumentError(where, `options.${name}`, 'a number', 'undefined')
}

const step: ScheduleRule<Required<StepLROptions>> = {
  name: 'StepLR',
  known: ['stepSize', 'gamma'],
  readOptions(where, options) {
    const given = requireOptions<StepLROptions>(where, 'options', options, step.known)
    return {
      stepSize: requireInteger(where, 'options.stepSize', given.stepSize, 1),
      gamma: gammaOf(where, given, 0.1),
    }
  },
  rate: ({ stepSize, gamma }, base, epoch) => base * gamma ** Math.floor(epoch / stepSize),
}

/** base · gamma^⌊t / stepSize⌋ */
export class StepLR extends FormulaSchedule<Required<StepLROptions>> {
  /** @throws ArgumentError where the optimiser or an option is not what it must be */
  constructor(optimizer: Schedulable, options: StepLROptions) {
    super(step, optimizer, options)
  }
}

/** Options of `MultiStepLR`. */
export interface MultiStepLROptions {
  /** After how many steps the rate is cut, in rising order. */
  milestones: readonly number[]
  /** What the rate is multiplied by at each; 0.1 unless told. */
  gamma?: number
}

/** Checks a list of whole numbers that rise or stay. */
export function readMilestones(where: string, value: unknown): readonly number[] {
  if (!Array.isArray(value)) {
    throw new ArgumentError(where, 'options.milestones', 'an array of whole numbers', describe(value))
  }
  let before = 1
  return (value as readonly unknown[]).map((entry, i) => {
    before = requireInteger(where, `options.milestones[${i}]`, entry, before)
    return before
  })
}

const multiStep: ScheduleRule<Required<MultiStepLROptions>> = {
  name: 'MultiStepLR',
  known: ['milestones', 'gamma'],
  readOptions(where, options) {
    const given = requireOptions<MultiStepLROptions>(where, 'options', options, multiStep.known)
    return { milestones: readMilestones(where, given.milestones), gamma: gammaOf(where, given, 0.1) }
  },
  rate: ({ milestones, gamma }, base, epoch) =>
    base * gamma ** milestones.filter((milestone) => milestone <= epoch).length,
}

/** base · gamma^(the number of milestones that t has reached) */
export class MultiStepLR extends FormulaSchedule<Required<MultiStepLROptions>> {
  /** @throws ArgumentError where the optimiser or an option is not what it must be */
  constructor(optimizer: Schedulable, options: MultiStepLROptions) {
    super(multiStep, optimizer, options)
  }
}

/** Options of `ExponentialLR`. */
export interface ExponentialLROptions {
  /** What the rate is multiplied by in every step. */
  gamma: number
}

const exponential: ScheduleRule<ExponentialLROptions> = {
  name: 'ExponentialLR',
  known: ['gamma'],
  readOptions(where, options) {
    const given = requireOptions<ExponentialLROptions>(where, 'options', options, exponential.known)
    return { gamma: gammaOf(where, given) }
  },
  rate: ({ gamma }, base, epoch) => base * gamma ** epoch,
}

/** base · gammaᵗ */
export class ExponentialLR extends FormulaSchedule<ExponentialLROptions> {
  /** @throws ArgumentError where the optimiser or an option is not what it must be */
  constructor(optimizer: Schedulable, options: ExponentialLROptions) {
    super(exponential, optimizer, options)
  }
}

/** Options of `CosineAnnealingLR`. */
export interface CosineAnnealingLROptions {
  /** Steps from the first rate to the least, PyTorch's `T_max`. */
  tMax: number
  /** The least rate; 0 unless told. */
  etaMin?: number
}

const cosine: ScheduleRule<Required<CosineAnnealingLROptions>> = {
  name: 'CosineAnnealingLR',
  known: ['tMax', 'etaMin'],
  readOptions(where, options) {
    const given = requireOptions<CosineAnnealingLROptions>(where, 'options', options, cosine.known)
    return {
      tMax: requireInteger(where, 'options.tMax', given.tMax, 1),
      etaMin: numberOption(where, given, 'etaMin', 0, NOT_NEGATIVE, notNegative),
    }
  },
  rate: ({ tMax, etaMin }, base, epoch) =>
    etaMin + ((base - etaMin) * (1 + Math.cos((Math.PI * epoch) / tMax))) / 2,
}

/**
 * etaMin + ½·(base − etaMin)·(1 + cos(π·t / tMax)) (I. Loshchilov, F. Hutter, "SGDR: Stochastic Gradient Descent with
 * Warm Restarts", 2017, without the restarts). Past tMax the rate rises again.
 */
export class CosineAnnealingLR extends FormulaSchedule<Required<CosineAnnealingLROptions>> {
  /** @throws ArgumentError where the optimiser or an option is not what it must be */
  constructor(optimizer: Schedulable, options: CosineAnnealingLROptions) {
    super(cosine, optimizer, options)
  }
}

/** Options of `LinearLR`. */
export interface LinearLROptions {
  /** The share of the rate to start with; 1/3 unless told. */
  startFactor?: number
  /** The share to end with; 1 unless told. */
  endFactor?: number
  /** Steps from one to the other; 5 unless told. */
  totalIters?: number
}

const linear: ScheduleRule<Required<LinearLROptions>> = {
  name: 'LinearLR',
  known: ['startFactor', 'endFactor', 'totalIters'],
  readOptions(where, options) {
    const given = requireOptions<LinearLROptions>(where, 'options', options, linear.known)
    const share = (name: 'startFactor' | 'endFactor', fallback: number): number =>
      numberOption(where, given, name, fallback, 'a number from 0 to 1', (x) => x >= 0 && x <= 1)
    return {
      startFactor: share('startFactor', 1 / 3),
      endFactor: share('endFactor', 1),
      totalIters:
        given.totalIters === undefined ? 5 : requireInteger(where, 'options.totalIters', given.totalIters, 1),
    }
  },
  rate: ({ startFactor, endFactor, totalIters }, base, epoch) =>
    base * (startFactor + ((endFactor - startFactor) * Math.min(epoch, totalIters)) / totalIters),
}

/** base · (startFactor + (endFactor − startFactor)·min(t, totalIters) / totalIters): a warm-up, as `SequentialLR` begins. */
export class LinearLR extends FormulaSchedule<Required<LinearLROptions>> {
  /** @throws ArgumentError where the optimiser or an option is not what it must be */
  constructor(optimizer: Schedulable, options: LinearLROptions = {}) {
    super(linear, optimizer, options)
  }
}
