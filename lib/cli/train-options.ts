/** The options of `gatewise train`, and how their text becomes values. What they must be is checked elsewhere. */
import { Command } from 'commander'

import { TRAIN_DEFAULTS } from '../forecast/options.js'
import type { TrainOptions } from '../forecast/options.js'
import { listOf, numberOrText } from './values.js'
import type { RawOptions } from './values.js'

const { window, horizon, hidden, layers, epochs, batch, lr, clip, patience, validation } = TRAIN_DEFAULTS

const EXAMPLES = `
Examples:
  $ gatewise train sales.csv --target sales --horizon 7
      the next seven rows from the last ${window}, into model.safetensors
  $ gatewise train load.parquet --target load --known temperature,holiday \\
      --time hour --window 168 --horizon 24 --quantiles 0.1,0.5,0.9
      with an interval, and columns whose values are known ahead
  $ gatewise train shops.csv --target sales --series shop --static size \\
      --time day --missing forward --checkpoint runs/shops --resume
      many series at once; goes on where it was stopped

A file has one row per step, the oldest first: CSV with a header line, Arrow
(.arrow, .feather) or Parquet. The latest rows of each series are held back for
validation. Ctrl-C ends the training and leaves the model as it is by then.`

/** Declares the command; `run` gets the file and what the options say. */
export function trainCommand(run: (file: string, options: RawOptions) => Promise<void>): Command {
  const or = (value: string | number): string => `(default ${value})`
  return new Command('train')
    .summary('train a forecaster on the columns of a file')
    .description(
      'Trains a forecaster on the columns of a file, and leaves it as one file for `gatewise predict`.',
    )
    .argument('<data>', 'a .csv, .arrow, .feather or .parquet file')
    .optionsGroup('Data:')
    .requiredOption('--target <column>', 'the column to forecast')
    .option('--features <columns>', "columns to read besides the target's past, as a,b")
    .option('--known <columns>', 'columns known ahead, as holidays: read over the horizon')
    .option('--static <columns>', 'columns with one value per series')
    .option('--series <column>', 'the column that names the series a row belongs to')
    .option('--time <column>', 'the column of dates or numbers, ascending in each series')
    .option('--window <rows>', `rows that a forecast reads ${or(window)}`)
    .option('--horizon <rows>', `rows to forecast ${or(horizon)}`)
    .option('--quantiles <list>', 'forecast these in place of the mean, as 0.1,0.5,0.9')
    .option(
      '--missing <what>',
      'missing values: error, drop (leave such windows out), or fill in: forward, mean, zero (default error)',
    )
    .option('--missing-indicators', 'an input beside each column that says what was missing')
    .option('--scaler <kind>', 'standard, minmax or none (default standard)')
    .option('--validation <share>', `of each series, the latest rows; 0 for none ${or(validation)}`)
    .optionsGroup('Model and training:')
    .option('--cell <name>', 'gru or lstm (default gru)')
    .option('--hidden <units>', `units per layer ${or(hidden)}`)
    .option('--layers <n>', `stacked layers ${or(layers)}`)
    .option('--dropout <p>', 'between layers (default 0)')
    .option('--epochs <n>', `passes over the training part, at most ${or(epochs)}`)
    .option('--batch <n>', `windows per update ${or(batch)}`)
    .option('--lr <rate>', `learning rate ${or(lr)}`)
    .option('--optimizer <name>', 'adamw, adam, sgd or rmsprop (default adamw)')
    .option('--weight-decay <rate>', "AdamW's (default 0.01)")
    .option('--schedule <name>', 'none, cosine, onecycle, step or plateau (default cosine)')
    .option('--clip <norm>', `greatest norm of a gradient ${or(clip)}`)
    .option('--patience <epochs>', `ends after so many without improvement; 0: never ${or(patience)}`)
    .option('--seed <n>', 'of weights and order; the same gives the same bits (default 0)')
    .option('--threads <n>', 'threads of the native core (default: one per core)')
    .optionsGroup('Output:')
    .option('--out <file>', 'the model', 'model.safetensors')
    .option('--checkpoint <directory>', 'keep the training there after each epoch')
    .option('--resume', 'go on with the training that --checkpoint kept')
    .option('--report <file>', 'an HTML page of losses, learning rate and gradients')
    .option('--log <file>', 'a line of JSON for each epoch, added to the file')
    .helpOption('-h, --help', 'show this help')
    .addHelpText('after', EXAMPLES)
    .allowExcessArguments(false)
    .action(run)
}

const NUMBERS = [
  'window',
  'horizon',
  'hidden',
  'layers',
  'dropout',
  'epochs',
  'batch',
  'lr',
  'weightDecay',
  'clip',
  'patience',
  'validation',
  'seed',
] as const

const TEXTS = [
  'target',
  'series',
  'time',
  'missing',
  'missingIndicators',
  'scaler',
  'cell',
  'optimizer',
  'schedule',
] as const

/** Options with text as numbers and lists. Text that is no number stays text, for the check to refuse. */
export function trainValues(file: string, raw: RawOptions): Partial<Record<keyof TrainOptions, unknown>> {
  const values: Partial<Record<keyof TrainOptions, unknown>> = {
    file,
    features: listOf(raw.features),
    known: listOf(raw.known),
    static: listOf(raw.static),
    quantiles: listOf(raw.quantiles)?.map(numberOrText),
  }
  for (const name of NUMBERS) values[name] = numberOrText(raw[name])
  for (const name of TEXTS) values[name] = raw[name]
  return values
}
