/** The plots of what the cells foretell: the forecast of the test part, its error, and free running. */

import type { CellName, CompareResult, Stretch } from '../compare/result.js'
import { shorten } from './format.js'
import { clampTo, thin, toPoints, type Point } from './sampling.js'
import { countAxis, extent, linearAxis, type Axis } from './scales.js'
import { cellEntry, cellMarkers, lineMark, LOOKS, TRUTH } from './series.js'
import type { Canvas, Frame, Mark, PlotOptions } from './svg.js'
import { axisOptions, frameOptions, type DrawnPlot } from './training-plots.js'

/** Lines of this many points and more are thinned. */
const LONG = 2000

/** A cell's line. */
interface CellLine {
  readonly cell: CellName
  readonly points: readonly Point[]
}

/** The lines of a plot, and whether they lie along time stamps. */
interface Lines {
  readonly truth: readonly Point[]
  readonly cells: readonly CellLine[]
  readonly time: boolean
  readonly unit: string
}

function linesOf(result: CompareResult, truth: Stretch, pick: (index: number) => Stretch | undefined): Lines {
  return {
    truth: toPoints(truth.x, truth.y),
    cells: result.cells.map((cell, index) => {
      const stretch = pick(index)
      return { cell: cell.cell, points: stretch === undefined ? [] : toPoints(stretch.x, stretch.y) }
    }),
    time: result.data.time,
    unit: result.data.name === 'sine' ? 'step' : 'row',
  }
}

function isDrawable(points: readonly Point[]): boolean {
  return points.some((point) => Number.isFinite(point.y))
}

/** The lines that have anything to show. */
function drawn(lines: Lines): readonly CellLine[] {
  return lines.cells.filter((line) => isDrawable(line.points))
}

function reduce(points: readonly Point[], frame: Frame): readonly Point[] {
  return points.length < LONG ? points : thin(points, frame.points)
}

/** The values to show: all of them, but no farther from the truth than its own span, where a run diverges. */
function valueRange(lines: Lines): [number, number] | undefined {
  const truth = extent(lines.truth.map((point) => point.y))
  const cells = extent(lines.cells.flatMap((line) => line.points.map((point) => point.y)))
  if (truth === undefined || cells === undefined) return truth ?? cells
  const span = truth[1] - truth[0] || Math.abs(truth[1]) || 1
  return [
    Math.min(truth[0], Math.max(cells[0], truth[0] - span)),
    Math.max(truth[1], Math.min(cells[1], truth[1] + span)),
  ]
}

/** The cells whose line leaves the frame, to be named in words. */
export function leavesFrame(result: CompareResult): CellName[] {
  const range = valueRange(linesOf(result, result.truth.freeRun, (index) => result.cells[index]?.freeRun))
  if (range === undefined) return []
  return result.cells
    .filter((cell) => cell.freeRun.y.some((value) => !(value >= range[0] && value <= range[1])))
    .map((cell) => cell.cell)
}

/** The x axis of rows, steps or time. */
function xOptions(lines: Lines, frame: Frame): { axis: Axis; options: object } {
  const all = [...lines.truth, ...lines.cells.flatMap((line) => line.points)].map((point) => point.x)
  const range = extent(all) ?? [0, 1]
  const axis = countAxis(range, frame.ticks)
  if (!lines.time) {
    const even = linearAxis(range, frame.ticks, 0)
    const exact = { ...axis, ticks: even.ticks, format: even.format }
    return { axis: exact, options: axisOptions(exact, lines.unit) }
  }
  const domain = axis.domain.map((stamp) => new Date(stamp))
  const options = { type: 'utc', domain, ticks: frame.name === 'wide' ? 8 : 3, tickSize: 4, label: null }
  // Room is left for two lines of text: Plot puts the year below the month.
  return { axis: { ...axis, ticks: [], format: () => '' }, options }
}

function plotOptions(
  lines: Lines,
  frame: Frame,
  y: Axis,
  label: string,
  height: number,
  marks: Mark[],
): PlotOptions {
  const x = xOptions(lines, frame)
  const marginRight = lines.time ? 26 : undefined
  const base = frameOptions(frame, x.axis, y, height)
  return {
    ...base,
    ...(marginRight === undefined ? {} : { marginRight }),
    x: x.options,
    y: { ...axisOptions(y, label), grid: true },
    marks,
  }
}

function lineMarks(canvas: Canvas, lines: Lines, frame: Frame, y: Axis): Mark[] {
  const { Plot } = canvas
  const truth = reduce(lines.truth, frame)
  const marks: Mark[] = []
  if (isDrawable(truth)) marks.push(lineMark(Plot, truth, { name: 'truth', color: TRUTH.color, width: 4 }))
  // All markers come after all lines: those of one cell must not vanish below the line of the other.
  const markers: Mark[] = []
  for (const { cell, points } of drawn(lines)) {
    const look = LOOKS[cell]
    const shown = clampTo(reduce(points, frame), y.domain)
    const inside = shown.filter((point) => point.y >= y.domain[0] && point.y <= y.domain[1])
    marks.push(lineMark(Plot, shown, { name: look.label, color: look.color, width: 1.6 }))
    markers.push(cellMarkers(Plot, inside, look, frame))
  }
  return [...marks, ...markers]
}

function legendOf(lines: Lines): DrawnPlot['legend'] {
  return [...(isDrawable(lines.truth) ? [TRUTH] : []), ...drawn(lines).map((line) => cellEntry(line.cell))]
}

function namesOf(lines: Lines): string {
  return drawn(lines)
    .map((line) => LOOKS[line.cell].label)
    .join(' and ')
}

function targetLabel(result: CompareResult, frame: Frame): string {
  return shorten(result.data.target, frame.name === 'wide' ? 60 : 28)
}

/** The forecast of the test part against the truth; undefined where no cell has one. */
export function drawForecast(canvas: Canvas, result: CompareResult): DrawnPlot | undefined {
  const lines = linesOf(result, result.truth.forecast, (index) => result.cells[index]?.forecast)
  const range = valueRange(lines)
  if (range === undefined || drawn(lines).length === 0) return undefined
  const label = `Forecast of ${result.data.target} by ${namesOf(lines)}, and the truth`
  const svg = canvas.drawBoth(label, (frame) => {
    const y = linearAxis(range, 5)
    const marks = lineMarks(canvas, lines, frame, y)
    return plotOptions(lines, frame, y, targetLabel(result, frame), frame.name === 'wide' ? 340 : 290, marks)
  })
  return { svg, legend: legendOf(lines) }
}

/** How much of a long forecast the close-up shows. */
const CLOSE = 60

/** The end of a long forecast from near; undefined where the whole of it can be seen anyhow. */
export function drawCloseUp(canvas: Canvas, result: CompareResult): DrawnPlot | undefined {
  const { x } = result.truth.forecast
  const longest = Math.max(0, ...result.cells.map((cell) => cell.forecast.x.length))
  if (longest <= 2 * CLOSE || x.length <= CLOSE) return undefined
  const from = x.at(-CLOSE) ?? 0
  const cut = (stretch: Stretch): Stretch => ({
    x: stretch.x.filter((at) => at >= from),
    y: stretch.y.filter((_, index) => (stretch.x[index] ?? NaN) >= from),
  })
  return drawForecast(canvas, {
    ...result,
    truth: { ...result.truth, forecast: cut(result.truth.forecast) },
    cells: result.cells.map((cell) => ({ ...cell, forecast: cut(cell.forecast) })),
  })
}

/**
 * The error of that forecast, where the difference of two good cells can be seen at all. Each cell has a strip
 * of its own, since two noisy lines on one another hide each other; the strips share their axes.
 */
export function drawResiduals(canvas: Canvas, result: CompareResult): string | undefined {
  const { Plot } = canvas
  const forecast = linesOf(result, result.truth.forecast, (index) => result.cells[index]?.forecast)
  const truth = new Map(forecast.truth.map((point) => [point.x, point.y]))
  const cells = forecast.cells.map(({ cell, points }) => ({
    cell,
    points: points.map(({ x, y }) => ({ x, y: y - (truth.get(x) ?? NaN) })),
  }))
  const lines: Lines = { ...forecast, cells }
  const range = extent([0, ...cells.flatMap((line) => line.points.map((point) => point.y))])
  if (range === undefined || drawn(lines).length === 0) return undefined
  const y = linearAxis(range, 3)
  const strips = drawn(lines).map(({ cell, points }) => {
    const look = LOOKS[cell]
    return canvas.drawBoth(`Error of the forecast by the ${look.label}: forecast less truth`, (frame) => {
      const shown = reduce(points, frame)
      const marks: Mark[] = [
        Plot.ruleY([0], { stroke: 'var(--truth)', strokeWidth: 1.5 }),
        lineMark(Plot, shown, { name: `${look.label} error`, color: look.color, width: 1.4 }),
        cellMarkers(Plot, shown, look, frame),
      ]
      return plotOptions(
        lines,
        frame,
        y,
        `${look.label}: forecast − truth`,
        frame.name === 'wide' ? 160 : 165,
        marks,
      )
    })
  })
  return strips.join('\n')
}

/** The mark where free running begins: what is before it, a rule, and the words for it. */
function startMarks(canvas: Canvas, lines: Lines, from: number, y: Axis): Mark[] {
  const { Plot } = canvas
  const range = extent(
    [...lines.truth, ...lines.cells.flatMap((line) => line.points)].map((point) => point.x),
  )
  if (range === undefined || !Number.isFinite(from) || from < range[0] || from > range[1]) return []
  const early = from - range[0] <= (range[1] - range[0]) * 0.55
  const place = { x: [from], frameAnchor: 'top', dy: -14, fill: 'var(--ink)' } as const
  return [
    Plot.rect([0], { x1: [range[0]], x2: [from], y1: [y.domain[0]], y2: [y.domain[1]], fill: 'var(--wash)' }),
    Plot.ruleX([from], {
      stroke: 'var(--ink)',
      strokeWidth: 1.25,
      strokeDasharray: '2 3',
      ariaDescription: 'start',
    }),
    early
      ? Plot.text(['free running →'], { ...place, textAnchor: 'start', dx: -3 })
      : Plot.text(['free running →'], { ...place, textAnchor: 'end', dx: 3 }),
  ]
}

/** Free running of both cells against the truth; undefined where no cell has run. */
export function drawFreeRun(canvas: Canvas, result: CompareResult): DrawnPlot | undefined {
  const lines = linesOf(result, result.truth.freeRun, (index) => result.cells[index]?.freeRun)
  const range = valueRange(lines)
  if (range === undefined || drawn(lines).length === 0) return undefined
  const label = `Free running of ${namesOf(lines)} and the truth of ${result.data.target}`
  const svg = canvas.drawBoth(label, (frame) => {
    const y = linearAxis(range, 5)
    const marks = [
      ...startMarks(canvas, lines, result.truth.freeRunFrom, y),
      ...lineMarks(canvas, lines, frame, y),
    ]
    return plotOptions(lines, frame, y, targetLabel(result, frame), frame.name === 'wide' ? 340 : 290, marks)
  })
  return { svg, legend: legendOf(lines) }
}
