/** `gatewise build`, for machines that no prebuilt binary fits. */
import { Command } from 'commander'

import type { Io } from './io.js'

/** Declares the command. It loads nothing but what it needs, since it must run where the core cannot. */
export function buildCommand(io: Io): Command {
  return new Command('build')
    .summary('compile the native core on this machine')
    .description(
      'Compiles the native core on this machine, where no prebuilt binary fits it. Needed: a C++20 compiler, and cmake, or Python for the node-gyp that comes with npm. Nothing is downloaded.',
    )
    .helpOption('-h, --help', 'show this help')
    .allowExcessArguments(false)
    .action(async () => {
      const { compile } = await import('../compile/compile.js')
      io.stdout.write(`gatewise: built ${compile()}\n`)
    })
}
