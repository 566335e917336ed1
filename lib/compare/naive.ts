/** Forecasts that need no training: the last value, and the value one season ago. */
import type { PartName } from '../data/series.js'
import type { FreeRunTask, Task } from '../data/task.js'
import { ArgumentError } from '../errors.js'
import { statistic } from './statistics.js'
import type { Errors, NaiveResult } from './result.js'

/** The naive forecasts of a task: the last value, and the seasonal one where a period is given. */
export function naiveForecasts(task: Task, period: number | undefined): NaiveResult[] {
  const results = [
    naive(
      'last value',
      task,
      () => task.form.lead,
      (past) => past.length - 1,
    ),
  ]
  if (period === undefined) return results
  const seasonsBack = (ahead: number): number => period * Math.ceil(ahead / period)
  const shortest = Math.min(...task.freeRun.past.map((past) => past.length))
  if (period >= shortest) {
    throw new ArgumentError(
      'compare',
      'period',
      `less than the ${shortest} rows that are known`,
      String(period),
    )
  }
  return [
    ...results,
    naive(
      `seasonal (period ${period})`,
      task,
      seasonsBack,
      (past, ahead) => past.length - 1 + ahead - seasonsBack(ahead),
    ),
  ]
}

/**
 * @param back how many rows before its target a forecast takes its value
 * @param indexInPast which known value stands for the one `ahead` steps after the last known
 */
function naive(
  name: string,
  task: Task,
  back: (horizon: number) => number,
  indexInPast: (past: Float64Array, ahead: number) => number,
): NaiveResult {
  const distance = back(task.form.lead)
  return {
    name,
    errors: {
      train: partErrors(task, 'train', distance),
      validation: partErrors(task, 'validation', distance),
      test: partErrors(task, 'test', distance),
    },
    freeRunRmse: freeRunRmse(task.freeRun, indexInPast),
  }
}

/** Windows whose value one season ago lies before the series begins are left out. */
function partErrors(task: Task, part: PartName, back: number): Errors {
  const windows = task.parts[part]
  let squares = 0
  let absolutes = 0
  let count = 0
  for (let window = 0; window < windows.count; window++) {
    const { start } = windows.place(window)
    for (let step = 0; step < windows.targetSteps; step++) {
      const target = windows.targetRow(window, step)
      if (target - back < (task.continuous ? 0 : start)) continue
      const error = (task.truth[target - back] ?? 0) - (task.truth[target] ?? 0)
      squares += error * error
      absolutes += Math.abs(error)
      count++
    }
  }
  if (count === 0) {
    throw new ArgumentError(
      'compare',
      'period',
      `a period that the ${part} part has a past for`,
      String(back),
    )
  }
  return { rmse: statistic([Math.sqrt(squares / count)]), mae: statistic([absolutes / count]) }
}

function freeRunRmse(
  { past, future }: FreeRunTask,
  indexInPast: (past: Float64Array, ahead: number) => number,
): number {
  let squares = 0
  let count = 0
  for (const [sequence, truth] of future.entries()) {
    const known = past[sequence] ?? truth
    for (const [step, value] of truth.entries()) {
      squares += ((known[indexInPast(known, step + 1)] ?? 0) - value) ** 2
      count++
    }
  }
  return Math.sqrt(squares / count)
}
