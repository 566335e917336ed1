/** Shows how far something is that takes long: a bar with the time left on a terminal, plain lines elsewhere. */
import { duration } from '../text.js'

/** A stream that text is written to. */
export interface Output {
  /** Writes text as it is: line ends, and on a terminal control characters, are in it. */
  write(text: string): unknown
  /** Whether it is a terminal, on which a bar is drawn over and over; lines one after another unless told. */
  readonly isTTY?: boolean | undefined
  /** Characters in a line, for the length of the bar; 80 unless told. */
  readonly columns?: number | undefined
}

/** How far it is. */
export interface Shown {
  /** The share of all that is done, 0 to 1. */
  readonly done: number
  readonly text: string
  readonly secondsLeft: number
  /** Whether a line is due in any case. */
  readonly isEnd: boolean
}

export interface Display {
  update(shown: Shown): void
  /** Ends the display; the terminal's line is free again. */
  stop(): void
}

/** Plain lines come at most so often, in milliseconds, besides those that are due in any case. */
const BETWEEN_LINES = 5000

/**
 * The display that suits an output.
 *
 * @param size of the bar: what the text beside it, at its longest, leaves
 */
export async function displayOn(output: Output, size: number): Promise<Display> {
  return output.isTTY === true ? barOn(output, size) : linesOn(output)
}

function linesOn(output: Output): Display {
  let last = performance.now()
  return {
    update({ done, text, secondsLeft, isEnd }) {
      if (!isEnd && performance.now() - last < BETWEEN_LINES) return
      last = performance.now()
      const percentage = `${Math.floor(done * 100)} %`.padStart(5)
      output.write(`${percentage}  ${text}  ${duration(secondsLeft)} left\n`)
    },
    stop: () => undefined,
  }
}

async function barOn(output: Output, size: number): Promise<Display> {
  const { SingleBar } = await import('cli-progress')
  const barsize = Math.max(8, size)
  const bar = new SingleBar({
    stream: output as NodeJS.WritableStream,
    format: `{bar} {percentage} %  {text}  {left} left`,
    barsize,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    hideCursor: true,
    clearOnComplete: true,
    // What there is no room for all the same is cut off: a second line would stay behind on every update.
    linewrap: false,
    fps: 10,
    // cli-progress would end the process on a signal of its own accord.
    gracefulExit: false,
  })
  return {
    update({ done, text, secondsLeft }) {
      const left = duration(secondsLeft)
      const room = (output.columns ?? 80) - barsize - ' 100 %  '.length - `  ${left} left`.length
      const shown = { text: wordsWithin(text, room), left }
      if (bar.isActive) bar.update(done, shown)
      else bar.start(1, done, shown)
    },
    stop: () => bar.stop(),
  }
}

/** Leaves out what comes last in a text of parts that two spaces keep apart, until it has room; never all of it. */
function wordsWithin(text: string, room: number): string {
  const end = text.lastIndexOf('  ')
  return text.length <= room || end < 0 ? text : wordsWithin(text.slice(0, end), room)
}
