/** What the command has to do with its surroundings, in one place, so that tests can stand in for them. */

/** A stream that text is written to. */
export interface Output {
  write(text: string): unknown
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
}

/** The surroundings of a command. */
export interface Io {
  readonly stdout: Output
  readonly stderr: Output
  /** Calls back on every Ctrl-C, instead of ending; gives a function that ends this. */
  onInterrupt(listener: () => void): () => void
  /** Ends the process at once. */
  exit(code: number): void
}

/** The surroundings of this process. */
export function processIo(): Io {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', ignoreClosedPipe)
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    onInterrupt(listener) {
      process.on('SIGINT', listener)
      return () => process.off('SIGINT', listener)
    },
    exit: (code) => process.exit(code),
  }
}

/** A reader that has seen enough, as `head`, is no reason to leave the report unwritten. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
}
