/** A sequence in pieces of some steps, each of which the core runs in one call. */
import type { Prepared } from './recurrent-input.js'
import type { SequenceBatch } from './sequence-batch.js'

/** Rows that inference without an output has in memory at a time. */
const INFER_ROWS = 2048

/** Adjacent steps of all sequences that have them. */
export interface Segment {
  readonly firstStep: number
  readonly steps: number
  /** Sequences that have its first step. */
  readonly batch: number
  /** Rows of each of its steps, or null where all have `batch`. */
  readonly counts: Int32Array | null
  /** Where its rows begin among those of the pass. */
  readonly firstRow: number
  readonly rows: number
}

/** The segments of `every` steps, in the order of time; the last may be shorter. */
function cutIntoSegments(sequence: SequenceBatch, every: number): Segment[] {
  const { activeSteps, batch, counts } = sequence
  const segments: Segment[] = []
  let firstRow = 0
  for (let first = 0; first < activeSteps; first += every) {
    const steps = Math.min(every, activeSteps - first)
    const own = counts?.subarray(first, first + steps) ?? null
    const rows = own === null ? steps * batch : own.reduce((sum, count) => sum + count, 0)
    segments.push({ firstStep: first, steps, batch: own?.[0] ?? batch, counts: own, firstRow, rows })
    firstRow += rows
  }
  return segments
}

/** How a pass is cut: as told, or where nothing of its steps is kept so that they take little memory, or not at all. */
export function segmentsOf({ sequence, outputWanted, checkpointEvery }: Prepared, keep: boolean): Segment[] {
  if (checkpointEvery !== undefined) return cutIntoSegments(sequence, checkpointEvery)
  const whole = keep || outputWanted
  return cutIntoSegments(sequence, whole ? sequence.activeSteps : Math.ceil(INFER_ROWS / sequence.batch))
}
