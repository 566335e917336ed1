/** The options of `gatewise compare`, and how their text becomes values. What they must be is checked elsewhere. */
import { Command } from 'commander'

import { DEFAULTS } from '../compare/defaults.js'
import type { Defaults } from '../compare/defaults.js'
import type { CompareOptions } from '../compare/options.js'
import { listOf, numberOrText } from './values.js'
import type { RawOptions } from './values.js'

/** The default of a file, and the sine's where it is another. */
function defaultOf(option: keyof Defaults): string {
  const [file, sine] = [DEFAULTS.file[option], DEFAULTS.sine[option]].map(String)
  return file === sine ? `default ${file}` : `default ${file}; sine: ${sine}`
}

const EXAMPLES = `
Examples:
  $ gatewise compare
      the sine experiment, in under a minute
  $ gatewise compare --full
      the same at full size: 197 × 999 steps with LBFGS
  $ gatewise compare sales.csv --target sales --time date --period 7 --seeds 5
      a column of your own, against last week's value, over five seeds
  $ gatewise compare weather.csv --target temp_max --features temp_min,wind \\
      --time date --window 30 --horizon 3 --json result.json --save weights
      several inputs, three rows ahead; the numbers and the weights kept

A CSV file has a header line and one row per step, the oldest first. It is cut
into three parts in that order; nothing of a later part is used in an earlier.`

/** Declares the command; `run` gets the file and what the options say. */
export function compareCommand(
  run: (file: string | undefined, options: RawOptions) => Promise<void>,
): Command {
  return new Command('compare')
    .summary('train a GRU and an LSTM side by side and report which serves the data')
    .description(
      'Trains a GRU and an LSTM on the same split, seeds, batches and budget, and reports which serves the data better and how sure that is. Without a file: the sine experiment.',
    )
    .argument('[series.csv]', 'the series; without it an embedded sine is learned')
    .optionsGroup('Data:')
    .option('--target <column>', 'the column to forecast (default: the only numeric one)')
    .option('--features <columns>', "columns to read besides the target's past, as a,b")
    .option('--time <column>', 'the column with the dates, which must ascend')
    .option('--window <rows>', `rows that a forecast reads (default ${DEFAULTS.file.window})`)
    .option('--horizon <rows>', `how many rows ahead to forecast (default ${DEFAULTS.file.horizon})`)
    .option('--split <shares>', `training, validation, test (${defaultOf('split')})`)
    .option('--period <rows>', `rows of a season, for a naive forecast (sine: ${DEFAULTS.sine.period ?? ''})`)
    .optionsGroup('Models and training:')
    .option('--cells <names>', 'which to train, in order (default gru,lstm)')
    .option('--hidden <units>', `units per layer (${defaultOf('hidden')})`)
    .option('--layers <n>', `stacked layers (${defaultOf('layers')})`)
    .option(
      '--match <what>',
      `params: the second cell gets the size that gives it as many parameters; hidden: the same size (${defaultOf('match')})`,
    )
    .option('--epochs <n>', `passes over the training part, or outer steps of LBFGS (${defaultOf('epochs')})`)
    .option('--batch <n>', `windows per update, for a file (default ${DEFAULTS.file.batch})`)
    .option('--lr <rate>', `learning rate (${defaultOf('lr')})`)
    .option('--seeds <n>', 'repeat with so many seeds, for mean ± sd (default 1)')
    .option('--seed <n>', 'the first seed (default 0)')
    .option('--full', "the sine notebook's own size: 197 rows, 20 outer steps of LBFGS")
    .option('--threads <n>', 'threads of the native core (default: one per core)')
    .optionsGroup('Output:')
    .option('--report <file>', 'the HTML report', 'gatewise-report.html')
    .option('--json <file>', 'the result as JSON')
    .option('--save <directory>', 'the trained weights as safetensors')
    .helpOption('-h, --help', 'show this help')
    .addHelpText('after', EXAMPLES)
    .allowExcessArguments(false)
    .action(run)
}

const NUMBERS = [
  'window',
  'horizon',
  'period',
  'hidden',
  'layers',
  'epochs',
  'batch',
  'lr',
  'seeds',
  'seed',
] as const

/** Options with text as numbers and lists. Text that is no number stays text, for the check to refuse. */
export function optionValues(
  file: string | undefined,
  raw: RawOptions,
): Partial<Record<keyof CompareOptions, unknown>> {
  const values: Partial<Record<keyof CompareOptions, unknown>> = {
    file,
    target: raw.target,
    time: raw.time,
    match: raw.match,
    full: raw.full,
    features: listOf(raw.features),
    cells: listOf(raw.cells),
    split: listOf(raw.split)?.map(numberOrText),
  }
  for (const name of NUMBERS) values[name] = numberOrText(raw[name])
  return values
}
