/**
 * What a page looks like from inside a browser. The one exported function is sent there as source text, so it
 * holds all that it needs. A Node project has no DOM types, hence the few that are declared here.
 */

/** What is known of a plot of which a drawing is shown. */
export interface PlotInspection {
  readonly name: string
  /** Drawings that are visible: the wide or the narrow one, not both. */
  readonly drawings: number
  /** Series with something to see. */
  readonly series: number
  /** Series that are there but have no extent. */
  readonly empty: readonly string[]
}

/** What was found on a page. */
export interface Inspection {
  readonly background: string
  /** Pixels by which the page is wider than the window. */
  readonly overflow: number
  readonly plots: readonly PlotInspection[]
  /** Labels of plots that reach beyond their drawing, and text that reaches beyond its box. */
  readonly clipped: readonly string[]
  /** Pairs of labels of one plot that lie on one another. */
  readonly overlapping: readonly string[]
  /** Text below 4.5 : 1 and lines below 3 : 1 against the background. */
  readonly poorContrast: readonly string[]
  /** Labels of plots under nine pixels. */
  readonly tooSmall: readonly string[]
}

interface Box {
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
  readonly width: number
  readonly height: number
}

interface Element {
  readonly textContent: string
  readonly tagName: string
  readonly clientWidth: number
  readonly scrollWidth: number
  readonly childNodes: Iterable<{ readonly nodeType: number; readonly textContent: string }>
  getBoundingClientRect(): Box
  getAttribute(name: string): string | null
  closest(selector: string): Element | null
  querySelectorAll(selector: string): Iterable<Element>
}

interface Style {
  readonly color: string
  readonly fill: string
  readonly stroke: string
  readonly backgroundColor: string
  readonly fontSize: string
}

declare const document: { readonly body: Element; readonly documentElement: Element } & Pick<
  Element,
  'querySelectorAll'
>
declare const getComputedStyle: (element: Element) => Style
declare const innerWidth: number

/** Looks at the page; runs in the browser. */
export function inspectPage(): Inspection {
  const all = (root: Pick<Element, 'querySelectorAll'>, selector: string): Element[] => [
    ...root.querySelectorAll(selector),
  ]
  const isShown = (element: Element): boolean => {
    const { width, height } = element.getBoundingClientRect()
    return width > 0 || height > 0
  }
  const numbers = (color: string): number[] => (color.match(/[\d.]+/g) ?? []).map(Number)
  const luminance = (color: string): number => {
    const parts = numbers(color)
      .slice(0, 3)
      .map((value) => value / 255)
    const [r = 0, g = 0, b = 0] = parts.map((part) =>
      part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4,
    )
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const contrast = (one: string, other: string): number => {
    const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b)
    return (high + 0.05) / (low + 0.05)
  }
  const backgroundOf = (element: Element): string => {
    const box = element.closest('.notice, .empty') ?? document.body
    return getComputedStyle(box).backgroundColor
  }

  const drawings = all(document, 'svg.plot').filter(isShown)
  const plots = all(document, 'figure[data-plot]').map((figure) => {
    const shown = all(figure, 'svg.plot').filter(isShown)
    const series = shown.flatMap((svg) => all(svg, '[data-series]'))
    const visible = series.filter((one) =>
      all(one, 'path, circle, rect, line').some((shape) => {
        const { width, height } = shape.getBoundingClientRect()
        return Math.max(width, height) > 1
      }),
    )
    return {
      name: figure.getAttribute('data-plot') ?? '',
      drawings: shown.length,
      series: visible.length,
      empty: series
        .filter((one) => !visible.includes(one))
        .map((one) => one.getAttribute('data-series') ?? ''),
    }
  })

  const clipped: string[] = []
  const overlapping: string[] = []
  const tooSmall: string[] = []
  for (const svg of drawings) {
    const frame = svg.getBoundingClientRect()
    const viewWidth = Number((svg.getAttribute('viewBox') ?? '').split(' ')[2])
    const name = svg.closest('figure')?.getAttribute('data-plot') ?? ''
    const labels = all(svg, 'text').filter((label) => label.textContent.trim() !== '' && isShown(label))
    const boxes = labels.map((label) => ({ text: label.textContent, box: label.getBoundingClientRect() }))
    boxes.forEach(({ text, box }, index) => {
      const out = Math.max(
        frame.left - box.left,
        box.right - frame.right,
        frame.top - box.top,
        box.bottom - frame.bottom,
      )
      if (out > 1) clipped.push(`${name}: ${text} by ${out.toFixed(1)} px`)
      for (const other of boxes.slice(index + 1)) {
        const across = Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left)
        const down = Math.min(box.bottom, other.box.bottom) - Math.max(box.top, other.box.top)
        // A box of text is higher than its letters; two lines of it may touch by a few pixels.
        if (across > 1 && down > 4) overlapping.push(`${name}: ${text} and ${other.text}`)
      }
    })
    for (const label of labels) {
      const size = (parseFloat(getComputedStyle(label).fontSize) * frame.width) / viewWidth
      if (size < 9) tooSmall.push(`${name}: ${label.textContent} at ${size.toFixed(1)} px`)
    }
  }
  for (const element of all(document, 'h1, h2, h3, p, li, td, th, dt, dd, figcaption')) {
    const box = element.getBoundingClientRect()
    const inScroll = element.closest('.scroll') !== null
    const beyond = !inScroll && box.right > innerWidth + 1
    if (isShown(element) && (beyond || element.scrollWidth > element.clientWidth + 1)) {
      clipped.push(`${element.tagName}: ${element.textContent.slice(0, 60)}`)
    }
  }

  const poor = new Set<string>()
  const weigh = (what: string, color: string, against: string, least: number): void => {
    const ratio = contrast(color, against)
    if (ratio < least) poor.add(`${what}: ${color} on ${against}: ${ratio.toFixed(2)}`)
  }
  for (const element of all(document, 'body *').filter(isShown)) {
    const says = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== '')
    if (!says) continue
    const style = getComputedStyle(element)
    const inPlot = element.closest('svg') !== null
    weigh(element.tagName, inPlot ? style.fill : style.color, backgroundOf(element), 4.5)
  }
  for (const one of drawings.flatMap((svg) => all(svg, '[data-series]'))) {
    // Plot puts a mark's constant colour on the group and a varying one on each shape.
    for (const shape of [one, ...all(one, 'path, rect, circle, line')]) {
      const { stroke, fill } = getComputedStyle(shape)
      const color = stroke !== 'none' ? stroke : fill
      if (color === 'none' || color === 'rgb(0, 0, 0)') continue
      weigh(one.getAttribute('data-series') ?? '', color, backgroundOf(one), 3)
    }
  }

  return {
    background: getComputedStyle(document.body).backgroundColor,
    overflow: document.documentElement.scrollWidth - innerWidth,
    plots,
    clipped,
    overlapping,
    poorContrast: [...poor],
    tooSmall,
  }
}
