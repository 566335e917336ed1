/**
 * What trains: a model, its loss and its optimiser, one batch at a time. It is the same class in whatever thread the work is
 * done, so that the bits are the same too.
 */
import type { Batch } from '../data/batch.js'
import { Module } from '../layers/module.js'
import { ParameterValue } from '../layers/parameter-value.js'
import type { Parameter } from '../layers/parameter.js'
import { Sequential } from '../layers/sequential.js'
import { LBFGS } from '../optim/lbfgs.js'
import { clipGradNorm, clipGradValue } from '../optim/clip.js'
import { ExponentialMovingAverage } from '../optim/ema.js'
import { isFloat32Array, requireAnyTensor } from '../shapes.js'
import type { Tensor } from '../tensor.js'
import type { LossOfBatch } from './loss.js'
import { batchAxis, isBatchFirst, namesOf, recurrentLayers, type Model, type ModelOptions } from './model.js'
import { nonFiniteIn, nonFiniteParameter, type NonFinite } from './non-finite.js'
import { ratesOf, setRates, type GroupRates } from './schedule.js'
import { lastSteps } from './steps.js'
import type { AnyOptimizer, Evaluated, StepResult, TrainerOptions, TrainerState } from './trainer-types.js'

export class Trainer {
  readonly model: Model
  readonly optimizer: AnyOptimizer
  readonly loss: LossOfBatch
  readonly #options: TrainerOptions
  readonly #batchFirst: boolean
  readonly #parameters: readonly Parameter[]
  readonly #names: readonly string[]
  readonly #average: ExponentialMovingAverage | undefined
  /** The values before a step, for one that would not end in numbers. */
  #before: readonly Float32Array[] = []
  #waiting = 0

  constructor(model: Model, loss: LossOfBatch, optimizer: AnyOptimizer, options: TrainerOptions) {
    this.model = model
    this.optimizer = optimizer
    this.loss = loss
    this.#options = options
    this.#batchFirst = isBatchFirst(model)
    this.#parameters = model.parameters()
    this.#names = namesOf(model)
    this.#average = options.ema && new ExponentialMovingAverage(this.#parameters, options.ema)
  }

  /**
   * Adds a batch's gradients to those that wait and, with `apply`, makes the optimiser's step with their mean.
   *
   * @param rates the learning rates of that step; those that the optimiser has stay as they are, since a schedule, which
   *   reads and writes them, may be steps ahead
   * @throws ArgumentError where the batch does not fit the model or the loss; parameters and optimiser are as before
   */
  step(batch: Batch, apply: boolean, rates: readonly GroupRates[]): StepResult {
    const ahead = ratesOf(this.optimizer)
    setRates(this.optimizer, rates)
    try {
      return this.#step(batch, apply)
    } finally {
      setRates(this.optimizer, ahead)
    }
  }

  #step(batch: Batch, apply: boolean): StepResult {
    if (this.#waiting === 0) this.#zeroGradients()
    const size = this.#sizeOf(batch)
    const { optimizer } = this
    if (optimizer instanceof LBFGS) return this.#searchedStep(optimizer, batch, size)

    const { loss, nonFinite } = this.#differentiate(batch)
    if (nonFinite) return this.#leaveOut(size, nonFinite)
    this.#waiting++
    if (!apply) return { loss, size, stepped: false, gradNorm: NaN }
    const { gradNorm, nonFinite: inGradients } = this.#finishGradients()
    if (inGradients) return this.#leaveOut(size, inGradients)
    const inStep = this.#update(() => optimizer.step())
    return inStep ? this.#leaveOut(size, inStep) : { loss, size, stepped: true, gradNorm }
  }

  /** The loss over a batch, with the parameters as they are and without noise. */
  evaluate(batch: Batch): Evaluated {
    const { output } = this.#withAverage(() => this.model.infer(batch.input, optionsOf(batch)))
    const seen = this.#options.lastStep ? lastSteps(output, this.#batchFirst, batch.lengths).output : output
    return { loss: this.loss(seen, batch).loss, size: this.#sizeOf(batch) }
  }

  /** A copy of all that later steps depend on. */
  state(): TrainerState {
    const waits = this.#waiting > 0
    return {
      parameters: this.#parameters.map(({ value }) => ParameterValue.read(value).slice()),
      optimizer: this.optimizer.stateDict(),
      average: this.#average?.stateDict(),
      memories: recurrentLayers(this.model).map((layer) => layer?.memory()),
      waiting: this.#waiting,
      gradients: waits ? this.#parameters.map(({ grad }) => grad.data.slice()) : [],
    }
  }

  /** Takes back what `state` gave. */
  restore(state: TrainerState): void {
    this.optimizer.loadStateDict(state.optimizer)
    if (state.average) this.#average?.loadStateDict(state.average)
    for (const [place, layer] of recurrentLayers(this.model).entries()) {
      const memory = state.memories[place]
      if (memory) layer?.restoreMemory(memory)
    }
    this.setValues(state.parameters)
    this.#waiting = state.waiting
    for (const [index, { grad }] of this.#parameters.entries()) {
      const gradient = state.gradients[index]
      if (gradient) grad.data.set(gradient)
    }
  }

  /** Copies of what the model is to be left with: the parameters' values, or their averages where there are any. */
  values(): Float32Array[] {
    return this.#withAverage(() => this.#parameters.map(({ value }) => ParameterValue.read(value).slice()))
  }

  /** The same by name, as the model's `stateDict` has them where it has one. */
  namedValues(): Record<string, Tensor> {
    const { model } = this
    if (model instanceof Sequential || model instanceof Module) {
      return this.#withAverage(() => model.stateDict())
    }
    const values = this.values()
    return Object.fromEntries(
      this.#parameters.map(({ value: { shape } }, index) => [
        this.#names[index] as string,
        { data: values[index] as Float32Array, shape },
      ]),
    )
  }

  setValues(values: readonly Float32Array[]): void {
    for (const [index, { value }] of this.#parameters.entries()) {
      ParameterValue.write(value).set(values[index] as Float32Array)
    }
  }

  /** L-BFGS evaluates the batch several times in one step; what it tries on the way need not be finite. */
  #searchedStep(optimizer: LBFGS, batch: Batch, size: number): StepResult {
    let first: { readonly loss: number; readonly gradNorm: number } | undefined
    let nonFinite: NonFinite | undefined
    const before = optimizer.stateDict()
    const closure = (): number => {
      this.#zeroGradients()
      const evaluated = this.#differentiate(batch)
      const { gradNorm, nonFinite: inGradients } = this.#finishGradients()
      if (first === undefined) {
        first = { loss: evaluated.loss, gradNorm }
        nonFinite = evaluated.nonFinite ?? inGradients
        if (nonFinite) throw new Stop()
      }
      return evaluated.loss
    }
    try {
      nonFinite = this.#update(() => optimizer.step(closure))
    } catch (error) {
      if (!(error instanceof Stop)) throw error
    }
    if (nonFinite) {
      optimizer.loadStateDict(before)
      return this.#leaveOut(size, nonFinite)
    }
    return { loss: first?.loss ?? NaN, size, stepped: true, gradNorm: first?.gradNorm ?? NaN }
  }

  /** Forward, loss and backward; what is not finite is found before any gradient is added. */
  #differentiate(batch: Batch): { loss: number; nonFinite?: NonFinite } {
    const { input } = batch
    const inInput = this.#inInput(batch)
    if (inInput) return { loss: NaN, nonFinite: inInput }
    const pass = this.model.forward(input, optionsOf(batch))
    try {
      const last = this.#options.lastStep
        ? lastSteps(pass.output, this.#batchFirst, batch.lengths)
        : undefined
      const seen = last?.output ?? pass.output
      const { loss, grad } = this.loss(seen, batch)
      if (!Number.isFinite(loss)) return { loss, nonFinite: this.#causeOf(loss, seen, batch) }
      pass.backward({ output: last?.spread(grad) ?? grad }, { input: false })
      return { loss }
    } finally {
      pass.release?.()
    }
  }

  /** Makes a step of the optimiser, or leaves the parameters as they were where one would not be finite. */
  #update(step: () => unknown): NonFinite | undefined {
    const values = this.#parameters.map(({ value }) => ParameterValue.read(value))
    if (this.#before.length === 0) this.#before = values.map((data) => data.slice())
    else for (const [index, data] of values.entries()) this.#before[index]?.set(data)
    step()
    this.#waiting = 0
    const nonFinite = nonFiniteParameter(this.#parameters, this.#names, 'value')
    if (nonFinite) this.setValues(this.#before)
    else this.#average?.update()
    return nonFinite && { ...nonFinite, place: 'step' }
  }

  /** Leaves a batch out, and with it those whose gradients its own were added to. */
  #leaveOut(size: number, nonFinite: NonFinite): StepResult {
    this.#zeroGradients()
    this.#waiting = 0
    return { loss: NaN, size, stepped: false, gradNorm: NaN, nonFinite }
  }

  /** Takes the mean over the batches that waited, and clips it; gives the norm before. */
  #finishGradients(): { readonly gradNorm: number; readonly nonFinite?: NonFinite } {
    if (this.#waiting > 1) {
      for (const { grad } of this.#parameters) {
        for (let i = 0; i < grad.data.length; i++) grad.data[i] = (grad.data[i] as number) / this.#waiting
      }
    }
    // Before clipping, which would make all of them NaN.
    const nonFinite = nonFiniteParameter(this.#parameters, this.#names, 'grad')
    if (nonFinite) return { gradNorm: NaN, nonFinite }
    const { clipGradNorm: maxNorm = Infinity, clipGradValue: maxValue } = this.#options
    const { parameters } = this.optimizer
    const gradNorm = clipGradNorm(parameters, maxNorm)
    if (maxValue !== undefined) clipGradValue(parameters, maxValue)
    return { gradNorm }
  }

  #inInput({ input, lengths }: Batch): NonFinite | undefined {
    return nonFiniteIn('input', requireAnyTensor('fit', 'input of a batch', input), this.#isData(lengths))
  }

  /** Why a loss is not finite, although the input is. */
  #causeOf(loss: number, prediction: Tensor, { target, lengths }: Batch): NonFinite {
    const isData = this.#isData(lengths)
    const inTarget = 'data' in target && isFloat32Array(target.data) ? (target as Tensor) : undefined
    return (
      nonFiniteParameter(this.#parameters, this.#names, 'value') ??
      nonFiniteIn('prediction', prediction, isData) ??
      (inTarget && nonFiniteIn('target', inTarget, isData)) ?? { place: 'loss', value: loss, position: [] }
    )
  }

  /** Whether a place of a tensor of sequences is data and not padding, which no layer reads. */
  #isData(lengths: ArrayLike<number> | undefined): (position: readonly number[]) => boolean {
    return ([first = 0, second = 0, third]) => {
      if (lengths === undefined || third === undefined) return true
      const [t, b] = this.#batchFirst ? [second, first] : [first, second]
      return t < (lengths[b] ?? 0)
    }
  }

  #sizeOf({ input }: Batch): number {
    return input.shape[batchAxis(this.#batchFirst, input.shape.length)] ?? 0
  }

  /** Runs with the averages in place of the parameters' values. */
  #withAverage<T>(run: () => T): T {
    this.#average?.apply()
    try {
      return run()
    } finally {
      this.#average?.restore()
    }
  }

  #zeroGradients(): void {
    for (const { grad } of this.#parameters) grad.data.fill(0)
  }
}

/** Ends a search of L-BFGS at its first evaluation. */
class Stop extends Error {}

function optionsOf({ lengths }: Batch): ModelOptions {
  return lengths === undefined ? {} : { lengths }
}
