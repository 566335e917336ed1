/** A comparison as `compare` would find it, made up from a seed: what the tests of the report draw. */

import type {
  CellName,
  CellResult,
  CompareResult,
  Errors,
  NaiveResult,
  Statistic,
  Stretch,
} from '../lib/compare/result.js'

/** What to make up. */
export interface FixtureOptions {
  readonly seeds?: number
  readonly epochs?: number
  readonly cells?: readonly CellName[]
  /** Points of the test part's forecast. */
  readonly points?: number
  readonly time?: boolean
}

/** A seeded generator of numbers from 0 to 1 (mulberry32's recurrence). */
export function generator(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

/** Mean, sample standard deviation and the values themselves. */
export function statistic(values: readonly number[]): Statistic {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return { mean, sd: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : 0, values }
}

/** A statistic of nothing. */
export const NOTHING: Statistic = { mean: NaN, sd: NaN, values: [] }

const QUALITY: Readonly<Record<CellName, { floor: number; rate: number; memory: number; cost: number }>> = {
  gru: { floor: 0.19, rate: 9, memory: 11, cost: 0.412 },
  lstm: { floor: 0.205, rate: 13, memory: 21, cost: 0.534 },
}

const DAY = 86_400_000
const START = Date.UTC(2015, 4, 27)

function temperature(row: number, random: () => number): number {
  return 16 - 9 * Math.cos((2 * Math.PI * (row + 120)) / 365) + 4.5 * (random() + random() - 1)
}

function errors(base: number, seeds: number, random: () => number): Errors {
  const values = (scale: number): Statistic =>
    statistic(Array.from({ length: seeds }, () => base * scale * (1 + 0.05 * (random() - 0.5))))
  return { rmse: values(1), mae: values(0.78) }
}

function followed(truth: Stretch, spread: number, random: () => number): Stretch {
  const y = truth.y.map(
    (value, index) => 0.35 * value + 0.65 * (truth.y[index - 1] ?? value) + spread * (random() - 0.5),
  )
  return { x: truth.x, y }
}

function makeCell(
  cell: CellName,
  options: Required<FixtureOptions>,
  truth: Stretch,
  future: Stretch,
): CellResult {
  const random = generator(cell === 'gru' ? 11 : 12)
  const { floor, rate, memory, cost } = QUALITY[cell]
  const curves = Array.from({ length: options.seeds }, (_, seed) => {
    const jitter = 1 + 0.15 * (random() - 0.5)
    const loss = (epoch: number, overfit: number): number =>
      (floor + 0.8 * Math.exp(-epoch / (rate * jitter)) + overfit * epoch * 0.0006) *
      jitter *
      (1 + 0.05 * random())
    const epochs = Array.from({ length: options.epochs }, (_, epoch) => epoch)
    return {
      seed,
      train: epochs.map((epoch) => loss(epoch, -1)),
      validation: epochs.map((epoch) => 1.12 * loss(epoch, 1)),
      seconds: epochs.map((epoch) => cost * (epoch + 1)),
    }
  })
  const lags = Array.from({ length: 61 }, (_, lag) => lag)
  const perSeed = (base: number): Statistic =>
    statistic(Array.from({ length: options.seeds }, () => base * (1 + 0.04 * (random() - 0.5))))
  const drift = cell === 'gru' ? 0.012 : -0.016
  return {
    cell,
    hiddenSize: cell === 'gru' ? 37 : 32,
    numLayers: 1,
    parameters: cell === 'gru' ? 4848 : 4897,
    errors: {
      train: errors(2.52 + floor, options.seeds, random),
      validation: errors(2.61 + floor, options.seeds, random),
      test: errors(2.58 + floor, options.seeds, random),
    },
    curves,
    secondsPerEpoch: perSeed(cost),
    stepsPerSecond: perSeed(57_600 / cost),
    epochsToBest: statistic(
      Array.from({ length: options.seeds }, () => Math.round(20 + rate + 6 * random())),
    ),
    gradientFalloff: {
      lags,
      norms: lags.map(
        (lag) => Math.exp((-lag * Math.LN2) / memory) * (lag === 0 ? 1 : 0.92 + 0.16 * random()),
      ),
      halfLife: memory,
    },
    forecast: followed(truth, 2.2, random),
    freeRun: {
      x: future.x.slice(30),
      y: future.x.slice(30).map((_, step) => {
        const fade = Math.exp(-step / 60)
        return fade * (future.y[29] ?? 0) + (1 - fade) * (15 + drift * step) + 0.6 * Math.sin(step / 5)
      }),
    },
    freeRunRmse: perSeed(cell === 'gru' ? 4.92 : 5.37),
  }
}

function naive(name: string, rmse: number): NaiveResult {
  const one = (value: number): Errors => ({ rmse: statistic([value]), mae: statistic([value * 0.77]) })
  return {
    name,
    errors: { train: one(rmse * 0.98), validation: one(rmse * 1.03), test: one(rmse) },
    freeRunRmse: 2 * rmse,
  }
}

/** A finished comparison on a made-up series of daily temperatures. */
export function makeResult(options: FixtureOptions = {}): CompareResult {
  const full: Required<FixtureOptions> = {
    seeds: 5,
    epochs: 60,
    cells: ['gru', 'lstm'],
    points: 219,
    time: true,
    ...options,
  }
  const random = generator(7)
  const stretch = (length: number): Stretch => ({
    x: Array.from({ length }, (_, row) => (full.time ? START + row * DAY : row + 1242)),
    y: Array.from({ length }, (_, row) => temperature(row, random)),
  })
  const truth = stretch(full.points)
  const future = stretch(150)
  return {
    version: '0.1.0',
    interrupted: false,
    engine: { isa: 'avx2', threads: 2 },
    data: {
      name: 'seattle-weather.csv',
      target: 'temp_max',
      features: ['temp_max', 'temp_min', 'precipitation', 'wind'],
      rows: 1461,
      parts: { train: 962, validation: 159, test: 159 },
      window: 60,
      horizon: 1,
      time: full.time,
    },
    settings: {
      optimizer: 'adam',
      lr: 0.003,
      batch: 32,
      epochs: full.epochs,
      layers: 1,
      match: 'params',
      split: '0.7,0.15,0.15',
      clip: 1,
      shuffle: true,
    },
    seeds: Array.from({ length: full.seeds }, (_, seed) => seed),
    cells: full.cells.map((cell) => makeCell(cell, full, truth, future)),
    naive: [naive('last value', 2.981), naive('seasonal (period 365)', 4.412)],
    truth: { forecast: truth, freeRun: future, freeRunFrom: future.x[30] ?? 0 },
    verdict: [
      'The two cells serve this series equally well; take the GRU, which trains faster.',
      'The GRU’s test error is 2.77 and the LSTM’s 2.79: a difference of 0.5 %, less than the spread of the five seeds (± 0.04).',
      'Both beat the last value by 7 %, so there is something to learn here, but not much.',
      'The GRU needs 0.41 s for an epoch, the LSTM 0.53 s with about as many parameters.',
    ],
  }
}

/** A name that a careless page would run. */
export const HOSTILE = '<script>document.title="run"</script><img src=x onerror=alert(1)>"\'&'

/** The same comparison with such a name wherever a user can give one. */
export function makeHostile(): CompareResult {
  const result = makeResult({ seeds: 1, epochs: 8 })
  return {
    ...result,
    version: HOSTILE,
    engine: { isa: HOSTILE, threads: 2 },
    data: { ...result.data, name: HOSTILE, target: HOSTILE, features: [HOSTILE, HOSTILE] },
    settings: { [HOSTILE]: HOSTILE },
    naive: result.naive.map((one) => ({ ...one, name: HOSTILE })),
    verdict: [HOSTILE, HOSTILE],
  }
}

/** A comparison that was interrupted before any epoch was done. */
export function makeInterrupted(): CompareResult {
  const result = makeResult({ seeds: 1 })
  const none: Errors = { rmse: NOTHING, mae: NOTHING }
  const empty: Stretch = { x: [], y: [] }
  return {
    ...result,
    interrupted: true,
    cells: result.cells.map((cell) => ({
      ...cell,
      errors: { train: none, validation: none, test: none },
      curves: [],
      secondsPerEpoch: NOTHING,
      stepsPerSecond: NOTHING,
      epochsToBest: NOTHING,
      gradientFalloff: { lags: [], norms: [] },
      forecast: empty,
      freeRun: empty,
      freeRunRmse: NOTHING,
    })),
    verdict: ['There is no verdict yet: no epoch was finished.'],
  }
}

/** A comparison in which the LSTM diverged: its numbers are not finite, and its free run leaves all bounds. */
export function makeDiverged(): CompareResult {
  const result = makeResult({ seeds: 2, time: false })
  const broken: Statistic = { mean: NaN, sd: NaN, values: [NaN, 2] }
  return {
    ...result,
    cells: result.cells.map((cell) => {
      if (cell.cell !== 'lstm') return cell
      return {
        ...cell,
        errors: {
          ...cell.errors,
          test: { rmse: broken, mae: { mean: Infinity, sd: NaN, values: [Infinity, 1] } },
        },
        curves: cell.curves.map((curve) => ({
          ...curve,
          train: curve.train.map((loss, epoch) => (epoch < 30 ? loss : epoch < 35 ? Infinity : NaN)),
        })),
        gradientFalloff: {
          lags: cell.gradientFalloff.lags,
          norms: cell.gradientFalloff.lags.map((lag) => (lag < 40 ? 10 ** (-lag / 3) : lag < 50 ? 0 : NaN)),
          halfLife: 1,
        },
        forecast: {
          x: cell.forecast.x,
          y: cell.forecast.y.map((value, index) => (index > 90 && index < 110 ? NaN : value)),
        },
        freeRun: {
          x: cell.freeRun.x,
          y: cell.freeRun.y.map((value, step) =>
            step < 80 ? value * 1.5 ** step : step < 100 ? Infinity : NaN,
          ),
        },
      }
    }),
  }
}
