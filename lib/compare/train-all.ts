/** Trains every cell with every seed, and keeps what each run gave, also where one of them fails. */
import type { Task } from '../data/task.js'
import { GatewiseError } from '../errors.js'
import { DIVERGED, runCell } from './cell-run.js'
import type { CellRun } from './cell-run.js'
import type { ModelForm } from './model.js'
import type { Settings } from './options.js'
import { Progression } from './progress.js'
import type { CompareHooks } from './progress.js'
import type { CellName } from './result.js'
import { label } from './words.js'

/** The runs of each cell, in the order of the seeds. */
export type Runs = ReadonlyMap<CellName, readonly [CellRun, ...CellRun[]]>

/** What there is when the training is over. */
export interface AllRuns {
  readonly runs: Runs
  /** Sentences about trainings that diverged. */
  readonly troubles: readonly string[]
}

/**
 * Trains seed by seed, so that an interruption leaves pairs to compare.
 *
 * @throws GatewiseError where the very first training diverges: the others would too
 */
export async function trainAll(
  { seeds, optimiser, lr, epochs, batch }: Settings,
  task: Task,
  forms: readonly ModelForm[],
  { signal, onProgress }: CompareHooks,
): Promise<AllRuns> {
  const progression = new Progression(seeds.length * forms.length)
  const found = new Map<CellName, CellRun[]>(forms.map(({ cell }) => [cell, []]))
  const troubles: string[] = []
  for (const seed of seeds) {
    for (const form of forms) {
      if (signal?.aborted === true) break
      const { cell } = form
      const plan = { optimiser, lr, epochs, batch, seed }
      try {
        const run = await runCell(form, task, plan, {
          signal,
          onBatch: (place) => onProgress?.(progression.at({ ...place, cell, seed, epochs })),
        })
        if (run !== undefined) found.get(cell)?.push(run)
        if (run?.training.divergedAt !== undefined) troubles.push(trouble(run, run.training.divergedAt))
      } catch (error) {
        const isFirst = [...found.values()].every((runs) => runs.length === 0)
        if (isFirst || !(error instanceof GatewiseError) || error.code !== DIVERGED) throw error
        troubles.push(`The ${label(cell)} with seed ${seed} is left out: it diverged in its first epoch.`)
      }
      progression.next()
    }
  }
  return { runs: new Map([...found].filter(isNotEmpty)), troubles }
}

function trouble({ form, seed }: CellRun, epoch: number): string {
  return `The ${label(form.cell)}’s training with seed ${seed} diverged in epoch ${epoch}; its best epoch before that stands here. Lower --lr.`
}

function isNotEmpty(entry: [CellName, CellRun[]]): entry is [CellName, [CellRun, ...CellRun[]]] {
  return entry[1].length > 0
}
