/** Draws a plot as SVG text without a browser, in one shape for wide screens and one for phones. */

import { escapeHtml } from './format.js'

/** Observable Plot, which exists as an ES module only and is therefore loaded on first use. */
export type PlotLibrary = typeof import('@observablehq/plot', { with: { 'resolution-mode': 'import' } })

/** What a plot is made of: the options of Plot. */
export type PlotOptions = Parameters<PlotLibrary['plot']>[0] & object

/** A mark of a plot, as a line or a rule. */
export type Mark = ReturnType<PlotLibrary['line']>

/** The shape that a plot is drawn in. A small screen gets a drawing of its own, so that its labels stay readable. */
export interface Frame {
  readonly name: 'wide' | 'narrow' | 'small'
  readonly width: number
  readonly fontSize: number
  /** About how many ticks have room on the x axis. */
  readonly ticks: number
  /** How many points a line may keep. */
  readonly points: number
}

/** What all plots are drawn with. */
export interface Canvas {
  readonly Plot: PlotLibrary
  /** One SVG element; `label` is what a screen reader says in its place. */
  draw(label: string, frame: Frame, options: PlotOptions): string
  /** The same plot in both shapes, of which the style sheet shows one. */
  drawBoth(label: string, options: (frame: Frame) => PlotOptions): string
}

/** For screens from about 720 px on, and for paper. */
export const WIDE: Frame = { name: 'wide', width: 900, fontSize: 12.5, ticks: 9, points: 1400 }

/** For phones. */
export const NARROW: Frame = { name: 'narrow', width: 380, fontSize: 12.5, ticks: 4, points: 700 }

/** For a small plot that stands beside others, or alone on a phone. */
export const SMALL: Frame = { name: 'small', width: 300, fontSize: 12.5, ticks: 3, points: 200 }

/** The little of the DOM that is used here; the compiler has no DOM library in a Node project. */
interface DrawnElement {
  readonly outerHTML: string
  readonly tagName: string
  getAttribute(name: string): string | null
  setAttribute(name: string, value: string): void
  removeAttribute(name: string): void
  querySelectorAll(selector: string): Iterable<DrawnElement>
  remove(): void
}

const GEOMETRY = ['d', 'transform', 'x', 'y', 'x1', 'x2', 'y1', 'y2', 'cx', 'cy', 'r', 'width', 'height']

/** A hundredth of a unit is finer than any screen shows, and half the size of the file. */
function roundGeometry(element: DrawnElement): void {
  for (const name of GEOMETRY) {
    const value = element.getAttribute(name)
    if (value === null || value.endsWith('em')) continue
    element.setAttribute(
      name,
      value.replace(/-?\d+\.\d{3,}(?:e[-+]?\d+)?/g, (digits) =>
        String(Math.round(Number(digits) * 100) / 100),
      ),
    )
  }
}

/** Makes Plot's element fit for a page of ours: sized and coloured by the page, announced as one picture. */
function finish(svg: DrawnElement, label: string, frame: Frame): string {
  for (const style of svg.querySelectorAll('style')) style.remove()
  for (const element of svg.querySelectorAll('*')) {
    roundGeometry(element)
    // The picture is announced as a whole; what Plot says of its parts only serves to tell the series apart.
    const series = element.getAttribute('aria-description')
    if (series !== null) element.setAttribute('data-series', series)
    for (const name of ['aria-label', 'aria-description', 'aria-hidden']) element.removeAttribute(name)
  }
  for (const name of ['width', 'height', 'font-family', 'class']) svg.removeAttribute(name)
  svg.setAttribute('class', `plot ${frame.name}`)
  svg.setAttribute('font-size', String(frame.fontSize))
  svg.setAttribute('role', 'img')
  // Set as text after serialising: a label is the user's, and the escaping of attributes is then in one place.
  return svg.outerHTML.replace('<svg ', `<svg aria-label="${escapeHtml(label)}" `)
}

/** Loads what draws. */
export async function openCanvas(): Promise<Canvas> {
  const [Plot, { parseHTML }] = await Promise.all([import('@observablehq/plot'), import('linkedom')])
  const { document } = parseHTML('<!doctype html><html><body></body></html>')
  const draw = (label: string, frame: Frame, options: PlotOptions): string => {
    const svg = Plot.plot({ ...options, width: frame.width, document }) as unknown as DrawnElement
    if (svg.tagName.toLowerCase() !== 'svg')
      throw new Error('a plot with a legend or caption is not one picture')
    return finish(svg, label, frame)
  }
  const drawBoth = (label: string, options: (frame: Frame) => PlotOptions): string =>
    [WIDE, NARROW].map((frame) => draw(label, frame, options(frame))).join('\n')
  return { Plot, draw, drawBoth }
}
