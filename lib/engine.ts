/** Which core runs, and on how many threads. */
import { MAX_THREADS, native } from './native/load.js'
import { requireInteger } from './shapes.js'
import { version } from './version.js'

/** What `engine()` tells. */
export interface Engine {
  /** The package's version. */
  readonly version: string
  /** The instruction set in use. `GATEWISE_ISA` forces another. */
  readonly isa: string
  /** Those that this machine can run, best last. */
  readonly isas: readonly string[]
  /** How many threads a large enough pass uses. Results do not depend on it. */
  readonly threads: number
}

/**
 * The native core's state.
 *
 * @throws EngineError where the core cannot be loaded
 */
export function engine(): Engine {
  return { version, ...native().state() }
}

/**
 * Sets how many threads a large enough pass uses, from now on. Results are the same bits for any number.
 *
 * @param threads from 1 to 1024; unless told, `GATEWISE_THREADS` or the number of processors
 * @throws ArgumentError where it is not such a number
 */
export function setThreads(threads: number): void {
  native().setThreads(requireInteger('setThreads', 'threads', threads, 1, MAX_THREADS))
}
