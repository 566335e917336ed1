/** Runs `gatewise train`: checks everything, trains with a display, and leaves the model. */
import { count } from '../compare/words.js'
import { ArgumentError, GatewiseError, NonFiniteError } from '../errors.js'
import { resolveTrain } from '../forecast/options.js'
import type { TrainSettings } from '../forecast/options.js'
import type { Scores, Trained, TrainHooks, TrainStart } from '../forecast/train.js'
import { duration, number } from '../text.js'
import { displayOn } from '../train/display.js'
import type { Display } from '../train/display.js'
import { INTERRUPTED } from './exit-codes.js'
import type { Io, Output } from './io.js'
import { requireWritable, writeText } from './outputs.js'
import { widthOf, wrap } from './text.js'
import { trainValues } from './train-options.js'
import { pathOf, threadsOf } from './values.js'
import type { RawOptions } from './values.js'

/**
 * Trains.
 *
 * @returns the exit code: 0, or 130 where Ctrl-C ended the training early
 * @throws ArgumentError, DataError, FileError before anything is trained
 */
export async function runTrain(file: string, raw: RawOptions, io: Io): Promise<number> {
  const settings = resolveTrain(trainValues(file, raw))
  const threads = threadsOf('train', raw.threads)
  const [checkpoint, resume] = [pathOf(raw.checkpoint), raw.resume === true]
  if (resume && checkpoint === undefined)
    throw new ArgumentError('train', 'resume', 'a --checkpoint to go on with', 'none')
  const out = String(raw.out)
  await requireWritable('--out', out)
  const log = pathOf(raw.log)
  if (log !== undefined) await requireWritable('--log', log)
  const report = pathOf(raw.report)
  if (report !== undefined) await requireWritable('--report', report)

  // The native core is loaded only here, so that help and mistakes need none of it.
  const { trainForecaster } = await import('../forecast/train.js')
  const { FORECAST } = await import('../forecast/form.js')
  const { saveModel } = await import('../train/model-file.js')
  if (threads !== undefined) {
    const { setThreads } = await import('../engine.js')
    setThreads(threads)
  }
  const abort = new AbortController()
  const display = await displayOn(io.stderr, widthOf(io.stderr.columns) - WORDS)
  const stopListening = io.onInterrupt(() => {
    display.stop()
    if (abort.signal.aborted) {
      io.exit(INTERRUPTED)
      return
    }
    abort.abort()
    io.stderr.write('\nStopping; the model as it is by now follows. Ctrl-C again quits at once.\n')
  })
  try {
    const keeping = {
      resume,
      ...(checkpoint === undefined ? {} : { checkpoint }),
      ...(log === undefined ? {} : { log }),
    }
    const trained = await trainForecaster(settings, keeping, {
      signal: abort.signal,
      onStart: (start) => io.stderr.write(`${announcement(settings, start, io.stderr)}\n`),
      ...watching(display, settings.epochs),
    })
    display.stop()
    saveModel(out, trained.model, { [FORECAST]: trained.form })
    io.stdout.write(`${summary(trained, io.stdout)}\nModel: ${out}\n`)
    if (report !== undefined) {
      const { trainingReport } = await import('../report/training-report.js')
      const title = `${trained.form.training?.data ?? file}: ${settings.target}`
      await writeText('--report', report, await trainingReport(trained.result.history, { title }))
      io.stdout.write(`Report: ${report}\n`)
    }
    return trained.result.stopped === 'aborted' ? INTERRUPTED : 0
  } catch (error) {
    if (!(error instanceof NonFiniteError)) throw error
    const advice = `the training diverged: lower --lr, now ${settings.lr}, or --clip, now ${settings.clip}`
    throw new GatewiseError(error.code, `${advice} (${error.message})`, { cause: error })
  } finally {
    display.stop()
    stopListening()
  }
}

/** Room for what stands beside the bar, at its longest: with the bar it fits 80 columns. */
const WORDS = 72

/** What feeds the display. */
function watching(display: Display, epochs: number): Pick<TrainHooks, 'onBatch' | 'onEpoch'> {
  const began = performance.now()
  // A resumed run has not done the share that it begins with.
  let first: number | undefined
  let held = ''
  const show = (done: number, epoch: number, loss: number, isEnd: boolean): void => {
    const seconds = (performance.now() - began) / 1000
    display.update({
      done,
      secondsLeft: (seconds / (done - (first ?? 0))) * (1 - done),
      text: `epoch ${epoch + 1}/${epochs}  loss ${number(loss)}${held}`,
      isEnd,
    })
  }
  return {
    onBatch({ epoch, batch, batches = batch + 1, meanLoss }) {
      const done = (epoch + (batch + 1) / batches) / epochs
      first ??= done - 1 / batches / epochs
      show(done, epoch, meanLoss, false)
    },
    onEpoch({ epoch, loss, validation }) {
      if (validation !== undefined) held = `  validation ${number(validation)}`
      show((epoch + 1) / epochs, epoch, loss, true)
    },
  }
}

/** What is about to be trained. */
function announcement(
  { cell, hidden, layers, window, horizon }: TrainSettings,
  { data, parameters }: TrainStart,
  { columns }: Output,
): string {
  const { name, rows, series, train, validation } = data
  const of = series === 1 ? '' : ` of ${series} series`
  const left =
    train.dropped === 0 ? '' : `, ${train.dropped.toLocaleString('en-US')} left out for missing values`
  const held = validation === undefined ? '' : ` and ${validation.count.toLocaleString('en-US')} to validate`
  const text = [
    `${name}: ${count(rows, 'row')}${of}; ${train.count.toLocaleString('en-US')} windows of ${window} rows to train on${left}${held}.`,
    `Training a ${cell.toUpperCase()} (${count(layers, 'layer')} of ${count(hidden, 'unit')}, ${parameters.toLocaleString('en-US')} parameters) on ${count(train.inputSize, 'input')} to forecast ${count(horizon, 'row')}.`,
  ]
  return text.map((line) => wrap(line, widthOf(columns))).join('\n')
}

/** How it went. */
function summary({ form, result, scores }: Trained, { columns }: Output): string {
  const { training } = form
  const width = widthOf(columns)
  const why = { finished: '', earlyStopping: ', ended early', aborted: ', stopped' }[result.stopped]
  const epochs = `${count(result.history.length, 'epoch')} in ${duration(training?.seconds ?? 0)}${why}`
  const of =
    training?.bestEpoch === undefined ? 'as the last batch left it' : `that of epoch ${training.bestEpoch}`
  const lines = [`${epochs}; the model is ${of}.`]
  if (scores !== undefined) lines.push(scoreText(form.layout.target[0] ?? '', scores))
  return lines.map((line) => wrap(line, width)).join('\n')
}

function scoreText(target: string, { mae, rmse, lastValueMae, coverage }: Scores): string {
  const against = `the last value would have ${number(lastValueMae)}`
  const within =
    coverage === undefined ? '' : ` ${Math.round(coverage * 100)} % lie within the outer quantiles.`
  return `Validation, ${target}: mean absolute error ${number(mae)} (${against}), RMSE ${number(rmse)}.${within}`
}
