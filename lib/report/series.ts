/** How each series looks everywhere in the report: a colour, and a marker for those who cannot use colours. */

import type { CellName } from '../compare/result.js'
import { escapeHtml } from './format.js'
import { markerPoints, type Point } from './sampling.js'
import type { Frame, Mark, PlotLibrary } from './svg.js'

/** The look of a cell. Colours are variables of the style sheet, so that a plot follows light and dark. */
export interface Look {
  readonly label: string
  readonly color: string
  readonly symbol: 'circle' | 'square'
  /** Shifts the markers of one cell against those of the other. */
  readonly phase: number
}

/** The look of each cell. */
export const LOOKS: Readonly<Record<CellName, Look>> = {
  gru: { label: 'GRU', color: 'var(--gru)', symbol: 'circle', phase: 0 },
  lstm: { label: 'LSTM', color: 'var(--lstm)', symbol: 'square', phase: 1 },
}

/** An entry of a legend. */
export interface LegendEntry {
  readonly label: string
  readonly color: string
  readonly symbol?: Look['symbol']
  readonly dash?: string
  readonly thick?: boolean
}

/** The dashes of a validation curve. */
export const DASHES = '6 4'

/** The truth's entry. */
export const TRUTH: LegendEntry = { label: 'truth', color: 'var(--truth)', thick: true }

/** A cell's entry. */
export function cellEntry(cell: CellName): LegendEntry {
  const { label, color, symbol } = LOOKS[cell]
  return { label, color, symbol }
}

/** A short piece of the line as it is drawn, for legends and table heads. */
export function swatch(entry: LegendEntry): string {
  const width = entry.thick === true ? 4.5 : 2
  const dash = entry.dash === undefined ? '' : ` stroke-dasharray="${entry.dash}"`
  const line = `<path d="M1 6H29" stroke="${entry.color}" stroke-width="${width}" fill="none"${dash}/>`
  const marker =
    entry.symbol === 'circle'
      ? `<circle cx="15" cy="6" r="4" fill="${entry.color}"/>`
      : entry.symbol === 'square'
        ? `<rect x="11.5" y="2.5" width="7" height="7" fill="var(--paper)" stroke="${entry.color}" stroke-width="2"/>`
        : ''
  return `<svg class="swatch" viewBox="0 0 30 12" aria-hidden="true">${line}${marker}</svg>`
}

/** The legend of a plot. */
export function legend(entries: readonly LegendEntry[]): string {
  const items = entries.map((entry) => `<li>${swatch(entry)}${escapeHtml(entry.label)}</li>`)
  return `<ul class="legend">${items.join('')}</ul>`
}

/** How a line is drawn. */
export interface LineStyle {
  readonly name: string
  readonly color: string
  readonly width: number
  readonly opacity?: number
  readonly dash?: string
}

/** A line that does not leave the frame. A line of one point is a dot: a path of one point cannot be seen. */
export function lineMark(Plot: PlotLibrary, points: readonly Point[], style: LineStyle): Mark {
  const finite = points.filter((point) => Number.isFinite(point.y))
  const common = { x: 'x', y: 'y', ariaDescription: style.name, clip: true, opacity: style.opacity ?? 1 }
  if (finite.length === 1) return Plot.dot(finite, { ...common, fill: style.color, r: style.width + 1 })
  return Plot.line([...points], {
    ...common,
    stroke: style.color,
    strokeWidth: style.width,
    ...(style.dash === undefined ? {} : { strokeDasharray: style.dash }),
  })
}

/** A few markers along a cell's line. They are not cut at the frame: half a marker at the end of a line reads as a fault. */
export function cellMarkers(Plot: PlotLibrary, points: readonly Point[], look: Look, frame: Frame): Mark {
  const chosen = markerPoints(points, frame.name === 'wide' ? 9 : 5, look.phase)
  return Plot.dot(chosen, {
    x: 'x',
    y: 'y',
    symbol: look.symbol,
    r: 3.6,
    fill: look.symbol === 'circle' ? look.color : 'var(--paper)',
    stroke: look.color,
    strokeWidth: 1.75,
  })
}
