/** Puts the runs of one cell, one per seed, together to what the result says of it. */
import type { Task } from '../data/task.js'
import type { PartName } from '../data/series.js'
import type { CellRun } from './cell-run.js'
import { halfLife } from './gradient-falloff.js'
import type { CellResult, Errors, GradientFalloff, Stretch } from './result.js'
import { statistic } from './statistics.js'
import { forecastTargets, freeRunPositions } from './stretches.js'

/** The result of a cell from its runs, in the order of the seeds; at least one. */
export function cellResult(task: Task, [first, ...others]: readonly [CellRun, ...CellRun[]]): CellResult {
  const runs = [first, ...others]
  const over = (value: (run: CellRun) => number) => statistic(runs.map(value))
  const errorsOf = (part: PartName): Errors => ({
    rmse: over(({ errors }) => errors[part].rmse),
    mae: over(({ errors }) => errors[part].mae),
  })
  return {
    cell: first.form.cell,
    hiddenSize: first.form.hiddenSize,
    numLayers: first.form.numLayers,
    parameters: first.parameters,
    errors: { train: errorsOf('train'), validation: errorsOf('validation'), test: errorsOf('test') },
    curves: runs.map(({ seed, training: { train, validation, seconds } }) => ({
      seed,
      train,
      validation,
      seconds,
    })),
    secondsPerEpoch: over(({ training }) => sum(training.epochSeconds) / training.epochSeconds.length),
    stepsPerSecond: over(({ training }) => training.steps / sum(training.epochSeconds)),
    epochsToBest: over(({ training }) => training.bestEpoch),
    gradientFalloff: falloffOver(runs),
    forecast: forecastOf(task, first),
    freeRun: { x: freeRunPositions(task), y: first.freeRun },
    freeRunRmse: over(({ freeRunRmse }) => freeRunRmse),
  }
}

function falloffOver(runs: readonly CellRun[]): GradientFalloff {
  const lags = Array.from({ length: runs[0]?.gradientNorms.length ?? 0 }, (_, lag) => lag)
  const norms = lags.map((lag) =>
    Math.exp(sum(runs.map(({ gradientNorms }) => Math.log(gradientNorms[lag] ?? 0))) / runs.length),
  )
  const half = halfLife(norms)
  return half === undefined ? { lags, norms } : { lags, norms, halfLife: half }
}

function forecastOf(task: Task, { forecasts }: CellRun): Stretch {
  const targets = forecastTargets(task)
  return {
    x: targets.map((row) => task.positions[row] ?? row),
    y: targets.map((_, at) => forecasts[at] ?? Number.NaN),
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
