/** L-BFGS, as PyTorch defines it: several iterations in one step, with or without a line search. */
import { ArgumentError } from '../errors.js'
import { ParameterValue } from '../layers/parameter-value.js'
import {
  describe,
  numberOption,
  requireInteger,
  requireNumber,
  requireOneOf,
  requireOptions,
} from '../shapes.js'
import { Curvature, dot, maxAbs } from './curvature.js'
import type { Group, ParametersOrGroups } from './groups.js'
import { NOT_NEGATIVE, notNegative, Optimizer } from './optimizer.js'
import { copyBuffers, requireCount, requireGroups, requireState, type OptimizerState } from './state.js'
import { strongWolfe, type LinePoint } from './strong-wolfe.js'

/** Options of `LBFGS`. */
export interface LBFGSOptions {
  /** The length of a step in units of the direction (with a line search: of the first try); 1 unless told. */
  lr?: number
  /** Iterations in one step; 20 unless told. */
  maxIter?: number
  /** Calls of the closure after which a step starts no further iteration; maxIter · 5 / 4 unless told. */
  maxEval?: number
  /** A step ends where no component of the gradient exceeds this; 1e-7 unless told. */
  toleranceGrad?: number
  /** A step ends where neither the parameters nor the loss change by more than this; 1e-9 unless told. */
  toleranceChange?: number
  /** How many earlier iterations shape the direction; 100 unless told. */
  historySize?: number
  /** `'strongWolfe'` searches along every direction; null, the default, takes steps of `lr`. */
  lineSearch?: 'strongWolfe' | null
}

type LBFGSSettings = Required<LBFGSOptions>

/** The last iteration's move and the gradient that it started from. */
interface Move {
  readonly direction: Float64Array
  readonly length: number
  readonly gradient: Float64Array
}

const known = [
  'lr',
  'maxIter',
  'maxEval',
  'toleranceGrad',
  'toleranceChange',
  'historySize',
  'lineSearch',
] as const

const scalarNames = ['iterations', 'evaluations', 'stepLength', 'historyLength'] as const

/**
 * L-BFGS (D. C. Liu, J. Nocedal, "On the limited memory BFGS method for large scale optimization", 1989), for
 * losses without noise: it assumes that the closure always computes the same function. The direction and its
 * history are kept in float64, the parameters in float32.
 */
export class LBFGS extends Optimizer<LBFGSSettings> {
  private curvature: Curvature
  private last: Move | undefined
  private iterations = 0
  private evaluations = 0

  /** @throws ArgumentError where the parameters or an option are not what they must be */
  constructor(parameters: ParametersOrGroups<LBFGSOptions>, options: LBFGSOptions = {}) {
    super('LBFGS', parameters, options, { known, readOptions })
    if (this.groups.length > 1) {
      throw new ArgumentError('LBFGS', 'parameters', 'one group', `${this.groups.length} groups`)
    }
    this.curvature = new Curvature(this.settings.historySize)
  }

  /**
   * Takes one step of up to `maxIter` iterations.
   *
   * @param closure zeroes the gradients, computes them at the parameters' present values, and returns the loss.
   *   Where it throws during a line search, the parameters return to where that search started.
   * @returns the loss before the step: that of the closure's first call
   * @throws ArgumentError where the closure is no function or returns no number, or a parameter has lost its size
   */
  step(closure: () => number): number {
    if (typeof closure !== 'function') {
      throw new ArgumentError('LBFGS.step', 'closure', 'a function', describe(closure))
    }
    const { lr, maxIter, maxEval, toleranceGrad, toleranceChange } = this.settings
    const evaluationsBefore = this.evaluations
    const before = this.evaluate(closure)
    let { loss, gradient } = before
    if (maxAbs(gradient) <= toleranceGrad) return loss

    for (let n = 1; n <= maxIter; n++) {
      this.iterations++
      if (this.last !== undefined) this.remember(this.last, gradient)
      const direction = this.curvature.direction(gradient)
      const slope = dot(gradient, direction)
      const isFirst = this.iterations === 1
      let length = isFirst ? Math.min(1, 1 / sumAbs(gradient)) * lr : lr
      this.last = { direction, length, gradient }
      if (slope > -toleranceChange) break

      const previousLoss = loss
      if (this.settings.lineSearch === 'strongWolfe') {
        const start = { step: 0, loss, gradient, slope }
        const trials = maxEval - (this.evaluations - evaluationsBefore)
        const found = this.search(closure, start, direction, length, trials)
        ;({ step: length, loss, gradient } = found)
        this.last = { ...this.last, length }
      } else {
        this.writeValues(this.readValues(), length, direction)
        // The last iteration's loss would go unused: the next step starts with a call of its own.
        if (n === maxIter) break
        ;({ loss, gradient } = this.evaluate(closure))
      }
      if (this.evaluations - evaluationsBefore >= maxEval) break
      if (maxAbs(gradient) <= toleranceGrad) break
      if (maxAbs(direction) * length <= toleranceChange) break
      if (Math.abs(loss - previousLoss) < toleranceChange) break
    }
    return before.loss
  }

  stateDict(): OptimizerState {
    const buffers: Record<string, Float64Array> = {}
    if (this.last !== undefined) {
      buffers.direction = this.last.direction.slice()
      buffers.gradient = this.last.gradient.slice()
    }
    for (const [k, { step, change }] of this.curvature.pairs.entries()) {
      buffers[`step.${k}`] = step.slice()
      buffers[`change.${k}`] = change.slice()
    }
    return {
      optimizer: this.kind,
      groups: [{ options: { ...this.settings }, parameters: this.parameters.length }],
      scalars: {
        iterations: this.iterations,
        evaluations: this.evaluations,
        stepLength: this.last?.length ?? 0,
        historyLength: this.curvature.pairs.length,
      },
      buffers,
    }
  }

  loadStateDict(state: OptimizerState): void {
    const where = 'LBFGS.loadStateDict'
    const parts = requireState(where, state, this.kind, scalarNames)
    const [settings] = requireGroups(where, parts.groups, this.groups, this.reader) as [LBFGSSettings]
    const iterations = requireCount(where, parts.scalars, 'iterations')
    const evaluations = requireCount(where, parts.scalars, 'evaluations')
    const pairs = requireInteger(
      where,
      'state.scalars.historyLength',
      parts.scalars.historyLength,
      0,
      Math.min(settings.historySize, Math.max(0, iterations - 1)),
    )
    const length = requireNumber(where, 'state.scalars.stepLength', parts.scalars.stepLength)
    const places = Array.from({ length: pairs }, (_, k) => k)
    const names = [
      ...(iterations > 0 ? ['direction', 'gradient'] : []),
      ...places.flatMap((k) => [`step.${k}`, `change.${k}`]),
    ]
    const total = this.total()
    const copies = copyBuffers(
      where,
      parts.buffers,
      'Float64Array',
      new Map(names.map((name) => [name, total])),
    )
    const buffer = (name: string): Float64Array => copies.get(name) as Float64Array

    const curvature = new Curvature(settings.historySize)
    for (const k of places) curvature.add({ step: buffer(`step.${k}`), change: buffer(`change.${k}`) })
    if (curvature.pairs.length !== pairs) {
      const received = `${pairs - curvature.pairs.length} without`
      throw new ArgumentError(where, 'state.buffers', 'steps and changes with a positive product', received)
    }

    this.group.settings = settings
    this.iterations = iterations
    this.evaluations = evaluations
    this.curvature = curvature
    this.last =
      iterations > 0 ? { direction: buffer('direction'), length, gradient: buffer('gradient') } : undefined
  }

  /** Adds the last iteration's move, and what it did to the gradient, to the history. */
  private remember({ direction, length, gradient: from }: Move, gradient: Float64Array): void {
    this.curvature.add({
      step: direction.map((d) => d * length),
      change: gradient.map((g, i) => g - (from[i] as number)),
    })
  }

  private search(
    closure: () => number,
    start: LinePoint,
    direction: Float64Array,
    firstStep: number,
    maxTrials: number,
  ): LinePoint {
    const origin = this.readValues()
    const evaluate = (step: number): LinePoint => {
      this.writeValues(origin, step, direction)
      const { loss, gradient } = this.evaluate(closure)
      return { step, loss, gradient, slope: dot(gradient, direction) }
    }
    let reached = 0
    try {
      const { point } = strongWolfe(evaluate, start, firstStep, maxAbs(direction), maxTrials)
      reached = point.step
      return point
    } finally {
      this.writeValues(origin, reached, direction)
    }
  }

  /** Calls the closure, and gathers the gradients that it left. */
  private evaluate(closure: () => number): { loss: number; gradient: Float64Array } {
    this.requireIntact('LBFGS.step')
    const loss: unknown = closure()
    if (typeof loss !== 'number') {
      throw new ArgumentError('LBFGS.step', 'the result of closure', 'the loss, a number', describe(loss))
    }
    this.requireIntact('LBFGS.step')
    this.evaluations++
    const gradient = new Float64Array(this.total())
    let offset = 0
    for (const { grad } of this.parameters) {
      gradient.set(grad.data, offset)
      offset += grad.data.length
    }
    return { loss, gradient }
  }

  /** All parameters: there is one history, of one function. */
  private get group(): Group<LBFGSSettings> {
    return this.groups[0] as Group<LBFGSSettings>
  }

  private get settings(): LBFGSSettings {
    return this.group.settings
  }

  /** The number of elements of all parameters together. */
  private total(): number {
    return this.sizes.reduce((sum, size) => sum + size, 0)
  }

  private readValues(): Float32Array[] {
    return this.parameters.map(({ value }) => ParameterValue.read(value).slice())
  }

  /** Sets every parameter to origin + length · direction, rounded to float32 once. */
  private writeValues(origin: readonly Float32Array[], length: number, direction: Float64Array): void {
    let offset = 0
    for (const [index, { value }] of this.parameters.entries()) {
      const from = origin[index] as Float32Array
      const to = ParameterValue.write(value)
      for (let i = 0; i < from.length; i++) {
        // A step of 0 restores: it must do so even where the direction is infinite.
        const move = length === 0 ? 0 : length * (direction[offset + i] as number)
        to[i] = (from[i] as number) + move
      }
      offset += from.length
    }
  }
}

function sumAbs(a: Float64Array): number {
  return a.reduce((sum, value) => sum + Math.abs(value), 0)
}

function readOptions(where: string, options: unknown): LBFGSSettings {
  const given = requireOptions<LBFGSOptions>(where, 'options', options, known)
  const number = (name: keyof LBFGSOptions, fallback: number): number =>
    numberOption(where, given, name, fallback, NOT_NEGATIVE, notNegative)
  const count = (name: keyof LBFGSOptions, fallback: number): number =>
    given[name] === undefined ? fallback : requireInteger(where, `options.${name}`, given[name], 1)
  const maxIter = count('maxIter', 20)
  const { lineSearch = null } = given
  return {
    lr: number('lr', 1),
    maxIter,
    maxEval: count('maxEval', Math.floor((maxIter * 5) / 4)),
    toleranceGrad: number('toleranceGrad', 1e-7),
    toleranceChange: number('toleranceChange', 1e-9),
    historySize: count('historySize', 100),
    lineSearch:
      lineSearch === null
        ? null
        : requireOneOf<'strongWolfe'>(where, 'options.lineSearch', lineSearch, ['strongWolfe']),
  }
}
