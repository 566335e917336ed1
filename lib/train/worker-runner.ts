/** Steps in a thread of their own, so that the caller's event loop stays free. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { MessageChannel, Worker, type MessagePort, type Transferable } from 'node:worker_threads'
import { here } from '../native/root.js'
import type { Batch } from '../data/batch.js'
import { EngineError } from '../errors.js'
import { Workspace } from '../memory/workspace.js'
import type { CheckpointParts } from './checkpoint.js'
import type { BatchLoss } from './loss.js'
import {
  CONTROL,
  type LossAnswer,
  type Reply,
  type Request,
  type StepAnswers,
  type WorkerSetup,
} from './messages.js'
import { ratesOf, setRates } from './schedule.js'
import type { Runner, StepOrder } from './runner.js'
import { MOST_ORDERED, StepGroups, type Ordered } from './step-groups.js'
import type { Trainer } from './trainer.js'
import type { Evaluated, StepResult, TrainerState } from './trainer-types.js'
import { buffersOf, copyBatch, packError, unpackError } from './transfer.js'

/** What a runner is made of, but for what both threads share. */
export interface WorkerRunnerParts extends Omit<WorkerSetup, 'losses' | 'control'> {
  /** Whether the thread is to be little ahead of what is told: every step has a message of its own. */
  readonly isStepwise: boolean
}

/** A request that is not yet answered. */
interface Pending {
  /** What the caller's loss is computed with. */
  readonly batch: Batch | undefined
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

const FILE = join(dirname(here), '..', 'train', 'worker.js')

export class WorkerRunner implements Runner {
  readonly #worker: Worker
  readonly #control: Int32Array
  readonly #losses: MessagePort
  readonly #home: Trainer
  readonly #asksForLoss: boolean
  readonly #pending: Pending[] = []
  /** Memory of batches, which the worker hands back: inputs and targets of all groups that may be under way. */
  readonly #spare = new Workspace(2 * MOST_ORDERED)
  readonly #steps: StepGroups<StepResult | undefined>
  /** Resolves when the thread has ended. */
  readonly #ended: Promise<void>
  #failure: Error | undefined

  /**
   * Starts the thread, and waits until it is ready.
   *
   * @param home where its results come to; its loss serves where `parts.loss` is undefined
   * @throws EngineError where that is not possible
   */
  static async start(parts: WorkerRunnerParts, home: Trainer): Promise<WorkerRunner> {
    if (!existsSync(FILE)) throw cannotStart(`there is no ${FILE}`)
    const runner = new WorkerRunner(parts, home)
    try {
      await runner.#expect(undefined)
      return runner
    } catch (error) {
      await runner.#ended
      throw cannotStart((error as Error).message, error)
    }
  }

  private constructor({ isStepwise, ...parts }: WorkerRunnerParts, home: Trainer) {
    const { port1, port2 } = new MessageChannel()
    this.#losses = port1
    this.#home = home
    this.#asksForLoss = parts.loss === undefined
    this.#steps = new StepGroups(isStepwise || this.#asksForLoss, (group) => this.#send(group))
    this.#control = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT))
    const setup: WorkerSetup = { ...parts, losses: port2, control: this.#control }
    // Flags of this process, as --input-type or a loader of sources, are not for a file that is compiled.
    this.#worker = new Worker(FILE, {
      workerData: setup,
      transferList: [port2],
      execArgv: [],
      name: 'gatewise',
    })
    this.#worker.on('message', (reply: Reply) => this.#take(reply))
    this.#worker.on('error', (error) => this.#fail(error))
    this.#ended = new Promise((resolve) => {
      this.#worker.once('exit', () => {
        this.#fail(new EngineError('fit: the thread that trains has ended'))
        resolve()
      })
    })
  }

  get depth(): number {
    return this.#steps.depth
  }

  step({ batch, apply, rates }: StepOrder): Promise<StepResult | undefined> {
    return new Promise((resolve, reject) => {
      this.#steps.add({ order: { batch: copyBatch(batch, this.#spare), apply, rates }, resolve, reject })
    })
  }

  evaluate(batch: Batch): Promise<Evaluated> {
    const copy = copyBatch(batch, this.#spare)
    const kept = this.#keep(copy)
    return this.#ask({ kind: 'evaluate', batch: copy }, buffersOf(copy), kept)
  }

  values(): Promise<readonly Float32Array[]> {
    return this.#ask({ kind: 'values' })
  }

  state(): Promise<TrainerState> {
    return this.#ask({ kind: 'state' })
  }

  save(paths: readonly string[], parts: CheckpointParts): Promise<void> {
    return this.#ask({ kind: 'save', paths, parts })
  }

  stop(): void {
    Atomics.store(this.#control, CONTROL.stopped, 1)
  }

  async finish(): Promise<void> {
    try {
      const state = await this.state()
      // The rates of the next step are known here: the schedule, which sets them, has stayed.
      const rates = ratesOf(this.#home.optimizer)
      this.#home.restore(state)
      setRates(this.#home.optimizer, rates)
      this.#worker.postMessage({ kind: 'close' } satisfies Request)
    } finally {
      if (this.#failure) void this.#worker.terminate()
      await this.#ended
      this.#losses.close()
    }
  }

  /** A copy of what the caller's loss takes beside the prediction. */
  #keep(batch: Batch): Batch | undefined {
    return this.#asksForLoss ? copyBatch(batch, this.#spare) : undefined
  }

  #send(group: readonly Ordered<StepResult | undefined>[]): void {
    const orders = group.map(({ order }) => order)
    const batches = orders.map(({ batch }) => batch)
    // Where the loss is asked for, a group is one step.
    const kept = batches[0] && this.#keep(batches[0])
    this.#expect<StepAnswers>(kept).then(
      ({ answers, milliseconds, spent }) => {
        this.#spare.giveAll(spent.map((buffer) => new Float32Array(buffer)))
        this.#steps.answered(group.length, milliseconds)
        for (const [index, { resolve, reject }] of group.entries()) {
          const answer = answers[index]
          if (answer && 'error' in answer) reject(unpackError(answer.error))
          else resolve(answer)
        }
      },
      (error: unknown) => group.forEach(({ reject }) => reject(error as Error)),
    )
    this.#worker.postMessage({ kind: 'steps', orders } satisfies Request, batches.flatMap(buffersOf))
  }

  #ask<T>(request: Request, transfer: readonly Transferable[] = [], batch?: Batch): Promise<T> {
    this.#steps.flush()
    const answer = this.#expect<T>(batch)
    this.#worker.postMessage(request, transfer)
    return answer
  }

  #expect<T>(batch: Batch | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#failure) reject(this.#failure)
      else this.#pending.push({ batch, resolve: (value) => resolve(value as T), reject })
    })
  }

  #take(reply: Reply): void {
    if ('prediction' in reply) {
      this.#answerLoss(() => this.#home.loss(reply.prediction, this.#pending[0]?.batch as Batch))
      return
    }
    const pending = this.#pending.shift()
    if ('error' in reply) pending?.reject(unpackError(reply.error))
    else pending?.resolve(reply.value)
  }

  #answerLoss(compute: () => BatchLoss): void {
    let answer: LossAnswer
    try {
      const { loss, grad } = compute()
      answer = { loss, grad }
    } catch (error) {
      answer = { error: packError(error) }
    }
    this.#losses.postMessage(answer)
    Atomics.add(this.#control, CONTROL.answers, 1)
    Atomics.notify(this.#control, CONTROL.answers)
  }

  #fail(error: Error): void {
    this.#failure ??= error
    for (const { reject } of this.#pending.splice(0)) reject(error)
  }
}

function cannotStart(reason: string, cause?: unknown): EngineError {
  return new EngineError(
    `fit: cannot start a thread to train in: ${reason}. With thread: 'caller' it trains in this one`,
    { cause },
  )
}
