/** The command line's entry: finds the command, and turns errors into one line and an exit code. */
import { Command, CommanderError } from 'commander'

import { ArgumentError, GatewiseError } from '../errors.js'
import { version } from '../version.js'
import { buildCommand } from './build.js'
import { compareCommand } from './compare-options.js'
import { FAILED, MISUSED } from './exit-codes.js'
import { infoCommand, runInfo } from './info.js'
import type { Io } from './io.js'
import { predictCommand, runPredict } from './predict.js'
import { widthOf } from './text.js'
import { trainCommand } from './train-options.js'

/**
 * Runs a command line.
 *
 * @param argv the arguments behind the program's name
 * @returns the exit code
 */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  let code = 0
  // Each command's work is loaded only where it is run.
  const commands = [
    compareCommand(async (file, options) => {
      code = await (await import('./run-compare.js')).runCompare(file, options, io)
    }),
    trainCommand(async (file, options) => {
      code = await (await import('./run-train.js')).runTrain(file, options, io)
    }),
    predictCommand(async (model, file, options) => {
      code = await runPredict(model, file, options, io)
    }),
    infoCommand(async (model, options) => {
      code = await runInfo(model, options, io)
    }),
    buildCommand(io),
  ]
  try {
    const all = program(io)
    for (const command of commands) all.addCommand(withOutput(command, io))
    await all.parseAsync(argv, { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : MISUSED
    if (error instanceof ArgumentError && COMMANDS.includes(error.where)) {
      const { where, argument, expected, received } = error
      io.stderr.write(`gatewise: ${nameOf(where, argument)}: expected ${expected}, received ${received}\n`)
      return MISUSED
    }
    if (error instanceof GatewiseError) {
      // Whose fault it is a user knows by file and option, and not by the names of functions.
      io.stderr.write(
        `gatewise: ${error.message.replace(/^(readRows|loadSafetensors|predict|windows): /, '')}\n`,
      )
      return FAILED
    }
    throw error
  }
}

/** The functions whose arguments are options of the command line. */
const COMMANDS = ['compare', 'train', 'predict', 'fit', 'readRows']

function program(io: Io): Command {
  const command = new Command('gatewise')
    .description('GRU and LSTM networks on a native core: train, forecast, and compare the two.')
    .version(version, '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show this help')
    .addHelpText('after', '\nStart with: gatewise compare')
  return withOutput(command, io)
}

/** Subcommands take their settings from a parent only where it made them, so each is told. */
function withOutput(command: Command, io: Io): Command {
  return command.exitOverride().configureOutput({
    writeOut: (text) => io.stdout.write(text),
    writeErr: (text) => io.stderr.write(text),
    // Commander puts its suggestion on a second line.
    outputError: (text, write) =>
      write(
        `gatewise: ${text
          .trim()
          .replace(/^error: /, '')
          .replace(/\s*\n\s*/g, ' ')}\n`,
      ),
    getOutHelpWidth: () => widthOf(io.stdout.columns),
    getErrHelpWidth: () => widthOf(io.stderr.columns),
  })
}

/** An argument as the command line has it: `options.batchSize` of `fit` as `--batch`, `weightDecay` as `--weight-decay`. */
function nameOf(where: string, argument: string): string {
  const name = argument.replace(/^options\./, '')
  if (name === 'file' || name === 'path') return where === 'compare' ? 'series.csv' : 'data'
  if (name === 'batchSize') return '--batch'
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}
