/** All that is told of a training while it runs: to callbacks, on a display, in a log. */
import type { BatchRecord, EpochRecord, StopReason } from './history.js'
import { Log } from './log.js'
import type { ResolvedFit } from './options.js'
import { Watch } from './watch.js'

export class Observers {
  readonly #options: ResolvedFit
  readonly #watch: Watch | undefined
  readonly #log: Log | undefined

  /** @throws FileError where the log cannot be opened */
  static async open(options: ResolvedFit): Promise<Observers> {
    const { progress, epochs } = options
    return new Observers(options, progress && (await Watch.on(progress, epochs)))
  }

  private constructor(options: ResolvedFit, watch: Watch | undefined) {
    this.#options = options
    this.#watch = watch
    this.#log = options.log && new Log(options.log.path)
  }

  begin(seed: number): void {
    this.#log?.write({ event: 'begin', time: now(), epochs: this.#options.epochs, seed })
  }

  batch(record: BatchRecord): void {
    if (this.#options.log?.batches === true) this.#log?.write({ event: 'batch', ...record })
    this.#watch?.batch(record)
    this.#options.onBatch?.(record)
  }

  async epoch(record: EpochRecord): Promise<void> {
    this.#log?.write({ event: 'epoch', time: now(), ...record })
    this.#watch?.epoch(record)
    await this.#options.onEpoch?.(record)
  }

  end(stopped: StopReason, steps: number): void {
    this.#log?.write({ event: 'end', time: now(), stopped, steps })
  }

  close(): void {
    this.#watch?.stop()
    this.#log?.close()
  }
}

function now(): string {
  return new Date().toISOString()
}
