/** Shows how far the training is: a bar with loss and time left on a terminal, plain lines elsewhere. */
import type { Progress } from '../compare/progress.js'
import { label, number } from '../compare/words.js'
import { displayOn as anyDisplayOn } from '../train/display.js'
import type { Output } from './io.js'
import { widthOf } from './text.js'

/** Takes what training tells. */
export interface Display {
  update(progress: Progress): void
  /** Ends the display; the terminal's line is free again. */
  stop(): void
}

/** Room for what stands beside the bar, at its longest. */
const WORDS = 68

/** The display that suits an output. */
export async function displayOn(output: Output): Promise<Display> {
  const display = await anyDisplayOn(output, widthOf(output.columns) - WORDS)
  return {
    update: (progress) =>
      display.update({
        done: progress.done,
        text: place(progress),
        secondsLeft: progress.secondsLeft,
        isEnd: progress.epoch === progress.epochs && progress.last,
      }),
    stop: () => display.stop(),
  }
}

function place({ cell, seed, epoch, epochs, loss }: Progress): string {
  return `${label(cell)} seed ${seed}  epoch ${epoch}/${epochs}  loss ${number(loss)}`
}
