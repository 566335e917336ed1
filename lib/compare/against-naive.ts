/** Whether the cells are worth their training: their test errors against that of the better naive forecast. */
import type { CellResult, NaiveResult } from './result.js'
import { interval95 } from './statistics.js'
import { label, number, percent } from './words.js'

type Standing = 'beats' | 'even' | 'loses'

/** How a sentence reads of one cell, and of two that stand alike. */
const SENTENCES: Readonly<
  Record<Standing, { one(name: string, forecast: string): string; two(forecast: string): string }>
> = {
  beats: {
    one: (name, forecast) => `The ${name} beats ${forecast}`,
    two: (forecast) => `Both cells beat ${forecast}`,
  },
  even: {
    one: (name, forecast) => `The ${name} cannot be told apart from ${forecast}`,
    two: (forecast) => `Neither cell can be told apart from ${forecast}`,
  },
  loses: {
    one: (name, forecast) => `The ${name} does not beat ${forecast}, which needs no training`,
    two: (forecast) => `Neither cell beats ${forecast}, which needs no training`,
  },
}

/** One sentence for each standing that a cell has. */
export function againstNaive(cells: readonly CellResult[], naive: readonly NaiveResult[]): string[] {
  const [best] = [...naive].sort((a, b) => a.errors.test.rmse.mean - b.errors.test.rmse.mean)
  if (best === undefined) return []
  const error = best.errors.test.rmse.mean
  const which = naive.length > 1 ? 'the better naive forecast' : 'the naive forecast'
  const forecast = `${which} (${best.name}, RMSE ${number(error)})`
  return (['beats', 'even', 'loses'] as const).flatMap((standing) => {
    const alike = cells.filter(({ errors }) => standingOf(errors.test.rmse.values, error) === standing)
    const [first] = alike
    if (first === undefined) return []
    const words = SENTENCES[standing]
    const sentence = alike.length === 1 ? words.one(label(first.cell), forecast) : words.two(forecast)
    const gains = alike.map(({ cell, errors }) => {
      const by = `by ${percent((error - errors.test.rmse.mean) / error)}`
      return alike.length === 1 ? by : `the ${label(cell)} ${by}`
    })
    return [standing === 'beats' ? `${sentence}: ${gains.join(', ')}.` : `${sentence}.`]
  })
}

/** Beyond doubt only where the interval over the seeds leaves the error out; one seed is taken at its word. */
function standingOf(values: readonly number[], error: number): Standing {
  const differences = values.map((value) => value - error)
  const [only = 0] = differences
  if (differences.length === 1) return only < 0 ? 'beats' : 'loses'
  const { low, high } = interval95(differences)
  return high < 0 ? 'beats' : low > 0 ? 'loses' : 'even'
}
