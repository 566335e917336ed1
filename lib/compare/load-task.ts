/** Makes the task that settings ask for: a file's series, or the sine. */
import { readCsv } from '../data/csv.js'
import { seriesTask } from '../data/series-task.js'
import { PARTS, splitRows } from '../data/series.js'
import { sineTask } from '../data/sine-task.js'
import { SINE_ROWS } from '../data/sine.js'
import type { Task } from '../data/task.js'
import { seriesOf } from '../data/table-series.js'
import { ArgumentError } from '../errors.js'
import type { Settings } from './options.js'

/**
 * Reads the file and cuts it into parts and windows, or draws the sine's rows.
 *
 * @throws FileError, DataError where the file is not what it must be
 */
export async function loadTask(settings: Settings): Promise<Task> {
  const { file, split, seeds } = settings
  if (file !== undefined) return seriesTask(seriesOf(await readCsv(file), settings), settings)
  const parts = splitRows(SINE_ROWS, split)
  for (const part of PARTS) {
    if (parts[part].to > parts[part].from) continue
    throw new ArgumentError(
      'compare',
      'split',
      `a share of at least one of ${SINE_ROWS} rows for each part`,
      split.join(','),
    )
  }
  return sineTask({ parts, seed: seeds[0] ?? 0 })
}
