/** What the caller's thread and the worker's say to each other. Requests are answered in their order. */
import type { MessagePort } from 'node:worker_threads'
import type { Batch } from '../data/batch.js'
import type { ModelDefinition } from '../layers/make-model.js'
import type { Tensor } from '../tensor.js'
import type { CheckpointParts } from './checkpoint.js'
import type { BatchLoss, LossForm } from './loss.js'
import type { OptimizerDefinition } from './optimizer.js'
import type { StepOrder } from './runner.js'
import type { StepResult, TrainerOptions, TrainerState } from './trainer-types.js'
import type { PackedError } from './transfer.js'

/** What a worker begins with. */
export interface WorkerSetup {
  readonly model: ModelDefinition
  readonly values: Record<string, Tensor>
  readonly optimizer: OptimizerDefinition
  readonly state: TrainerState
  readonly options: TrainerOptions
  /** A loss of this package with its options; undefined for one that is computed in the caller's thread. */
  readonly loss: ({ readonly name: string } & Omit<LossForm, 'loss'>) | undefined
  /** Over which the caller answers with its loss. */
  readonly losses: MessagePort
  /** The numbers of `CONTROL`. */
  readonly control: Int32Array
  /** Whether nothing is done any more once something was not finite. */
  readonly halts: boolean
  /** Of the core. */
  readonly threads: number
}

/** What both threads see at once. */
export const CONTROL = {
  /** 1 where no step is to begin any more. */
  stopped: 0,
  /** How many losses the caller has answered with. */
  answers: 1,
} as const

export type Request =
  | { readonly kind: 'steps'; readonly orders: readonly StepOrder[] }
  | { readonly kind: 'evaluate'; readonly batch: Batch }
  | { readonly kind: 'save'; readonly paths: readonly string[]; readonly parts: CheckpointParts }
  | { readonly kind: 'values' | 'state' | 'close' }

/** Of one step; undefined where it was left out. */
export type StepAnswer = StepResult | { readonly error: PackedError } | undefined

/** Of the steps of one request. */
export interface StepAnswers {
  readonly answers: readonly StepAnswer[]
  /** What they took altogether. */
  readonly milliseconds: number
  /** The memory of their batches. */
  readonly spent: readonly ArrayBuffer[]
}

/** An answer, an error, or the prediction of the batch of the request that is being answered, whose loss is asked for. */
export type Reply =
  { readonly value: unknown } | { readonly error: PackedError } | { readonly prediction: Tensor }

/** The caller's loss. */
export type LossAnswer = BatchLoss | { readonly error: PackedError }
