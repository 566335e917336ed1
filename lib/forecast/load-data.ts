/** Reads the data of a training: series out of the file, cut in time order, scaled as the earlier part is. */
import { basename } from 'node:path'

import { collectSeries, readRows } from '../data/read-rows.js'
import { Scaler } from '../data/scaler.js'
import { rowsOf, splitSeries } from '../data/series.js'
import type { RowBlock, Series } from '../data/series.js'
import { windows } from '../data/window-source.js'
import type { WindowOptions, WindowSource } from '../data/window-source.js'
import { DataError } from '../errors.js'
import type { TrainSettings } from './options.js'

/** What a training learns from. */
export interface TrainData {
  /** The file's name. */
  readonly name: string
  readonly series: number
  readonly rows: number
  readonly scaler: Scaler
  readonly train: WindowSource
  readonly validation: WindowSource | undefined
  /** The validation part itself. */
  readonly held: readonly Series[]
}

/** What is to be read of a file, and which column has which part. */
export interface FileColumns {
  readonly numbers: readonly string[]
  readonly series: string | undefined
  readonly time: string | undefined
}

/** The series of a file. */
export interface FileSeries {
  /** Named for messages: by the file, and by their own name where there are several. */
  readonly list: readonly Series[]
  /** Their own names; empty where a file is one series. */
  readonly names: readonly string[]
  /** Whether the column of times has dates. */
  readonly areDates: boolean
}

/** Reads the series of a file. @throws FileError, DataError where it is not what it must be */
export async function readFileSeries(
  path: string,
  { numbers, series, time }: FileColumns,
): Promise<FileSeries> {
  const rows = readRows(path, {
    numbers: numbers.filter((name) => name !== time),
    texts: series === undefined ? [] : [series],
    times: time === undefined ? [] : [time],
  })
  let areDates = false
  const watched = async function* (): AsyncGenerator<RowBlock, void, void> {
    for await (const block of rows) {
      areDates ||= block.dates !== undefined && block.dates.length > 0
      yield block
    }
  }
  const options = { ...(series === undefined ? {} : { series }), ...(time === undefined ? {} : { time }) }
  const list = await collectSeries(watched(), options)
  const file = basename(path)
  return {
    list: list.map((one) => ({
      ...one,
      name: one.name === undefined ? file : `${file}, series ${one.name}`,
    })),
    names: list.map(({ name = '' }) => name),
    areDates,
  }
}

/**
 * Reads and cuts.
 *
 * @throws FileError, DataError where the file is not what it must be, or a part has no window
 */
export async function loadTrainData(settings: TrainSettings): Promise<TrainData> {
  const { file, target, features, known, static: statics, series, time, validation, batch, seed } = settings
  const numbers = [target, ...features, ...known, ...statics]
  const { list } = await readFileSeries(file, { numbers, series, time })
  const name = basename(file)
  const parts = splitSeries(list, [1 - validation, validation, 0])
  const scaler = Scaler.fit(parts.train, { kind: settings.scaler, columns: numbers })
  const options: WindowOptions = {
    window: settings.window,
    horizon: settings.horizon,
    target,
    past: [target, ...features],
    known,
    statics,
    missing: settings.missing,
    missingIndicators: settings.missingIndicators,
    scaler,
    batchSize: batch,
    seed,
  }
  const cut = (part: Series[], which: string, changes: Partial<WindowOptions> = {}): WindowSource => {
    const longest = part.reduce((most, one) => Math.max(most, rowsOf(one)), 0)
    const needed = settings.window + settings.horizon
    if (longest < needed) {
      const what = list.length === 1 ? 'has' : 'has at most'
      const why = `a window of ${settings.window} with horizon ${settings.horizon} needs ${needed}`
      throw new DataError(`${name}: the ${which} part ${what} ${longest} rows, and ${why}`)
    }
    return windows(part, { ...options, ...changes })
  }
  return {
    name,
    series: list.length,
    rows: list.reduce((sum, one) => sum + rowsOf(one), 0),
    scaler,
    train: cut(parts.train, 'training'),
    validation: validation === 0 ? undefined : cut(parts.validation, 'validation', { shuffle: false }),
    held: parts.validation,
  }
}
