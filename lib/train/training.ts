/** The loop of `fit`: epochs of batches, ordered ahead as far as the runner likes, and what is told of them. */
import type { BatchSource } from '../data/batch.js'
import type { Progress } from './checkpoint.js'
import type { CheckpointFiles } from './checkpoint-files.js'
import type { BestEpoch } from './early-stopping.js'
import type { EpochRecord, StopReason } from './history.js'
import type { Interruption } from './interruption.js'
import { nonFiniteError } from './non-finite.js'
import type { Observers } from './observers.js'
import type { ResolvedFit } from './options.js'
import { EMPTY_EPOCH, type EpochSums, type Position } from './position.js'
import type { Runner } from './runner.js'
import type { RateState, Rates } from './schedule.js'
import { take } from './take.js'
import type { StepResult } from './trainer-types.js'

/** What a training is made of. */
export interface TrainingParts {
  readonly options: ResolvedFit
  readonly runner: Runner
  readonly source: BatchSource
  readonly validation: BatchSource | undefined
  readonly rates: Rates
  readonly bestEpoch: BestEpoch
  readonly interruption: Interruption
  readonly batchFirst: boolean
  readonly seed: number
  readonly observers: Observers
  readonly checkpoints: CheckpointFiles | undefined
  /** The best epoch's values, where the model is to be left with them. */
  readonly bestValues: () => readonly Float32Array[] | undefined
  /** Called with the parameters' values where the model gets them, before anybody is told of the batch or the epoch. */
  readonly onValues: (values: readonly Float32Array[], isBest: boolean) => void
}

/** A step that was ordered, and the learning rates from before it. */
interface Ordered {
  readonly batch: number
  readonly before: RateState
  readonly result: Promise<StepResult | undefined>
}

export class Training {
  readonly history: EpochRecord[] = []
  #position: Position = { epoch: 0, batch: 0, steps: 0, skipped: 0, sums: EMPTY_EPOCH }
  /** When the seconds of `sums` were counted last. */
  #clock = performance.now()
  #ordered: Ordered[] = []
  /** The position that was kept last. */
  #saved: Position | undefined
  readonly #parts: TrainingParts

  constructor(parts: TrainingParts) {
    this.#parts = parts
  }

  get seed(): number {
    return this.#parts.seed
  }

  get position(): Position {
    return this.#position
  }

  /** Goes to where a training was. */
  restore({ position, history, best, rates }: Progress): void {
    this.#position = position
    this.history.push(...history)
    this.#parts.bestEpoch.restore(best)
    this.#parts.rates.restore(rates)
  }

  /** Keeps where the training is, as the last and, where it is that, as the best. Nothing may be under way. */
  async save(isBest = false): Promise<void> {
    const { options, runner, rates, bestEpoch, seed, checkpoints, bestValues } = this.#parts
    if (checkpoints === undefined) return
    const { batchSize, accumulate, shuffle } = options
    const progress = {
      position: this.#position,
      history: this.history,
      best: bestEpoch.state(),
      rates: rates.state(),
      seed,
      cut: { batchSize, accumulate, shuffle },
    }
    const { last, best } = checkpoints
    // The best first: where the last tells of a best epoch, that one is there.
    await runner.save(isBest ? [best, last] : [last], {
      progress,
      bestValues: bestValues(),
      extras: options.extras,
    })
    this.#saved = this.#position
  }

  /** Keeps where the training is, unless that was done. */
  async saveEnd(): Promise<void> {
    if (this.#saved !== this.#position) await this.save()
  }

  /** Goes on from where the position is, to the last epoch or until there is a reason to end. */
  async run(): Promise<StopReason> {
    const { options, bestEpoch, interruption } = this.#parts
    try {
      while (this.#position.epoch < options.epochs) {
        if (bestEpoch.isOver) return 'earlyStopping'
        if (interruption.came || !(await this.#trainEpoch()) || !(await this.#endEpoch())) return 'aborted'
      }
      return 'finished'
    } finally {
      // Where something failed, what was ordered after it is not to be done, and its end not to be missed.
      this.#parts.runner.stop()
      await Promise.allSettled(this.#ordered.map(({ result }) => result))
    }
  }

  /** The batches of an epoch; false where the signal ended it. */
  async #trainEpoch(): Promise<boolean> {
    const { options, runner, source, rates, interruption } = this.#parts
    const { epoch, batch: from } = this.#position
    this.#clock = performance.now()
    let batch = from
    for await (const taken of take(source.batches(epoch, from), options.accumulate > 1, interruption)) {
      const apply = taken.isLast || (batch + 1) % options.accumulate === 0
      const before = rates.state()
      const result = runner.step({ batch: taken.batch, apply, rates: rates.current })
      // It may fail while the source is waited for. That is told when its turn has come.
      result.catch(() => undefined)
      this.#ordered.push({ batch: batch++, before, result })
      if (apply) rates.stepped()
      while (this.#ordered.length >= runner.depth) await this.#settle(source.length)
      if (this.#isCheckpoint(batch)) {
        while (this.#ordered.length > 0) await this.#settle(source.length)
        if (!interruption.came) await this.save()
      }
    }
    while (this.#ordered.length > 0) await this.#settle(source.length)
    return !interruption.came
  }

  /** Whether the training is to be kept after so many batches of an epoch. */
  #isCheckpoint(batches: number): boolean {
    const every = this.#parts.options.checkpoint?.everyBatches
    return every !== undefined && batches % every === 0
  }

  /** Waits for the step that was ordered first. */
  async #settle(batches: number | undefined): Promise<void> {
    const [first, ...others] = this.#ordered
    if (first === undefined) return
    const { options, runner, rates, batchFirst, observers, onValues } = this.#parts
    const done = await first.result
    if (done === undefined) {
      // It was left out, and so are all after it: the learning rates go back to where it would have begun.
      rates.restore(first.before)
      await Promise.all(others.map(({ result }) => result))
      this.#ordered = []
      return
    }
    this.#ordered = others
    const { epoch } = this.#position
    if (done.nonFinite && options.nonFinite === 'throw') {
      throw nonFiniteError(done.nonFinite, epoch, first.batch, batchFirst)
    }
    const now = performance.now()
    this.#position = advance(this.#position, done, (now - this.#clock) / 1000)
    this.#clock = now
    if (options.syncEvery !== undefined && (first.batch + 1) % options.syncEvery === 0) {
      onValues(await runner.values(), false)
    }
    observers.batch({
      epoch,
      batch: first.batch,
      batches,
      loss: done.loss,
      meanLoss: meanLoss(this.#position.sums),
      lr: first.before.rates[0]?.lr ?? NaN,
      gradNorm: done.gradNorm,
      steps: this.#position.steps,
    })
  }

  /** Validation, and what follows from an epoch's loss; false where the signal came before its end. */
  async #endEpoch(): Promise<boolean> {
    const { options, runner, validation, rates, bestEpoch, observers, onValues } = this.#parts
    const { epoch, sums, steps, skipped } = this.#position
    const { lr } = rates
    const validationLoss = validation && (await this.#validate(validation))
    if (validation && validationLoss === undefined) return false
    const loss = meanLoss(sums)
    const deciding = validationLoss ?? loss
    const isBest = bestEpoch.consider(epoch, deciding)
    onValues(await runner.values(), isBest)
    rates.epochEnded(deciding)
    const record: EpochRecord = {
      epoch,
      loss,
      ...(validationLoss === undefined ? {} : { validation: validationLoss }),
      lr,
      gradNorm: sums.gradNorm / sums.steps,
      steps: sums.steps,
      skipped: sums.skipped,
      seconds: sums.seconds + (performance.now() - this.#clock) / 1000,
    }
    this.history.push(record)
    this.#position = { epoch: epoch + 1, batch: 0, steps, skipped, sums: EMPTY_EPOCH }
    const { everyEpochs = 1 } = options.checkpoint ?? {}
    if (isBest || (epoch + 1) % everyEpochs === 0) await this.save(isBest)
    await observers.epoch(record)
    return true
  }

  /** The mean loss over the validation data; undefined where the signal came before its end. */
  async #validate(validation: BatchSource): Promise<number | undefined> {
    const { runner, interruption } = this.#parts
    const results: Promise<void>[] = []
    let [sum, size] = [0, 0]
    for await (const { batch } of take(validation.batches(0), false, interruption)) {
      const result = runner.evaluate(batch).then((evaluated) => {
        sum += evaluated.loss * evaluated.size
        size += evaluated.size
      })
      results.push(result)
      if (results.length >= runner.depth) await results.shift()
    }
    await Promise.all(results)
    return interruption.came ? undefined : sum / size
  }
}

function meanLoss({ loss, size }: EpochSums): number {
  return loss / size
}

function advance(position: Position, done: StepResult, seconds: number): Position {
  const { sums } = position
  const skipped = done.nonFinite ? 1 : 0
  const stepped = done.stepped ? 1 : 0
  return {
    epoch: position.epoch,
    batch: position.batch + 1,
    steps: position.steps + stepped,
    skipped: position.skipped + skipped,
    sums: {
      loss: sums.loss + (skipped ? 0 : done.loss * done.size),
      size: sums.size + (skipped ? 0 : done.size),
      gradNorm: sums.gradNorm + (stepped ? done.gradNorm : 0),
      steps: sums.steps + stepped,
      skipped: sums.skipped + skipped,
      seconds: sums.seconds + seconds,
    },
  }
}
