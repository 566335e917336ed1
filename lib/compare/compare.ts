/** The whole comparison: from options to a result, for every cell and every seed. */
import type { Task } from '../data/task.js'
import { engine } from '../engine.js'
import type { Tensor } from '../tensor.js'
import { cellResult } from './cell-result.js'
import type { CellRun } from './cell-run.js'
import { loadTask } from './load-task.js'
import { matchedHiddenSize, parameterCount } from './match.js'
import type { ModelForm } from './model.js'
import { naiveForecasts } from './naive.js'
import { resolveOptions } from './options.js'
import type { CompareOptions, Settings } from './options.js'
import type { CompareHooks, Start } from './progress.js'
import type { CellName, CompareResult } from './result.js'
import { describeSettings } from './settings.js'
import { median } from './statistics.js'
import { truthOf } from './stretches.js'
import { trainAll } from './train-all.js'
import type { Runs } from './train-all.js'
import { verdict } from './verdict.js'
import { label } from './words.js'

/** Trained weights, and what it takes to use them. */
export interface TrainedModel {
  readonly cell: CellName
  readonly seed: number
  readonly weights: Readonly<Record<string, Tensor>>
  readonly metadata: Readonly<Record<string, string>>
}

/** A result, and the models that it is about. */
export interface Comparison {
  readonly result: CompareResult
  readonly models: readonly TrainedModel[]
}

/**
 * Trains each cell on the same split, seeds, batches and budget, and measures them. On an abort the result holds
 * what there was by then.
 *
 * @throws ArgumentError where an option is not what it must be
 * @throws FileError, DataError where the file is not
 */
export async function compare(
  options: Readonly<Partial<Record<keyof CompareOptions, unknown>>>,
  hooks: CompareHooks = {},
): Promise<Comparison> {
  const settings = resolveOptions(options)
  const task = await loadTask(settings)
  const naive = naiveForecasts(task, settings.period)
  const forms = formsOf(settings, task.features.length)
  hooks.onStart?.(startOf(settings, task, forms))
  const { runs, troubles } = await trainAll(settings, task, forms, hooks)
  const { version, isa, threads } = engine()
  const { parts, form } = task
  const findings = {
    version,
    interrupted: hooks.signal?.aborted === true,
    engine: { isa, threads },
    data: {
      name: task.name,
      target: task.features[0] ?? '',
      features: task.features,
      rows: task.rows,
      parts: { train: parts.train.count, validation: parts.validation.count, test: parts.test.count },
      window: form.window,
      horizon: form.lead,
      time: task.dates,
    },
    settings: { ...describeSettings(settings, task), ...closureSeconds(settings, runs) },
    seeds: settings.seeds,
    cells: Array.from(runs.values(), (ofCell) => cellResult(task, ofCell)),
    naive,
    truth: truthOf(task),
  }
  return {
    result: { ...findings, verdict: [...verdict(findings), ...troubles] },
    models: Array.from(runs.values())
      .flat()
      .map((run) => modelOf(task, run)),
  }
}

function startOf(
  { seeds, epochs }: Settings,
  { name, parts, form }: Task,
  forms: readonly ModelForm[],
): Start {
  return {
    name,
    windows: { train: parts.train.count, validation: parts.validation.count, test: parts.test.count },
    steps: form.window,
    models: forms.map(({ cell, inputSize, hiddenSize, numLayers }) => ({
      cell,
      hiddenSize,
      numLayers,
      parameters: parameterCount(cell, inputSize, hiddenSize, numLayers),
    })),
    seeds: seeds.length,
    epochs,
  }
}

/** The first cell has the hidden size that was asked for; the others follow it by size or by parameters. */
function formsOf({ cells, hidden, layers, match }: Settings, inputSize: number): ModelForm[] {
  const [first = 'gru'] = cells
  const parameters = parameterCount(first, inputSize, hidden, layers)
  return cells.map((cell) => ({
    cell,
    inputSize,
    hiddenSize: match === 'hidden' ? hidden : matchedHiddenSize(cell, parameters, inputSize, layers),
    numLayers: layers,
  }))
}

/** LBFGS's unit of cost: one closure, forward and backward over all rows. */
function closureSeconds({ optimiser }: Settings, runs: Runs): Record<string, number> {
  if (optimiser !== 'lbfgs') return {}
  return Object.fromEntries(
    Array.from(runs, ([cell, ofCell]) => [
      `closureSeconds${label(cell)}`,
      Number(median(ofCell.flatMap(({ training }) => training.closureSeconds)).toPrecision(4)),
    ]),
  )
}

function modelOf(
  { features, form: { window, lead: horizon }, scales: fitted }: Task,
  run: CellRun,
): TrainedModel {
  const { cell, inputSize, hiddenSize, numLayers } = run.form
  const scales = fitted.map(({ offset, factor }) => ({ mean: offset, sd: factor }))
  const facts = { cell, seed: run.seed, inputSize, hiddenSize, numLayers, window, horizon, features, scales }
  const metadata = Object.entries(facts).map(([name, fact]) => [
    name,
    typeof fact === 'string' ? fact : JSON.stringify(fact),
  ])
  return {
    cell,
    seed: run.seed,
    weights: run.weights,
    metadata: Object.fromEntries(metadata) as Record<string, string>,
  }
}
