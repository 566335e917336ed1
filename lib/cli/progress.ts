/** Shows how far a training is: a bar with loss and time left on a terminal, plain lines elsewhere. */
import type { Output } from './io.js'
import { duration, widthOf } from './text.js'

/** What is shown. */
export interface Shown {
  /** The share of all work that is done, from 0 to 1. */
  readonly done: number
  readonly secondsLeft: number
  /** Where the training is, in a few words. */
  readonly place: string
  /** Whether plain lines are to have it whenever the last one was. */
  readonly isMilestone: boolean
}

/** Takes what training tells. */
export interface Display {
  update(shown: Shown): void
  /** Ends the display; the terminal's line is free again. */
  stop(): void
}

/** Plain lines come at most so often, in milliseconds, besides milestones. */
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
    update({ done, secondsLeft, place, isMilestone }) {
      if (!isMilestone && performance.now() - last < BETWEEN_LINES) return
      last = performance.now()
      const percentage = `${Math.floor(done * 100)} %`.padStart(5)
      output.write(`${percentage}  ${place}  ${duration(secondsLeft)} left\n`)
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
    update({ done, secondsLeft, place }) {
      const shown = { place, left: duration(secondsLeft) }
      if (bar.isActive) bar.update(done, shown)
      else bar.start(1, done, shown)
    },
    stop: () => bar.stop(),
  }
}
