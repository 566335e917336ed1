/** Writes down a training, a line of JSON for each thing that happens; numbers that are not finite are null there. */
import { closeSync, openSync, writeSync } from 'node:fs'
import { FileError } from '../errors.js'
import type { BatchRecord, EpochRecord, StopReason } from './history.js'

/** A line of the log. */
export type LogLine =
  | { readonly event: 'begin'; readonly time: string; readonly epochs: number; readonly seed: number }
  | ({ readonly event: 'batch' } & BatchRecord)
  | ({ readonly event: 'epoch'; readonly time: string } & EpochRecord)
  | { readonly event: 'end'; readonly time: string; readonly stopped: StopReason; readonly steps: number }

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
