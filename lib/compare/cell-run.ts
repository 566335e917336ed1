/** One cell with one seed: trains it, and measures everything that the result says of it. */
import { denormalise } from '../data/scaler.js'
import type { Task } from '../data/task.js'
import { PARTS } from '../data/series.js'
import type { PartName } from '../data/series.js'
import type { Windows } from '../data/windows.js'
import { GatewiseError } from '../errors.js'
import type { Tensor } from '../tensor.js'
import { Evaluation } from './evaluate.js'
import type { PartError } from './evaluate.js'
import { freeRun } from './free-run.js'
import { gradientFalloff } from './gradient-falloff.js'
import { ForecastModel } from './model.js'
import type { ModelForm } from './model.js'
import { train } from './train.js'
import type { Training, TrainingHooks, TrainingPlan } from './train.js'
import { label } from './words.js'

/** What one training gave. */
export interface CellRun {
  readonly form: ModelForm
  readonly parameters: number
  readonly seed: number
  readonly training: Training
  readonly errors: Readonly<Record<PartName, PartError>>
  /** Forecasts of the test part, as `Evaluation.forecasts` gives them. */
  readonly forecasts: Float64Array
  /** Free running on the first test sequence, in the target's units. */
  readonly freeRun: readonly number[]
  /** Over all test sequences. */
  readonly freeRunRmse: number
  /** By lag, relative to lag 0. */
  readonly gradientNorms: readonly number[]
  readonly weights: Readonly<Record<string, Tensor>>
}

/** The code of the error of a training without one finite epoch. */
export const DIVERGED = 'ERR_GATEWISE_DIVERGED'

/** The fall-off of the gradient is a mean over so many test windows. */
const GRADIENT_WINDOWS = 16

/**
 * Trains a cell and measures it.
 *
 * @returns undefined where it was interrupted before one epoch was finished
 * @throws GatewiseError where it diverged before one epoch was finished
 */
export async function runCell(
  form: ModelForm,
  task: Task,
  plan: TrainingPlan,
  hooks: TrainingHooks,
): Promise<CellRun | undefined> {
  const model = new ForecastModel(form, plan.seed)
  const training = await train(model, task, plan, hooks)
  if (training.divergedAt !== undefined && training.bestEpoch === 0) {
    const name = label(form.cell)
    throw new GatewiseError(
      DIVERGED,
      `compare: the ${name}’s loss is no finite number in the first epoch (seed ${plan.seed}): lower --lr, now ${plan.lr}`,
    )
  }
  if (training.bestEpoch === 0) return undefined
  const [trainError, validationError, testError] = PARTS.map((part) =>
    new Evaluation(task.parts[part]).errors(model, task.scale),
  ) as [PartError, PartError, PartError]
  const { values, rmse } = runFree(model, task)
  return {
    form,
    parameters: model.size,
    seed: plan.seed,
    training,
    errors: { train: trainError, validation: validationError, test: testError },
    forecasts: new Evaluation(task.parts.test).forecasts(model, task.scale),
    freeRun: values,
    freeRunRmse: rmse,
    gradientNorms: gradientFalloff(model, someWindows(task.parts.test, GRADIENT_WINDOWS)),
    weights: model.stateDict(),
  }
}

function runFree(model: ForecastModel, { freeRun: { context, future }, form, scale }: Task) {
  const sequences = future.length
  const steps = future[0]?.length ?? 0
  const outputs = freeRun(model, context, steps, form.lead)
  let squares = 0
  for (const [at, output] of outputs.entries()) {
    const truth = future[at % sequences]?.[Math.floor(at / sequences)] ?? 0
    squares += (denormalise(output, scale) - truth) ** 2
  }
  const first = outputs.filter((_, at) => at % sequences === 0)
  return {
    values: Array.from(first, (output) => denormalise(output, scale)),
    rmse: Math.sqrt(squares / outputs.length),
  }
}

/** The inputs of up to `most` windows, evenly spread. */
function someWindows(windows: Windows, most: number): Tensor {
  const taken = Math.min(most, windows.count)
  const order = Int32Array.from({ length: taken }, (_, index) => Math.floor((index * windows.count) / taken))
  const batch = windows.batch(taken)
  windows.fill(batch, order, 0)
  return batch.inputs
}
