/** The report of one training: its losses, learning rate and gradients as one HTML page. */
import { ArgumentError } from '../errors.js'
import { describe, requireOptions } from '../shapes.js'
import { version } from '../version.js'
import { escapeHtml, formatInteger, formatNumber } from './format.js'
import { figure, page, paragraph, section } from './page.js'
import { thin, type Point } from './sampling.js'
import { countAxis, extent, linearAxis, logAxis } from './scales.js'
import { DASHES, lineMark, LOOKS, type LegendEntry } from './series.js'
import { openCanvas, type Canvas } from './svg.js'
import { axisOptions, frameOptions, type DrawnPlot } from './training-plots.js'

/** What is drawn of an epoch: records of `fit`, and of its log, are such. */
export interface ReportedEpoch {
  /** Counted from 0. */
  readonly epoch: number
  /** Mean over the training data. What is not finite, in this and the other curves, is a gap. */
  readonly loss: number
  /** The same over the validation data, where there are any; the best epoch is then told by it. */
  readonly validation?: number
  /** The learning rate. */
  readonly lr: number
  /** Mean norm of the gradients, before clipping. */
  readonly gradNorm: number
  /** Batches that were left out because something was not finite. */
  readonly skipped: number
  /** Seconds that it took. */
  readonly seconds: number
}

/** Options of `trainingReport`. */
export interface TrainingReportOptions {
  /** What stands above it; `Training` unless told. */
  title?: string
}

/** A curve of the history. */
interface Curve {
  readonly entry: LegendEntry
  readonly values: readonly (number | undefined)[]
}

const { color: FIRST } = LOOKS.gru

/**
 * Draws a training as one HTML page, complete in itself: no script, no other file, no network.
 *
 * @param history as `fit` gives it, or the records of its log
 * @throws ArgumentError where the history is no array
 */
export async function trainingReport(
  history: readonly ReportedEpoch[],
  options: TrainingReportOptions = {},
): Promise<string> {
  const where = 'trainingReport'
  if (!Array.isArray(history)) throw new ArgumentError(where, 'history', 'an array', describe(history))
  const { title = 'Training' } = requireOptions<TrainingReportOptions>(where, 'options', options, ['title'])
  const canvas = await openCanvas()
  const epochs = history as readonly ReportedEpoch[]
  const of = (name: 'lr' | 'gradNorm', label: string): Curve[] => [
    { entry: { label, color: FIRST }, values: epochs.map((epoch) => epoch[name]) },
  ]
  const losses: Curve[] = [
    { entry: { label: 'training', color: FIRST }, values: epochs.map(({ loss }) => loss) },
    {
      entry: { label: 'validation', color: FIRST, dash: DASHES },
      values: epochs.map(({ validation }) => validation),
    },
  ]
  return page(title, version, [
    `<header>\n<h1>${escapeHtml(title)}</h1>\n${paragraph(summary(epochs), 'verdict')}\n</header>`,
    section('loss', 'How it learned', [
      paragraph(
        'Loss after each epoch. A validation curve (dashed) that rises while the training curve (solid) still falls is overfitting.',
      ),
      figure('loss', draw(canvas, 'loss', losses), ''),
    ]),
    section('rate', 'Learning rate', [
      figure('rate', draw(canvas, 'learning rate', of('lr', 'learning rate')), ''),
    ]),
    section('gradient', 'Norm of the gradient', [
      figure('gradient', draw(canvas, 'norm of the gradient', of('gradNorm', 'mean over the epoch')), ''),
    ]),
  ])
}

function summary(history: readonly ReportedEpoch[]): string {
  const deciding = ({ loss, validation }: ReportedEpoch): number => validation ?? loss
  const finite = history.filter((epoch) => Number.isFinite(deciding(epoch)))
  const [first] = finite
  if (first === undefined) return 'No epoch ended with a finite loss.'
  const best = finite.reduce((least, epoch) => (deciding(epoch) < deciding(least) ? epoch : least), first)
  const seconds = history.reduce((sum, epoch) => sum + epoch.seconds, 0)
  const skipped = history.reduce((sum, epoch) => sum + epoch.skipped, 0)
  const kind = best.validation === undefined ? 'loss' : 'validation loss'
  const words = [
    `Best of ${formatInteger(history.length)}: epoch ${formatInteger(best.epoch + 1)}, ${kind} ${formatNumber(deciding(best))}.`,
    `${formatNumber(seconds, 3)} s in all.`,
    ...(skipped > 0 ? [`${formatInteger(skipped)} batches were left out as not finite.`] : []),
  ]
  return words.join(' ')
}

/** Curves against the epoch, on a logarithmic scale where all is above zero; undefined where there is nothing to draw. */
function draw(canvas: Canvas, label: string, curves: readonly Curve[]): DrawnPlot | undefined {
  const there = curves.filter(({ values }) => values.some((value) => Number.isFinite(value)))
  const range = extent(there.flatMap(({ values }) => values.map((value) => value ?? NaN)))
  if (range === undefined) return undefined
  const isLog = range[0] > 0
  const epochs = Math.max(...there.map(({ values }) => values.length))
  const svg = canvas.drawBoth(`${label} against the epoch`, (frame) => {
    const x = countAxis([1, epochs], frame.ticks)
    const y = isLog ? logAxis(range, 6) : linearAxis(range, 5)
    const marks = there.map(({ entry, values }) => {
      const points = values.map((value, index): Point => ({ x: index + 1, y: value ?? NaN }))
      const { label: name, color, dash } = entry
      const style = { name, color, width: 2, ...(dash === undefined ? {} : { dash }) }
      return lineMark(canvas.Plot, thin(points, frame.points), style)
    })
    return {
      ...frameOptions(frame, x, y, frame.name === 'wide' ? 300 : 260),
      x: axisOptions(x, 'epoch'),
      y: { ...axisOptions(y, label), type: isLog ? 'log' : 'linear', grid: true },
      marks,
    }
  })
  return { svg, legend: there.length > 1 ? there.map(({ entry }) => entry) : [] }
}
