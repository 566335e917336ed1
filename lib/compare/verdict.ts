/** The verdict in plain words: which cell serves the data better, how sure that is, and what it costs. */
import type { CellResult, CompareResult, NaiveResult } from './result.js'
import { againstNaive } from './against-naive.js'
import { interval95 } from './statistics.js'
import { count, label, list, lower, number, percent } from './words.js'

/** Everything found, but for the words. */
export type Findings = Omit<CompareResult, 'verdict'>

/** Sentences: the first is the verdict, the others say why and how sure. */
export function verdict(found: Findings): string[] {
  const [first, second] = found.cells
  if (first === undefined) {
    return ['No verdict: the run was interrupted before any cell had finished an epoch.']
  }
  const sentences =
    second === undefined
      ? [onlyOne(found, first), ...againstNaive(found.cells, found.naive)]
      : [
          ...between(first, second),
          ...againstNaive(found.cells, found.naive),
          ...freeRunning(found),
          cost(found, first, second),
          uncertainty(found, first, second),
        ]
  if (found.interrupted)
    sentences.push('The run was interrupted: all of this is from a training that was not done.')
  return sentences
}

function onlyOne(found: Findings, { cell, errors }: CellResult): string {
  const why =
    found.interrupted && String(found.settings.cells).includes(',')
      ? 'the run was interrupted before another cell had finished an epoch'
      : 'no other was asked for'
  return `No verdict between cells: only the ${label(cell)} was trained, as ${why}. Its test error (RMSE) is ${number(errors.test.rmse.mean)}.`
}

/** The seeds that both cells have, as pairs of test errors. */
function pairs(first: CellResult, second: CellResult): (readonly [number, number])[] {
  const others = new Map(second.curves.map(({ seed }, at) => [seed, second.errors.test.rmse.values[at]]))
  return first.curves.flatMap(({ seed }, at) => {
    const [own, other] = [first.errors.test.rmse.values[at], others.get(seed)]
    return own === undefined || other === undefined ? [] : [[own, other] as const]
  })
}

/** The verdict itself, and the numbers that it rests on. */
function between(first: CellResult, second: CellResult): string[] {
  const errors = pairs(first, second)
  if (errors.length === 0) return ['No verdict: there is no seed with which both cells were trained.']
  const meanOf = (side: 0 | 1): number => errors.reduce((sum, pair) => sum + pair[side], 0) / errors.length
  const firstIsBetter = meanOf(0) <= meanOf(1)
  const [better, worse] = firstIsBetter ? [first, second] : [second, first]
  const [best, worst] = firstIsBetter ? ([0, 1] as const) : ([1, 0] as const)
  const name = label(better.cell)
  const seeds = count(errors.length, 'seed')
  const values = `${name} ${number(meanOf(best))}, ${label(worse.cell)} ${number(meanOf(worst))}`
  // Shares of the worse cell's mean error, so that the interval and its middle have one unit.
  const gains = errors.map((pair) => (pair[worst] - pair[best]) / meanOf(worst))
  if (gains.length === 1) {
    return [
      `Undecided: the ${name}’s test error is ${percent(gains[0] ?? 0)} lower, but one seed cannot tell a difference from chance.`,
      `Test RMSE with ${seeds}: ${values}. Run again with --seeds 5 to learn whether that holds.`,
    ]
  }
  const gain = interval95(gains)
  const rests = `Mean test RMSE over ${seeds}: ${values}.`
  if (gain.low > 0) {
    return [
      `The ${name} serves this data better: its test error is ${percent(gain.mean)} lower (95 % interval ${percent(gain.low)} to ${percent(gain.high)}).`,
      rests,
    ]
  }
  return [
    `No difference shown: the ${name}’s test error is ${percent(gain.mean)} lower, with a 95 % interval from ${lower(gain.low)} to ${lower(gain.high)}.`,
    rests,
  ]
}

function freeRunning({ cells, naive, truth }: Findings): string[] {
  const steps = truth.freeRun.x.filter((x) => x >= truth.freeRunFrom).length
  const own = cells.map(({ cell, freeRunRmse }) => `${label(cell)} ${number(freeRunRmse.mean)}`)
  const others = naive
    .filter(
      (forecast): forecast is NaiveResult & { freeRunRmse: number } => forecast.freeRunRmse !== undefined,
    )
    .map(({ name, freeRunRmse }) => `${name} ${number(freeRunRmse)}`)
  if (steps === 0) return []
  return [
    `Left to itself for ${count(steps, 'step')}, each output fed back, the RMSE is: ${[...own, ...others].join(', ')}.`,
  ]
}

function cost({ settings }: Findings, first: CellResult, second: CellResult): string {
  // By steps, not by epochs: an outer step of LBFGS may end early.
  const [faster, slower] =
    first.stepsPerSecond.mean >= second.stepsPerSecond.mean ? [first, second] : [second, first]
  const ratio = faster.stepsPerSecond.mean / slower.stepsPerSecond.mean
  const sizes = [first, second].map(
    ({ cell, parameters, hiddenSize }) =>
      `${label(cell)} ${parameters.toLocaleString('en-US')} (${count(hiddenSize, 'unit')})`,
  )
  const speed =
    ratio < 1.05
      ? 'Both train about equally fast'
      : `The ${label(faster.cell)} trains ${ratio.toFixed(1)} times as fast as the ${label(slower.cell)}`
  const matched =
    settings.match === 'params' ? 'sizes matched by parameters' : 'the same hidden size for both'
  return `${speed}; ${matched}: ${list(sizes)} parameters.`
}

function uncertainty({ data }: Findings, first: CellResult, second: CellResult): string {
  const seeds = pairs(first, second).length
  const chance =
    seeds > 1
      ? `The interval is Student’s t over ${count(seeds, 'seed')}, paired: it covers the chance of initial weights and order of batches`
      : 'Nothing here measures the chance of initial weights and order of batches'
  const rest =
    data.name === 'sine' ? 'other data' : 'other stretches of the series, since all runs share one split'
  return seeds > 1 ? `${chance}, not ${rest}.` : `${chance}, nor ${rest}.`
}
