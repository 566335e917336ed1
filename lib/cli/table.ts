/** The result as a table of at most 80 columns: the cells side by side, and the naive forecasts beside them. */
import type {
  CellName,
  CellResult,
  CompareResult,
  Errors,
  NaiveResult,
  Statistic,
} from '../compare/result.js'
import { label, number } from '../compare/words.js'
import { widthOf } from './text.js'

interface Row {
  readonly head: string
  readonly cell: (result: CellResult) => string
  readonly naive?: (result: NaiveResult) => string
}

const NOTHING = '–'

/** The table's lines, without a line break at the end. */
export function table(result: CompareResult, columns?: number): string {
  const { cells, naive } = result
  const heads = ['', ...cells.map(({ cell }) => label(cell)), ...naive.map(({ name }) => shortName(name))]
  const lines = rowsOf(result).map(({ head, cell, naive: ofNaive }) => [
    head,
    ...cells.map(cell),
    ...naive.map((forecast) => ofNaive?.(forecast) ?? NOTHING),
  ])
  const widths = heads.map((_, at) => Math.max(...[heads, ...lines].map((line) => line[at]?.length ?? 0)))
  const gaps = Math.max(1, widths.length - 1)
  const free = widthOf(columns) - widths.reduce((sum, width) => sum + width, 0)
  const gap = ' '.repeat(Math.max(1, Math.min(4, Math.floor(free / gaps))))
  const layOut = (line: readonly string[]): string =>
    line
      .map((text, at) => (at === 0 ? text.padEnd(widths[at] ?? 0) : text.padStart(widths[at] ?? 0)))
      .join(gap)
      .trimEnd()
  const rule = '─'.repeat(widths.reduce((sum, width) => sum + width, 0) + gap.length * gaps)
  return [layOut(heads), rule, ...lines.map(layOut), rule].join('\n')
}

const errorRow = (
  head: string,
  value: (errors: Errors) => Statistic,
  part: 'train' | 'validation' | 'test',
): Row => ({
  head,
  cell: ({ errors }) => spread(value(errors[part])),
  naive: ({ errors }) => number(value(errors[part]).mean),
})

const SECONDS_PER_EPOCH = 'seconds per epoch'

const ROWS: readonly Row[] = [
  { head: 'units × layers', cell: ({ hiddenSize, numLayers }) => `${hiddenSize} × ${numLayers}` },
  { head: 'parameters', cell: ({ parameters }) => parameters.toLocaleString('en-US') },
  errorRow('train RMSE', ({ rmse }) => rmse, 'train'),
  errorRow('validation RMSE', ({ rmse }) => rmse, 'validation'),
  errorRow('test RMSE', ({ rmse }) => rmse, 'test'),
  errorRow('test MAE', ({ mae }) => mae, 'test'),
  {
    head: 'free-run RMSE',
    cell: ({ freeRunRmse }) => spread(freeRunRmse),
    naive: ({ freeRunRmse }) => (freeRunRmse === undefined ? NOTHING : number(freeRunRmse)),
  },
  { head: SECONDS_PER_EPOCH, cell: ({ secondsPerEpoch }) => spread(secondsPerEpoch) },
  {
    head: 'steps per second',
    cell: ({ stepsPerSecond }) => Number(stepsPerSecond.mean.toPrecision(3)).toLocaleString('en-US'),
  },
  { head: 'epochs to best', cell: ({ epochsToBest }) => spread(epochsToBest) },
  {
    head: 'gradient half-life',
    cell: ({ gradientFalloff: { halfLife, lags } }) =>
      halfLife === undefined
        ? `over ${lags.at(-1) ?? 0} steps`
        : `${halfLife} ${halfLife === 1 ? 'step' : 'steps'}`,
  },
]

/** All rows, and that of LBFGS's closure where there was one. */
function rowsOf({ settings }: CompareResult): readonly Row[] {
  const seconds = (cell: CellName): unknown => settings[`closureSeconds${label(cell)}`]
  if (seconds('gru') === undefined && seconds('lstm') === undefined) return ROWS
  const closure: Row = {
    head: 'seconds per closure',
    cell: ({ cell }) => {
      const value = seconds(cell)
      return typeof value === 'number' ? number(value) : NOTHING
    },
  }
  return ROWS.flatMap((row) => (row.head === SECONDS_PER_EPOCH ? [closure, row] : [row]))
}

/** `2.41 ±0.05`: the standard deviation over the seeds with two significant digits, where there are several. */
function spread({ mean, sd, values }: Statistic): string {
  if (values.length < 2) return number(mean)
  return `${number(mean)} ±${sd === 0 ? '0' : Number(sd.toPrecision(2))}`
}

/** `seasonal (period 126)` as `seasonal 126`. */
function shortName(name: string): string {
  return name.replace(/ \(period (\d+)\)$/, ' $1')
}
