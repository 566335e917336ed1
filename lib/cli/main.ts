/** The command line's entry: finds the command, and turns errors into one line and an exit code. */
import { Command, CommanderError } from 'commander'

import { ArgumentError, GatewiseError } from '../errors.js'
import { version } from '../version.js'
import { buildCommand } from './build.js'
import { compareCommand } from './compare-options.js'
import type { Io } from './io.js'
import { widthOf } from './text.js'

/** The exit code of a run that failed on its data or files. */
const FAILED = 1

/** The exit code of a command line that asks for something that there is not. */
const MISUSED = 2

/**
 * Runs a command line.
 *
 * @param argv the arguments behind the program's name
 * @returns the exit code
 */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  let code = 0
  const run = async (file: string | undefined, options: Parameters<RunCompare>[1]): Promise<void> => {
    const { runCompare } = await import('./run-compare.js')
    code = await runCompare(file, options, io)
  }
  try {
    await program(io)
      .addCommand(withOutput(compareCommand(run), io))
      .addCommand(withOutput(buildCommand(io), io))
      .parseAsync(argv, { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : MISUSED
    if (error instanceof ArgumentError && error.where === 'compare') {
      const { argument, expected, received } = error
      io.stderr.write(`gatewise: ${nameOf(argument)}: expected ${expected}, received ${received}\n`)
      return MISUSED
    }
    if (error instanceof GatewiseError) {
      io.stderr.write(`gatewise: ${error.message}\n`)
      return FAILED
    }
    throw error
  }
}

type RunCompare = (typeof import('./run-compare.js'))['runCompare']

function program(io: Io): Command {
  const command = new Command('gatewise')
    .description('GRU and LSTM networks on a native core: which one serves your data?')
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

function nameOf(argument: string): string {
  return argument === 'file' ? 'series.csv' : `--${argument}`
}
