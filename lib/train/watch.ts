/** Shows a training on a display: losses, learning rate, gradient norm, steps per second, time left. */
import { number } from '../text.js'
import { displayOn, type Display, type Output } from './display.js'
import type { BatchRecord, EpochRecord } from './history.js'

/** Room for what stands beside the bar, at its longest. */
const WORDS = 98

const WIDEST = 130

export class Watch {
  readonly #display: Display
  readonly #epochs: number
  readonly #began = performance.now()
  /** Where this run began: the share that was done, and the optimiser's steps. */
  #first: { readonly done: number; readonly steps: number } | undefined
  #validation: number | undefined
  #stepsPerSecond = 0
  /** Batches of the epoch before, for a source that does not tell how many it has. */
  #batches: number | undefined
  #batch = 0

  static async on(output: Output, epochs: number): Promise<Watch> {
    return new Watch(await displayOn(output, Math.min(WIDEST, output.columns ?? 80) - WORDS), epochs)
  }

  private constructor(display: Display, epochs: number) {
    this.#display = display
    this.#epochs = epochs
  }

  batch(record: BatchRecord): void {
    this.#batch = record.batch + 1
    const batches = record.batches ?? this.#batches
    const inEpoch = batches === undefined ? 0 : Math.min(1, this.#batch / batches)
    const done = (record.epoch + inEpoch) / this.#epochs
    this.#first ??= { done, steps: record.steps }
    const seconds = (performance.now() - this.#began) / 1000
    this.#stepsPerSecond = (record.steps - this.#first.steps) / seconds
    this.#show(done, { ...record, loss: record.meanLoss }, false)
  }

  epoch(record: EpochRecord): void {
    this.#batches = this.#batch
    this.#validation = record.validation
    this.#show((record.epoch + 1) / this.#epochs, record, true)
  }

  stop(): void {
    this.#display.stop()
  }

  #show(
    done: number,
    { epoch, loss, lr, gradNorm }: Pick<EpochRecord, 'epoch' | 'loss' | 'lr' | 'gradNorm'>,
    isEnd: boolean,
  ): void {
    const { done: before = 0 } = this.#first ?? {}
    const passed = (performance.now() - this.#began) / 1000
    const words = [
      `epoch ${epoch + 1}/${this.#epochs}`,
      `loss ${number(loss)}`,
      ...(this.#validation === undefined ? [] : [`validation ${number(this.#validation)}`]),
      `lr ${number(lr)}`,
      `gradient ${number(gradNorm)}`,
      `${number(this.#stepsPerSecond)} steps/s`,
    ]
    // Nothing is known of the pace before something is done.
    const secondsLeft = done > before ? (passed * (1 - done)) / (done - before) : Infinity
    this.#display.update({ done, text: words.join('  '), secondsLeft, isEnd })
  }
}
