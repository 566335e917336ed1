/** Shows how far the training is: a bar with loss and time left on a terminal, plain lines elsewhere. */
import type { Progress } from '../compare/progress.js'
import { label, number } from '../compare/words.js'
import type { Output } from './io.js'
import { duration, widthOf } from './text.js'

/** Takes what training tells. */
export interface Display {
  update(progress: Progress): void
  /** Ends the display; the terminal's line is free again. */
  stop(): void
}

/** Plain lines come at most so often, in milliseconds, besides the last of each training. */
const BETWEEN_LINES = 5000

/** Room for what stands beside the bar, at its longest. */
const WORDS = 68

/** The display that suits an output. */
export async function displayOn(output: Output): Promise<Display> {
  return output.isTTY === true ? barOn(output) : linesOn(output)
}

function linesOn(output: Output): Display {
  let last = performance.now()
  return {
    update(progress) {
      const isOver = progress.epoch === progress.epochs && progress.last
      if (!isOver && performance.now() - last < BETWEEN_LINES) return
      last = performance.now()
      const percentage = `${Math.floor(progress.done * 100)} %`.padStart(5)
      output.write(`${percentage}  ${place(progress)}  ${duration(progress.secondsLeft)} left\n`)
    },
    stop: () => undefined,
  }
}

async function barOn(output: Output): Promise<Display> {
  const { SingleBar } = await import('cli-progress')
  const bar = new SingleBar({
    stream: output as NodeJS.WritableStream,
    format: `{bar} {percentage} %  {place}  {left} left`,
    barsize: Math.max(8, widthOf(output.columns) - WORDS),
    barCompleteChar: '█',
    barIncompleteChar: '░',
    hideCursor: true,
    clearOnComplete: true,
    // What a narrow terminal has no room for is cut off: a second line would stay behind on every update.
    linewrap: false,
    fps: 10,
    // cli-progress would end the process on a signal of its own accord.
    gracefulExit: false,
  })
  return {
    update(progress) {
      const shown = { place: place(progress), left: duration(progress.secondsLeft) }
      if (bar.isActive) bar.update(progress.done, shown)
      else bar.start(1, progress.done, shown)
    },
    stop: () => bar.stop(),
  }
}

function place({ cell, seed, epoch, epochs, loss }: Progress): string {
  return `${label(cell)} seed ${seed}  epoch ${epoch}/${epochs}  loss ${number(loss)}`
}
