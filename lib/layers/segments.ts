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

/** A step of fewer rows takes about as long as one of so many: its sums wait for one another. */
const FEW_ROWS = 4

/** How many sequences, the longest ones, take half the time of a pass, or as near to it as whole ones come. */
export function halfOf(segments: readonly Segment[]): number {
  let cost = 0
  for (const { rows, counts } of segments) {
    cost += rows
    // The longest ones alone have such steps, and are sooner as many as take half the time.
    for (const count of counts ?? []) if (count < FEW_ROWS) cost -= FEW_ROWS - count
  }
  const half = cost / 2
  // From the last step on: those that have it and not the one after it are of its length.
  let sequences = 0
  let rows = 0
  for (const { firstStep, steps, batch, counts } of segments.toReversed()) {
    for (let step = steps - 1; step >= 0; step--) {
      const length = firstStep + step + 1
      const count = counts === null ? batch : (counts[step] as number)
      const all = rows + (count - sequences) * length
      if (all >= half) return Math.max(sequences + Math.ceil((half - rows) / length - 0.5), 1)
      rows = all
      sequences = count
    }
  }
  return sequences
}
