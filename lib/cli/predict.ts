/** `gatewise predict`: forecasts as CSV, on the target's own scale. */
import { Command } from 'commander'

import type { Forecast, ForecastRow } from '../forecast/predict.js'
import type { Io } from './io.js'
import { requireWritable, writeText } from './outputs.js'
import { listOf, numberOrText, pathOf, threadsOf } from './values.js'
import type { RawOptions } from './values.js'

const EXAMPLES = `
Examples:
  $ gatewise predict model.safetensors sales.csv
      every step that the model forecasts, behind the last row
  $ gatewise predict model.safetensors load.parquet --horizon 24 \\
      --quantiles 0.1,0.5,0.9 --out forecast.csv
      the first 24 steps and three quantiles, into a file

The file has the columns that the model was trained on. A forecast begins behind
the last row with a value of the target; rows behind that give the values of the
columns that are known ahead.`

/** Declares the command. */
export function predictCommand(
  run: (model: string, file: string, options: RawOptions) => Promise<void>,
): Command {
  return new Command('predict')
    .summary('forecast with a trained model')
    .description('Forecasts what comes behind the last row of each series of a file, and writes it as CSV.')
    .argument('<model>', 'a file of `gatewise train`, or a checkpoint of it')
    .argument('<data>', 'a .csv, .arrow, .feather or .parquet file')
    .option('--horizon <rows>', 'steps to forecast (default: all that the model has)')
    .option('--quantiles <list>', 'those to forecast (default: all that the model has)')
    .option('--out <file>', 'where to write (default: standard output)')
    .option('--threads <n>', 'threads of the native core (default: one per core)')
    .helpOption('-h, --help', 'show this help')
    .addHelpText('after', EXAMPLES)
    .allowExcessArguments(false)
    .action(run)
}

/**
 * Forecasts.
 *
 * @returns the exit code
 * @throws ArgumentError, DataError, FileError
 */
export async function runPredict(model: string, file: string, raw: RawOptions, io: Io): Promise<number> {
  const threads = threadsOf('predict', raw.threads)
  const out = pathOf(raw.out)
  if (out !== undefined) await requireWritable('--out', out)
  const { loadForecaster } = await import('../forecast/form.js')
  const { forecastFile } = await import('../forecast/predict.js')
  if (threads !== undefined) {
    const { setThreads } = await import('../engine.js')
    setThreads(threads)
  }
  const forecast = await forecastFile(loadForecaster(model), file, {
    horizon: numberOrText(raw.horizon),
    quantiles: listOf(raw.quantiles)?.map(numberOrText),
  })
  const text = csvOf(forecast)
  if (out === undefined) {
    io.stdout.write(text)
    return 0
  }
  await writeText('--out', out, text)
  return 0
}

/** A forecast as CSV: the series and the time where there are such, the step, and the values. */
export function csvOf({ columns, rows }: Forecast): string {
  const [first] = rows
  const own = (['series', 'time'] as const).filter((name) => first?.[name] !== undefined)
  const line = (row: ForecastRow): string =>
    [...own.map((name) => quoted(row[name] ?? '')), row.step, ...row.values.map(digits)].join()
  return `${[[...own, 'step', ...columns.map(quoted)].join(), ...rows.map(line)].join('\n')}\n`
}

/** The digits that a 32-bit float has. */
function digits(value: number): string {
  return String(Number(value.toPrecision(7)))
}

/** A value as CSV has it: in quotes where it holds what separates values. */
function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
