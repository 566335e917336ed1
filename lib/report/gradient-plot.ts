/** How the gradient falls off with the time lag, drawn and said in words. */

import type { CellResult, CompareResult } from '../compare/result.js'
import { formatInteger, joinWords } from './format.js'
import { thin, toPoints, type Point } from './sampling.js'
import { countAxis, extent, logAxis } from './scales.js'
import { cellEntry, cellMarkers, lineMark, LOOKS } from './series.js'
import type { Canvas, Frame, Mark } from './svg.js'
import { axisOptions, frameOptions, type DrawnPlot } from './training-plots.js'

function falloffPoints(cell: CellResult): Point[] {
  const { lags, norms } = cell.gradientFalloff
  return toPoints(lags, norms).map(({ x, y }) => ({ x, y: y > 0 && Number.isFinite(y) ? y : NaN }))
}

function halfLifeMarks(canvas: Canvas, cell: CellResult, low: number): Mark[] {
  const { halfLife } = cell.gradientFalloff
  if (halfLife === undefined || !Number.isFinite(halfLife)) return []
  const { color } = LOOKS[cell.cell]
  return [
    canvas.Plot.ruleX([halfLife], {
      y1: low,
      y2: 0.5,
      stroke: color,
      strokeDasharray: '1 3',
      strokeWidth: 1.5,
    }),
  ]
}

/** The fall-off of each cell against the lag; undefined where none was measured. */
export function drawGradient(canvas: Canvas, result: CompareResult): DrawnPlot | undefined {
  const { Plot } = canvas
  const cells = result.cells.map((cell) => ({ cell, points: falloffPoints(cell) }))
  const shown = cells.filter(({ points }) => points.some((point) => Number.isFinite(point.y)))
  const range = extent([...shown.flatMap(({ points }) => points.map((point) => point.y))])
  const lags = extent(shown.flatMap(({ points }) => points.map((point) => point.x)))
  if (range === undefined || lags === undefined) return undefined
  const names = shown.map(({ cell }) => LOOKS[cell.cell].label).join(' and ')
  const svg = canvas.drawBoth(`Norm of the gradient of ${names} against the time lag`, (frame: Frame) => {
    const x = countAxis(lags, frame.ticks)
    const y = logAxis([Math.min(range[0], 0.4), Math.max(range[1], 1)], 6)
    const marks: Mark[] = [
      Plot.ruleY([0.5], { stroke: 'var(--truth)', strokeDasharray: '2 3', strokeWidth: 1.25 }),
      Plot.text(['half'], {
        y: [0.5],
        frameAnchor: 'right',
        textAnchor: 'end',
        dy: -9,
        fill: 'var(--muted)',
      }),
    ]
    for (const { cell, points } of shown) {
      const look = LOOKS[cell.cell]
      const line = thin(points, frame.points)
      marks.push(...halfLifeMarks(canvas, cell, y.domain[0]))
      marks.push(lineMark(Plot, line, { name: look.label, color: look.color, width: 2 }))
      marks.push(cellMarkers(Plot, line, look, frame))
    }
    return {
      ...frameOptions(frame, x, y, frame.name === 'wide' ? 320 : 290),
      x: axisOptions(x, 'lag k, in time steps'),
      y: { ...axisOptions(y, '‖∂loss/∂h‖ at lag k, relative to lag 0'), type: 'log', grid: true },
      marks,
    }
  })
  return { svg, legend: shown.map(({ cell }) => cellEntry(cell.cell)) }
}

/** What the curves mean for this comparison, in plain words. */
export function gradientSentence(cells: readonly CellResult[]): string {
  const phrases = cells
    .filter((cell) => falloffPoints(cell).some((point) => Number.isFinite(point.y)))
    .map((cell) => {
      const { label } = LOOKS[cell.cell]
      const { halfLife, lags } = cell.gradientFalloff
      if (halfLife !== undefined && Number.isFinite(halfLife)) {
        return `below half after ${formatInteger(halfLife)} ${halfLife === 1 ? 'step' : 'steps'} in the ${label}`
      }
      return `at no point below half in the ${label} (${formatInteger(Math.max(...lags))} steps were looked at)`
    })
  if (phrases.length === 0) return ''
  return `Here it falls ${joinWords(phrases)}.`
}
