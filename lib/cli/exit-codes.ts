/** What the command's exit codes mean. */

/** A run failed on its data or files. */
export const FAILED = 1

/** A command line asks for something that there is not. */
export const MISUSED = 2

/** What a shell expects of a command that Ctrl-C ended. */
export const INTERRUPTED = 130
