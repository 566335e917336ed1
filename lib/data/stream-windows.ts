/**
 * Windows cut from rows as they come, for data that do not fit into memory. A buffer holds the rows of so many windows; when
 * it is full, its windows are shuffled and given out, and the rows that later windows need go on to the next.
 */
import { ArgumentError, DataError } from '../errors.js'
import { describe, requireInteger } from '../shapes.js'
import type { Random } from '../random.js'
import type { Batch, BatchSource } from './batch.js'
import { epochRandom } from './order.js'
import { seriesName } from './read-rows.js'
import { formOf, readSeries } from './readable.js'
import type { RowBlock } from './series.js'
import { Segment } from './stream-segment.js'
import { inputNames } from './window-layout.js'
import type { WindowLayout } from './window-layout.js'
import { gatherBatch, readWindowOptions } from './window-source.js'
import type { WindowOptions, WindowSettings } from './window-source.js'
import { rowsNeeded, Windows } from './windows.js'

/** Options of `streamWindows`. */
export interface StreamWindowOptions extends WindowOptions {
  /** The column that names the series a row belongs to. The rows of one series stand together, in time order. */
  series?: string
  /** The first row that is used, counted over the whole stream; 0 unless told. */
  from?: number
  /** The row behind the last that is used; all unless told. */
  to?: number
  /** Windows that are shuffled among one another, which memory is for; 16,384 unless told. */
  buffer?: number
}

/** A source of windows on a stream. How many batches an epoch has is not known ahead. */
export interface WindowStream extends BatchSource {
  /** Numbers per step, I: the model's input size. */
  readonly inputSize: number
  /** What each of them is, as `holiday+2`. */
  readonly inputNames: readonly string[]
  /** Targets per window, or per step: H times the number of target columns. Row by row, within a row column by column. */
  readonly outputSize: number
  /** What a window holds, every default filled in. */
  readonly layout: WindowLayout
  batches(epoch: number, from?: number): AsyncIterable<Batch>
}

const WHERE = 'streamWindows'

/**
 * Cuts a stream of rows into windows. An epoch's order depends on the seed and the epoch alone, as long as `open` gives the
 * same rows; the first buffer ends at another place in each, so that windows on either side of an end meet another time.
 *
 * @param open called for each epoch: gives the rows from the first on, as `readRows` does
 * @throws ArgumentError where an option is not what it must be; while batches are read, DataError as `windows` throws it
 */
export function streamWindows(
  open: (epoch: number) => AsyncIterable<RowBlock> | Iterable<RowBlock>,
  options: StreamWindowOptions,
): WindowStream {
  if (typeof open !== 'function')
    throw new ArgumentError(WHERE, 'open', 'a function that gives the rows', describe(open))
  if (typeof options !== 'object' || (options as unknown) === null)
    throw new ArgumentError(WHERE, 'options', 'an object', describe(options))
  const { series, from: first = 0, to: end = Number.MAX_SAFE_INTEGER, buffer = 1 << 14, ...others } = options
  const settings = readWindowOptions(WHERE, others)
  const { layout } = settings
  const stream: StreamSettings = {
    ...settings,
    by: series,
    first: requireInteger(WHERE, 'options.from', first, 0, Number.MAX_SAFE_INTEGER),
    end: requireInteger(WHERE, 'options.to', end, 0, Number.MAX_SAFE_INTEGER),
    buffer: requireInteger(WHERE, 'options.buffer', buffer, settings.batching.batchSize),
  }
  return {
    inputSize: inputNames(layout).length,
    inputNames: inputNames(layout),
    outputSize: layout.horizon * layout.target.length,
    layout,
    batches: (epoch, from = 0) => streamBatches(open(epoch), epoch, from, stream),
  }
}

interface StreamSettings extends WindowSettings {
  readonly by: string | undefined
  readonly first: number
  readonly end: number
  readonly buffer: number
}

async function* streamBatches(
  blocks: AsyncIterable<RowBlock> | Iterable<RowBlock>,
  epoch: number,
  from: number,
  settings: StreamSettings,
): AsyncGenerator<Batch, void, void> {
  const { batching, buffer } = settings
  const random = epochRandom(batching.seed, epoch)
  const held = new Buffer(settings)
  let given = 0
  let seen = 0
  let full = batching.shuffle ? Math.ceil((buffer + random.integer(buffer)) / 2) : buffer
  const flush = function* (isEnd: boolean): Generator<Batch, void, void> {
    const { cut, order } = held.take(isEnd, random)
    seen += order.length
    const whole = Math.floor(order.length / batching.batchSize)
    const batches = isEnd && !batching.dropLast ? Math.ceil(order.length / batching.batchSize) : whole
    for (let batch = 0; batch < batches; batch++, given++) {
      if (given >= from) yield gatherBatch(cut, order, batch, settings)
    }
    full = buffer
  }
  for await (const run of runsOf(blocks, settings)) {
    held.add(run)
    if (held.possible >= full) yield* flush(false)
  }
  yield* flush(true)
  if (seen === 0) {
    const needed = rowsNeeded(formOf(settings.layout))
    throw new DataError(`${WHERE}: no window: a window and its targets need ${needed} rows on end`)
  }
}

/** Rows of one series that follow one another within a block. */
export interface Run {
  readonly block: RowBlock
  readonly series: string
  /** The first row within the block, and that behind the last. */
  readonly from: number
  readonly to: number
  /** The number of the first row in the stream. */
  readonly row: number
}

/** Cuts blocks where the series changes and into pieces of a bounded size, within the rows that are used. */
async function* runsOf(
  blocks: AsyncIterable<RowBlock> | Iterable<RowBlock>,
  { by, first, end }: StreamSettings,
): AsyncGenerator<Run, void, void> {
  const name = (block: RowBlock, row: number): string =>
    by === undefined ? '' : seriesName(WHERE, block, by, row)
  let before = 0
  for await (const block of blocks) {
    const last = Math.min(block.rows, end - before)
    for (let from = Math.max(0, first - before); from < last;) {
      const series = name(block, from)
      let to = from + 1
      while (to < last && to - from < MOST_ROWS && (by === undefined || name(block, to) === series)) to++
      yield { block, series, from, to, row: before + from }
      from = to
    }
    before += block.rows
    if (before >= end) return
  }
}

const MOST_ROWS = 4096

/** The rows that windows are cut from now, series by series. */
class Buffer {
  readonly #settings: StreamSettings
  #segments: Segment[] = []

  constructor(settings: StreamSettings) {
    this.#settings = settings
  }

  /** Windows that the rows have room for. */
  get possible(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.possible, 0)
  }

  add(run: Run): void {
    let segment = this.#segments.at(-1)
    if (segment?.series !== run.series) {
      // A series that was too short for a window is over.
      if (segment?.possible === 0) this.#segments.pop()
      segment = new Segment(run, this.#settings.by !== undefined, this.#settings)
      this.#segments.push(segment)
    }
    segment.add(run)
  }

  /** The windows to give out, in their order. What is left over, less than a batch, stays for the next time. */
  take(isEnd: boolean, random: Random): { cut: Windows; order: Int32Array } {
    const { batching, layout } = this.#settings
    const segments = this.#segments
    const read = segments.map((segment) =>
      readSeries(segment.rows(), { where: WHERE, ...this.#settings, before: segment.before }),
    )
    const cut = new Windows(read, formOf(layout), batching.batchFirst)
    const left = isEnd ? 0 : cut.count % batching.batchSize
    const order = Int32Array.from({ length: cut.count - left }, (_, index) => index)
    if (batching.shuffle) random.shuffle(order)
    if (left === 0) {
      const last = segments.at(-1)
      last?.drop(last.nextStart)
      this.#segments = last === undefined ? [] : [last]
    } else {
      const { series, start } = cut.place(order.length)
      this.#segments = segments.slice(series)
      this.#segments[0]?.drop(start)
    }
    return { cut, order }
  }
}
