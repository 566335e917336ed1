/** Writes down a training, a line of JSON for each thing that happens; numbers that are not finite are null there. */
import { closeSync, openSync, writeSync } from 'node:fs'
import { FileError } from '../errors.js'
import type { BatchRecord, EpochRecord, StopReason } from './history.js'

/** A line of the log. */
export type LogLine =
  | {
      /** A run begins, a resumed one too. */
      readonly event: 'begin'
      /** ISO 8601, in UTC. */
      readonly time: string
      /** How often the data are gone through, a resumed run's epochs included. */
      readonly epochs: number
      /** What the order of the data is drawn from. */
      readonly seed: number
    }
  | ({
      /** A batch is done. */
      readonly event: 'batch'
    } & BatchRecord)
  | ({
      /** An epoch is over. */
      readonly event: 'epoch'
      /** ISO 8601, in UTC. */
      readonly time: string
    } & EpochRecord)
  | {
      /** A run is over, and nothing failed. */
      readonly event: 'end'
      /** ISO 8601, in UTC. */
      readonly time: string
      /** Why it ended. */
      readonly stopped: StopReason
      /** The optimiser's steps in all, of the runs that this one resumed too. */
      readonly steps: number
    }

/** A file that lines are added to, each written at once: what a process leaves that is killed are whole lines. */
export class Log {
  readonly #path: string
  readonly #file: number

  /** @throws FileError where it cannot be opened, later where it cannot be written */
  constructor(path: string) {
    this.#path = path
    this.#file = this.#attempt(() => openSync(path, 'a'))
  }

  write(line: LogLine): void {
    this.#attempt(() => writeSync(this.#file, `${JSON.stringify(line)}\n`))
  }

  close(): void {
    closeSync(this.#file)
  }

  #attempt<T>(action: () => T): T {
    try {
      return action()
    } catch (cause) {
      throw new FileError('fit', this.#path, 'write', cause)
    }
  }
}
