/** The loss of a batch: one of this package's functions with its options, or the caller's own. */
import type { Batch } from '../data/batch.js'
import { ArgumentError } from '../errors.js'
import * as losses from '../losses.js'
import { describe, isFloat32Array, requireTensor } from '../shapes.js'
import type { Tensor } from '../tensor.js'

/** What a loss of a whole batch gives. */
export interface BatchLoss {
  /** Of the batch; an epoch's loss is the mean of these, each weighted by its sequences. */
  readonly loss: number
  /** The loss's gradient with respect to the prediction, of its shape. */
  readonly grad: Tensor
}

/**
 * A loss function: one of this package's, or one's own.
 *
 * @param prediction [T, B, O] as the model gives it, or [B, O] where only the last step counts
 * @param target as the batch has it
 * @param options `lossOptions`, with `lengths` and `batchFirst` where the batch has lengths
 */
export type Loss = (prediction: Tensor, target: never, options: never) => BatchLoss

/** The loss of a prediction for a batch. */
export type LossOfBatch = (prediction: Tensor, batch: Batch) => BatchLoss

/** This package's losses by name: what another thread can be told of a loss. */
const BUILT_IN = new Map<unknown, string>(
  Object.entries(losses)
    .filter(([name]) => name.endsWith('Loss'))
    .map(([name, loss]) => [loss, name]),
)

/** The name of a loss of this package's; undefined for any other. */
export function nameOfLoss(loss: Loss): string | undefined {
  return BUILT_IN.get(loss)
}

/** The loss of that name. */
export function lossNamed(name: string): Loss {
  for (const [loss, known] of BUILT_IN) if (known === name) return loss as Loss
  throw new ArgumentError(
    'fit',
    'options.loss',
    `one of ${[...BUILT_IN.values()].join(', ')}`,
    describe(name),
  )
}

/** How a loss is computed. */
export interface LossForm {
  readonly loss: Loss
  /** Its own options. */
  readonly options: object | undefined
  readonly batchFirst: boolean
  /** Whether it sees each sequence's last step only. */
  readonly lastStep: boolean
}

/** Makes the loss of a batch from a loss function and its options. */
export function lossOfBatch({ loss, options, batchFirst, lastStep }: LossForm): LossOfBatch {
  const call = loss as (prediction: Tensor, target: unknown, options?: object) => unknown
  const isOwn = nameOfLoss(loss) !== undefined
  // A model's classes are its last axis.
  const defaults = loss === losses.crossEntropyLoss ? { classesLast: true } : {}
  return (prediction, { target, lengths }) => {
    const ends = lengths === undefined || (isOwn && lastStep) ? {} : { lengths, batchFirst }
    const seen = isOwn ? apart(prediction, target) : prediction
    const result = call(seen, target, { ...defaults, ...options, ...ends }) as
      Partial<BatchLoss> | null | undefined
    const value = result?.loss
    if (typeof value !== 'number') {
      const expected = 'an object with loss, a number, and grad'
      throw new ArgumentError('fit', 'the result of loss', expected, describe(result))
    }
    const { data } = requireTensor('fit', 'grad of loss', result?.grad, seen.shape)
    return { loss: value, grad: { data, shape: prediction.shape } }
  }
}

/**
 * A linear layer gives several numbers for each target, as its quantiles, side by side: [..., O·k]. This is the same as
 * [..., O, k], the form that the losses of this package take.
 */
function apart(prediction: Tensor, target: Batch['target']): Tensor {
  if (!('data' in target) || !isFloat32Array(target.data)) return prediction
  const each = prediction.data.length / target.data.length
  const isSplit = prediction.shape.length === target.shape.length && Number.isInteger(each) && each > 1
  return isSplit ? { data: prediction.data, shape: [...target.shape, each] } : prediction
}
