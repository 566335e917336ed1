/** Small stand-ins that several tests of the comparison share. */
import type { Differentiable } from '../lib/compare/epochs'
import type { Predictor } from '../lib/compare/evaluate'
import type { CellName, CellResult, CompareResult, Errors, NaiveResult } from '../lib/compare/result'
import { statistic } from '../lib/compare/statistics'
import { seriesTask } from '../lib/data/series-task'
import type { Task } from '../lib/data/task'
import type { WindowBatch } from '../lib/data/windows'
import type { Parameter } from '../lib/layers/parameter'
import { Random } from '../lib/random'
import { zeros } from '../lib/tensor'
import type { Tensor } from '../lib/tensor'

/** A task on a series of so many rows, in one column or two. */
export function smallTask(columns: readonly (readonly number[])[], window = 3, horizon = 1): Task {
  const rows = columns[0]?.length ?? 0
  return seriesTask(
    {
      name: 'a.csv',
      features: columns.map((_, index) => `c${index}`),
      columns: columns.map((column) => Float64Array.from(column)),
      rows,
      positions: Float64Array.from({ length: rows }, (_, row) => row),
      dates: false,
      lines: Array.from({ length: rows }, (_, row) => row + 2),
    },
    { window, horizon, split: [0.6, 0.2, 0.2] },
  )
}

/** A wave with some noise. */
export function noisyWave(rows: number, seed = 1): number[] {
  const random = new Random(seed)
  return Array.from({ length: rows }, (_, row) => 10 + 3 * Math.sin(row / 4) + random.uniform())
}

/** ŷ = a·(last input) + b, with the gradient by hand: trains like a network, in a few numbers. */
export class LineModel implements Differentiable, Predictor {
  readonly seen: number[][] = []
  readonly #a: Parameter = { name: 'a', value: zeros([1]), grad: zeros([1]) }
  readonly #b: Parameter = { name: 'b', value: zeros([1]), grad: zeros([1]) }

  parameters(): Parameter[] {
    return [this.#a, this.#b]
  }

  values(): number[] {
    return this.parameters().map(({ value }) => value.data[0] ?? Number.NaN)
  }

  predict(inputs: Tensor): Tensor {
    const last = lastInputs(inputs)
    const [a = 0, b = 0] = this.values()
    return { data: last.map((x) => a * x + b), shape: [last.length, 1] }
  }

  addGradients({ inputs, targets }: WindowBatch): number {
    this.seen.push(Array.from(targets.data))
    const last = lastInputs(inputs)
    const errors = this.predict(inputs).data.map((value, at) => value - (targets.data[at] ?? 0))
    for (const [at, error] of errors.entries()) {
      this.#a.grad.data[0] = (this.#a.grad.data[0] ?? 0) + (2 * error * (last[at] ?? 0)) / last.length
      this.#b.grad.data[0] = (this.#b.grad.data[0] ?? 0) + (2 * error) / last.length
    }
    return errors.reduce((sum, error) => sum + error * error, 0) / errors.length
  }
}

function lastInputs({ data, shape }: Tensor): Float32Array {
  const [steps = 0, batch = 0, features = 0] = shape
  return Float32Array.from({ length: batch }, (_, b) => data[((steps - 1) * batch + b) * features] ?? 0)
}

const same = (values: readonly number[]): Errors => ({ rmse: statistic(values), mae: statistic(values) })

/** A cell's result with the given test errors, one per seed. */
export function cellWith(
  cell: CellName,
  testRmse: readonly number[],
  changes: Partial<CellResult> = {},
): CellResult {
  const ones = statistic(testRmse.map(() => 1))
  return {
    cell,
    hiddenSize: 8,
    numLayers: 1,
    parameters: cell === 'gru' ? 300 : 400,
    errors: { train: same(testRmse), validation: same(testRmse), test: same(testRmse) },
    curves: testRmse.map((_, seed) => ({ seed, train: [], validation: [], seconds: [] })),
    secondsPerEpoch: ones,
    stepsPerSecond: ones,
    epochsToBest: ones,
    gradientFalloff: { lags: [0, 1], norms: [1, 0.5] },
    forecast: { x: [], y: [] },
    freeRun: { x: [], y: [] },
    freeRunRmse: ones,
    ...changes,
  }
}

/** A naive forecast with the given test error. */
export function naiveWith(name: string, testRmse: number, freeRunRmse = 2): NaiveResult {
  const errors = same([testRmse])
  return { name, errors: { train: errors, validation: errors, test: errors }, freeRunRmse }
}

/** Findings around some cells, for the verdict and the table. */
export function findingsWith(
  cells: readonly CellResult[],
  naive: readonly NaiveResult[] = [naiveWith('last value', 5)],
  changes: Partial<CompareResult> = {},
): CompareResult {
  return {
    version: '0.0.0',
    interrupted: false,
    engine: { isa: 'scalar', threads: 2 },
    data: {
      name: 'a.csv',
      target: 'y',
      features: ['y'],
      rows: 100,
      parts: { train: 60, validation: 20, test: 20 },
      window: 3,
      horizon: 1,
      time: false,
    },
    settings: { match: 'hidden' },
    seeds: [0],
    cells,
    naive,
    truth: { forecast: { x: [], y: [] }, freeRun: { x: [8, 9, 10, 11], y: [0, 0, 0, 0] }, freeRunFrom: 9 },
    verdict: [],
    ...changes,
  }
}
