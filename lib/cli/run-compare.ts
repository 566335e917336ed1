/** Runs `gatewise compare`: checks everything, trains with a display, and leaves a table and files. */
import { resolveOptions } from '../compare/options.js'
import type { Start } from '../compare/progress.js'
import type { CompareResult } from '../compare/result.js'
import { count, label, list } from '../compare/words.js'
import { optionValues } from './compare-options.js'
import { INTERRUPTED } from './exit-codes.js'
import type { Io, Output } from './io.js'
import { prepareOutputs, writeOutputs } from './outputs.js'
import { displayOn } from './progress.js'
import { table } from './table.js'
import { widthOf, wrap } from './text.js'
import { pathOf, threadsOf } from './values.js'
import type { RawOptions } from './values.js'

/**
 * Runs the comparison.
 *
 * @returns the exit code: 0, or 130 where Ctrl-C ended the training early
 * @throws ArgumentError, DataError, FileError before anything is trained
 */
export async function runCompare(file: string | undefined, raw: RawOptions, io: Io): Promise<number> {
  const options = optionValues(file, raw)
  resolveOptions(options)
  const threads = threadsOf('compare', raw.threads)
  const paths = { report: String(raw.report), json: pathOf(raw.json), save: pathOf(raw.save) }
  await prepareOutputs(paths)

  // The native core is loaded only here, so that help and mistakes need none of it.
  const { compare } = await import('../compare/compare.js')
  if (threads !== undefined) {
    const { setThreads } = await import('../engine.js')
    setThreads(threads)
  }
  const abort = new AbortController()
  const display = await displayOn(io.stderr)
  const stopListening = io.onInterrupt(() => {
    display.stop()
    if (abort.signal.aborted) {
      io.exit(INTERRUPTED)
      return
    }
    abort.abort()
    io.stderr.write('\nStopping; what there is by now follows. Ctrl-C again quits at once.\n')
  })
  try {
    const comparison = await compare(options, {
      signal: abort.signal,
      onStart: (start) => io.stderr.write(`${announcement(start, io.stderr)}\n`),
      onProgress: (progress) => display.update(progress),
    })
    display.stop()
    io.stdout.write(`\n${summary(comparison.result, io.stdout)}\n\n`)
    for (const line of await writeOutputs(comparison, paths)) io.stdout.write(`${line}\n`)
    return comparison.result.interrupted ? INTERRUPTED : 0
  } finally {
    display.stop()
    stopListening()
  }
}

/** What is about to be trained, in a few lines. */
function announcement({ name, windows, steps, models, seeds, epochs }: Start, { columns }: Output): string {
  const parts = `${windows.train} windows to train on, ${windows.validation} to validate, ${windows.test} to test`
  const sizes = models.map(
    ({ cell, hiddenSize, numLayers, parameters }) =>
      `${label(cell)} (${count(numLayers, 'layer')} of ${count(hiddenSize, 'unit')}, ${parameters.toLocaleString('en-US')} parameters)`,
  )
  const text = [
    `${name}: ${parts}, ${count(steps, 'step')} each.`,
    `Training ${list(sizes)} for ${count(epochs, 'epoch')} with ${count(seeds, 'seed')}.`,
  ]
  return text.map((line) => wrap(line, widthOf(columns))).join('\n')
}

/** The table, and the verdict below it. */
function summary(result: CompareResult, { columns }: Output): string {
  const { data, engine } = result
  const ahead = data.horizon === 1 ? 'one step ahead' : `${data.horizon} steps ahead`
  const what = data.name === data.target ? data.name : `${data.name}: ${data.target}`
  const head = `${what}, ${ahead} (${engine.isa}, ${count(engine.threads, 'thread')})`
  const words = result.verdict.map((sentence) => wrap(sentence, widthOf(columns) - 2, '  '))
  return [wrap(head, widthOf(columns)), table(result, columns), '', ...words].join('\n')
}
