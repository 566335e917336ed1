/** The plots of the training itself: the loss against the epoch, and what an epoch costs. */

import type { CellResult, CompareResult, Statistic, TrainingCurve } from '../compare/result.js'
import { formatInteger, formatRate, formatSeconds, isMeasured } from './format.js'
import { lossName } from './notes.js'
import { thin, type Point } from './sampling.js'
import { countAxis, extent, labelRoom, logAxis, type Axis } from './scales.js'
import { cellMarkers, DASHES, lineMark, LOOKS, type LegendEntry } from './series.js'
import { SMALL, type Canvas, type Frame, type Mark, type PlotOptions } from './svg.js'

/** The two curves of a training, and how they are told apart. */
const PARTS = [
  { part: 'train', label: 'training', dash: undefined },
  { part: 'validation', label: 'validation', dash: DASHES },
] as const

/** A drawn plot with its legend. */
export interface DrawnPlot {
  readonly svg: string
  readonly legend: readonly LegendEntry[]
}

/** A logarithm exists above zero only; anything else leaves a gap. */
function positive(value: number | undefined): number {
  return value !== undefined && value > 0 && Number.isFinite(value) ? value : NaN
}

function curvePoints(values: readonly number[]): Point[] {
  return values.map((value, index) => ({ x: index + 1, y: positive(value) }))
}

/**
 * The mean over the seeds, epoch by epoch, as far as at least half of them came: a single long seed would pull
 * the mean about once the others have stopped.
 */
function meanCurve(curves: readonly TrainingCurve[], part: 'train' | 'validation'): Point[] {
  const begun = curves.filter((curve) => curve[part].length > 0)
  const longest = Math.max(0, ...begun.map((curve) => curve[part].length))
  const points: Point[] = []
  for (let epoch = 0; epoch < longest; epoch++) {
    const reached = begun.filter((curve) => curve[part].length > epoch)
    if (reached.length * 2 < begun.length) break
    const values = reached
      .map((curve) => positive(curve[part][epoch]))
      .filter((value) => !Number.isNaN(value))
    const sum = values.reduce((total, value) => total + value, 0)
    points.push({ x: epoch + 1, y: values.length > 0 ? sum / values.length : NaN })
  }
  return points
}

/** The marks of one cell in the order of their layers: faint lines, means, markers. */
function lossLayers(canvas: Canvas, cell: CellResult, frame: Frame): readonly [Mark[], Mark[], Mark[]] {
  const { Plot } = canvas
  const look = LOOKS[cell.cell]
  const several = cell.curves.length > 1
  // Faint lines share a budget of points, or thirty seeds would fill the file.
  const each = Math.max(30, Math.min(300, Math.floor(6000 / Math.max(1, cell.curves.length))))
  const faint: Mark[] = []
  const strong: Mark[] = []
  const markers: Mark[] = []
  for (const { part, label, dash } of PARTS) {
    const style = { color: look.color, ...(dash === undefined ? {} : { dash }) }
    for (const curve of several ? cell.curves : []) {
      const name = `${look.label} ${label}, seed ${curve.seed}`
      faint.push(
        lineMark(Plot, thin(curvePoints(curve[part]), each), { ...style, name, width: 1, opacity: 0.3 }),
      )
    }
    const mean = thin(meanCurve(cell.curves, part), frame.points)
    strong.push(lineMark(Plot, mean, { ...style, name: `${look.label} ${label}`, width: 2 }))
    markers.push(cellMarkers(Plot, mean, look, frame))
  }
  return [faint, strong, markers]
}

/** The loss curves; undefined where no epoch has finished. */
export function drawLoss(canvas: Canvas, result: CompareResult): DrawnPlot | undefined {
  const curves = result.cells.flatMap((cell) => cell.curves)
  const values = curves.flatMap((curve) => [...curve.train, ...curve.validation].map(positive))
  const range = extent(values)
  if (range === undefined) return undefined
  const epochs = Math.max(...curves.map((curve) => Math.max(curve.train.length, curve.validation.length)))
  const names = result.cells.map((cell) => LOOKS[cell.cell].label).join(' and ')
  const svg = canvas.drawBoth(`Loss of ${names} against the epoch, for training and validation`, (frame) => {
    const x = countAxis([1, epochs], frame.ticks)
    const y = logAxis(range, 6)
    const layers = result.cells.map((cell) => lossLayers(canvas, cell, frame))
    return {
      ...frameOptions(frame, x, y, frame.name === 'wide' ? 330 : 300),
      x: axisOptions(x, 'epoch'),
      y: { ...axisOptions(y, lossName(result).toLowerCase()), type: 'log', grid: true },
      marks: [0, 1, 2].flatMap((layer) => layers.flatMap((cell) => cell[layer] ?? [])),
    }
  })
  const entries = result.cells.flatMap((cell) =>
    PARTS.map(({ label, dash }): LegendEntry => {
      const { label: name, color, symbol } = LOOKS[cell.cell]
      return { label: `${name} ${label}`, color, symbol, ...(dash === undefined ? {} : { dash }) }
    }),
  )
  return { svg, legend: entries }
}

/** The size and margins of a plot whose labels are known. */
export function frameOptions(frame: Frame, x: Axis, y: Axis, height: number): PlotOptions {
  const lastLabel = x.format(x.ticks.at(-1) ?? 0).length
  return {
    height,
    marginLeft: labelRoom(y, frame.fontSize),
    marginRight: Math.max(14, Math.ceil(lastLabel * frame.fontSize * 0.32)),
    marginTop: 32,
    marginBottom: 44,
  }
}

/** An axis as Plot takes it. */
export function axisOptions(axis: Axis, label: string | null): object {
  return { domain: [...axis.domain], ticks: [...axis.ticks], tickFormat: axis.format, tickSize: 4, label }
}

/** What a cell costs, as one small plot for each measure. */
interface Cost {
  readonly title: string
  readonly value: (cell: CellResult) => number
  readonly text: (cell: CellResult) => string
}

function meanOf(statistic: Statistic): number {
  return isMeasured(statistic) ? statistic.mean : NaN
}

const COSTS: readonly Cost[] = [
  {
    title: 'Parameters',
    value: (cell) => cell.parameters,
    text: (cell) => formatInteger(cell.parameters),
  },
  {
    title: 'Time per epoch',
    value: (cell) => meanOf(cell.secondsPerEpoch),
    text: (cell) => formatSeconds({ ...cell.secondsPerEpoch, sd: NaN }),
  },
  {
    title: 'Time steps per second',
    value: (cell) => meanOf(cell.stepsPerSecond),
    text: (cell) => formatRate({ ...cell.stepsPerSecond, sd: NaN }),
  },
]

/** One small plot of bars. */
export interface CostPlot {
  readonly title: string
  readonly svg: string
}

/** The cost of the cells as bars from zero. A measure that no cell has is left out. */
export function drawCosts(canvas: Canvas, cells: readonly CellResult[]): CostPlot[] {
  const { Plot } = canvas
  const plots: CostPlot[] = []
  for (const { title, value, text } of COSTS) {
    const bars = cells.map((cell) => {
      const amount = value(cell)
      const { label, color } = LOOKS[cell.cell]
      return { label, color, amount: Number.isFinite(amount) ? amount : 0, text: text(cell) }
    })
    const largest = Math.max(...bars.map((bar) => bar.amount))
    if (largest <= 0) continue
    const label = `${title}: ${bars.map((bar) => `${bar.label} ${bar.text}`).join(', ')}`
    const longest = Math.max(...bars.map((bar) => bar.text.length))
    const svg = canvas.draw(label, SMALL, {
      height: 14 + bars.length * 38,
      marginLeft: 46,
      marginRight: 14 + longest * SMALL.fontSize * 0.56,
      marginTop: 4,
      marginBottom: 4,
      x: { domain: [0, largest], axis: null },
      y: { domain: bars.map((bar) => bar.label), label: null, tickSize: 0, tickPadding: 8 },
      marks: [
        Plot.barX(bars, {
          x: 'amount',
          y: 'label',
          fill: 'color',
          insetTop: 5,
          insetBottom: 5,
          ariaDescription: 'bars',
        }),
        Plot.text(bars, {
          x: 'amount',
          y: 'label',
          text: 'text',
          textAnchor: 'start',
          dx: 7,
          fill: 'var(--ink)',
        }),
        Plot.ruleX([0], { stroke: 'var(--axis)' }),
      ],
      color: { type: 'identity' },
    })
    plots.push({ title, svg })
  }
  return plots
}
