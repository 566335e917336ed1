/** Which stretches of the test part a result shows, and the truth over them. */
import type { Task } from '../data/task.js'
import type { CompareResult, Stretch } from './result.js'

/** No more points than a screen can tell apart. */
const MOST_POINTS = 2000

/** Known steps that are shown before a forecast or a free run. */
const CONTEXT = 250

/** The rows that are forecast and shown: of the first test sequence, or of the series' test part. */
export function forecastTargets({ parts: { test } }: Task): number[] {
  const { everyStep, window } = test.form
  const points = everyStep ? window : test.count
  return Array.from({ length: Math.min(MOST_POINTS, points) }, (_, at) =>
    everyStep ? test.targetRow(0, at) : test.targetRow(at, 0),
  )
}

/** Where the values of the free run stand. */
export function freeRunPositions({ freeRun: { past, positions } }: Task): number[] {
  return Array.from(positions.subarray(past[0]?.length ?? 0))
}

/** The truth over the stretches, with a little of what was known before. */
export function truthOf(task: Task): CompareResult['truth'] {
  const { past, future, positions } = task.freeRun
  const known = past[0]?.length ?? 0
  const values = [...(past[0] ?? []), ...(future[0] ?? [])]
  const shown = Math.min(CONTEXT, known)
  return {
    forecast: forecastTruth(task),
    freeRun: { x: Array.from(positions.subarray(known - shown)), y: values.slice(known - shown) },
    freeRunFrom: positions[known] ?? known,
  }
}

function forecastTruth(task: Task): Stretch {
  const targets = forecastTargets(task)
  const first = targets[0] ?? 0
  const last = targets.at(-1) ?? first
  const begin = task.continuous ? Math.max(0, first - task.form.window) : task.parts.test.place(0).start
  return {
    x: Array.from(task.positions.subarray(begin, last + 1)),
    y: Array.from(task.truth.subarray(begin, last + 1)),
  }
}
