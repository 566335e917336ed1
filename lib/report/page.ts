/** What a page is made of: one HTML file, complete in itself: no script, no other file, no network. */
import { escapeHtml } from './format.js'
import { legend } from './series.js'
import { STYLE } from './style.js'
import type { DrawnPlot } from './training-plots.js'

/** A paragraph of plain text; nothing where there is none. */
export function paragraph(text: string, kind?: string): string {
  return text === '' ? '' : `<p${kind === undefined ? '' : ` class="${kind}"`}>${escapeHtml(text)}</p>`
}

/** A part of the page under a heading. */
export function section(id: string, title: string, content: readonly string[]): string {
  const body = content.filter((part) => part !== '').join('\n')
  return `<section aria-labelledby="${id}">\n<h2 id="${id}">${escapeHtml(title)}</h2>\n${body}\n</section>`
}

/** A plot with its legend above and its caption below; a sentence in its place where there is nothing to draw. */
export function figure(name: string, plot: DrawnPlot | undefined, caption: string): string {
  if (plot === undefined)
    return paragraph('Nothing to draw: there was no finished epoch to measure it on.', 'empty')
  const head = plot.legend.length > 0 ? legend(plot.legend) : ''
  const words = caption === '' ? '' : `<figcaption>${escapeHtml(caption)}</figcaption>`
  return `<figure data-plot="${name}">\n${head}\n${plot.svg}\n${words}</figure>`
}

// Should anything slip past the escaping, the browser still loads and runs nothing.
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"

/** A whole page; the title is plain text. */
export function page(title: string, version: string, content: readonly string[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<main>
${content.join('\n')}
<footer>Made by gatewise ${escapeHtml(version)}.</footer>
</main>
</body>
</html>
`
}
