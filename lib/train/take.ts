/** Goes through batches one by one, and leaves off when a signal comes. */
import type { Batch } from '../data/batch.js'
import type { Interruption } from './interruption.js'
import type { Batches } from './sources.js'

/** A batch, and whether it is known that none follows it. */
export interface Taken {
  readonly batch: Batch
  readonly isLast: boolean
}

/** @param lookAhead whether to wait for the batch after each, so as to know the last one */
export async function* take(
  batches: Batches,
  lookAhead: boolean,
  interruption: Interruption,
): AsyncGenerator<Taken, void, void> {
  const iterator =
    Symbol.asyncIterator in batches ? batches[Symbol.asyncIterator]() : batches[Symbol.iterator]()
  const next = async (): Promise<Batch | undefined> => {
    const coming = iterator.next()
    const result = 'then' in coming ? await interruption.before(coming) : coming
    return interruption.came || result === undefined || result.done === true ? undefined : result.value
  }
  try {
    let batch = await next()
    while (batch !== undefined) {
      const following = lookAhead ? await next() : undefined
      yield { batch, isLast: lookAhead && following === undefined }
      batch = lookAhead ? following : await next()
    }
  } finally {
    // Not awaited: a source that waits for its data ends when they come, when nobody waits for it any more.
    Promise.resolve(iterator.return?.()).catch(() => undefined)
  }
}
