/** What `fit` is fed with, in any of its forms, as one: a source of batches by epoch. */
import type { Batch, BatchSource } from '../data/batch.js'
import { ArgumentError, DataError } from '../errors.js'
import { describe } from '../shapes.js'
import { TensorBatches, type Cut, type TensorData } from './tensor-batches.js'

/** Batches of one epoch. */
export type Batches = Iterable<Batch> | AsyncIterable<Batch>

/**
 * What `fit` takes as data: tensors in memory, which it cuts into batches; a source of batches; batches, where they can be
 * gone through anew for each epoch; or a function that gives an epoch's, counted from 0.
 */
export type FitData = TensorData | BatchSource | Batches | ((epoch: number) => Batches)

/**
 * Makes a source of any data.
 *
 * @throws ArgumentError where it is none of the known forms
 */
export function sourceOf(where: string, argument: string, data: FitData, cut: Cut): BatchSource {
  if (typeof data === 'function') return new FunctionSource(argument, data)
  if (typeof data === 'object' && (data as unknown) !== null) {
    if ('batches' in data && typeof data.batches === 'function') return data
    if (Symbol.asyncIterator in data || Symbol.iterator in data)
      return new FunctionSource(argument, () => data)
    if ('input' in data && 'target' in data) return new TensorBatches(where, argument, data, cut)
  }
  const expected = 'tensors { input, target }, a source of batches, an iterable of them, or a function'
  throw new ArgumentError(where, argument, expected, describe(data))
}

/** Batches by a function of the epoch. */
class FunctionSource implements BatchSource {
  constructor(
    private readonly argument: string,
    private readonly make: (epoch: number) => Batches,
  ) {}

  async *batches(epoch: number, from = 0): AsyncGenerator<Batch> {
    let index = 0
    for await (const batch of this.make(epoch)) {
      if (index++ >= from) yield batch
    }
    if (index === 0 && epoch > 0) {
      throw new DataError(
        `fit: ${this.argument}: no batches in epoch ${epoch}; what can be gone through once only, as a generator, is handed over as a function that makes it`,
      )
    }
  }
}
