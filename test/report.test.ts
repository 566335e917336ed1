/** The report as text: complete in itself, safe, and honest where something is missing. */

import type { CompareResult } from '../lib/compare/result.js'
import { HOSTILE, makeDiverged, makeHostile, makeInterrupted, makeResult } from './fixtures-report.js'
import { renderReports } from './render-report.js'

/** One point far above all others, which thinning must not lose. */
function withSpike(result: CompareResult): CompareResult {
  const { forecast } = result.truth
  const y = forecast.y.map((value, index) => (index === 7777 ? 90 : value))
  return { ...result, truth: { ...result.truth, forecast: { x: forecast.x, y } } }
}

const RESULTS = {
  plain: makeResult(),
  rows: makeResult({ time: false, seeds: 1 }),
  one: {
    ...makeResult({ cells: ['lstm'], seeds: 1, epochs: 1 }),
    verdict: ['The cell beats the last value.'],
  },
  hostile: makeHostile(),
  interrupted: makeInterrupted(),
  diverged: makeDiverged(),
  bare: { ...makeResult({ seeds: 1 }), naive: [], settings: { normalisation: 'none' } },
  empty: { ...makeInterrupted(), cells: [], naive: [], verdict: [], seeds: [] },
  // More of everything than anyone would train.
  long: withSpike(makeResult({ points: 20_000, seeds: 20, epochs: 3000 })),
} satisfies Record<string, CompareResult>

type Case = keyof typeof RESULTS

const ALL_PLOTS = [
  'loss',
  'forecast',
  'close-up',
  'residuals',
  'free-run',
  'gradient',
  'cost-0',
  'cost-1',
  'cost-2',
]

let pages: Record<Case, string>

beforeAll(() => {
  const names = Object.keys(RESULTS) as Case[]
  const rendered = renderReports(names.map((name) => RESULTS[name]))
  pages = Object.fromEntries(names.map((name, index) => [name, rendered[index] ?? ''])) as Record<
    Case,
    string
  >
}, 60_000)

/** The figures of a page by name. */
function figures(page: string): Map<string, string> {
  const found = page.matchAll(/<figure data-plot="([^"]+)">(.*?)<\/figure>/gs)
  return new Map([...found].map(([, name = '', body = '']) => [name, body]))
}

/** The series that a figure's wide drawing holds. */
function series(body: string | undefined): string[] {
  const wide = (body ?? '').split('<svg ').filter((part) => /class="plot (wide|small)"/.test(part))
  return wide.flatMap((part) => [...part.matchAll(/data-series="([^"]*)"/g)].map(([, name = '']) => name))
}

/** The text of a page without its markup. */
function text(page: string): string {
  return page
    .replace(/<style>.*?<\/style>/gs, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
}

describe.each(Object.keys(RESULTS) as Case[])('the page of the case "%s"', (name) => {
  test('is one document that loads and runs nothing', () => {
    const page = pages[name]
    expect(page).toMatch(/^<!doctype html>\n<html lang="en">/)
    expect(page.trimEnd()).toMatch(/<\/html>$/)
    expect(page).not.toMatch(/<(script|link rel="stylesheet"|iframe|object|embed|img|base)\b/i)
    expect(page).not.toMatch(/@import|url\((?!#)/)
    expect(page).not.toMatch(/\b(?:src|href|xlink:href|action|data)="(?!data:,"|#)/)
    // The one address that may stand in a page is the name of SVG's namespace, which nothing fetches.
    expect(page.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|\/\/[a-z]/i)
    expect(page).toContain('<link rel="icon" href="data:,">')
    expect(page).toContain("default-src 'none'")
  })

  test('holds no number that is none', () => {
    expect(text(pages[name])).not.toMatch(/\b(NaN|undefined|null|Infinity|\[object)/)
    expect(pages[name]).not.toMatch(/(?<=[\s"(,LM])-?(NaN|Infinity)(?=[\s"),L])/)
  })

  test('stays below a megabyte', () => {
    expect(Buffer.byteLength(pages[name])).toBeLessThan(1_000_000)
  })

  test('has headings in order, table heads with scope, and a label for each picture', () => {
    const page = pages[name]
    expect(page.match(/<h1/g)).toHaveLength(1)
    expect(page.indexOf('<h1')).toBeLessThan(page.indexOf('<h2'))
    for (const [head] of page.matchAll(/<th\b[^>]*>/g)) expect(head).toContain('scope="')
    for (const [svg] of page.matchAll(/<svg [^>]*class="plot [^>]*>/g)) {
      expect(svg).toMatch(/role="img"/)
      expect(svg).toMatch(/aria-label="[^"]+"/)
    }
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)
    expect(new Set(ids).size).toBe(ids.length)
  })
})

describe('a whole comparison', () => {
  test('shows the verdict first, and each section in its order', () => {
    const page = pages.plain
    const [first = '', ...others] = RESULTS.plain.verdict
    expect(page).toContain(`<p class="verdict">${first}</p>`)
    for (const sentence of others) expect(page).toContain(`<p>${sentence}</p>`)
    const order = [
      'class="verdict"',
      'id="summary"',
      'id="loss"',
      'id="forecast"',
      'id="free-run"',
      'id="gradient"',
    ]
    const places = [...order, 'id="cost"', 'id="settings"', 'id="words"'].map((mark) => page.indexOf(mark))
    expect(places.every((place) => place > 0)).toBe(true)
    expect([...places].sort((a, b) => a - b)).toEqual(places)
  })

  test('draws every plot, wide and narrow', () => {
    const found = figures(pages.plain)
    expect([...found.keys()]).toEqual(ALL_PLOTS)
    for (const [name, body] of found) {
      const shapes = [...body.matchAll(/class="plot (\w+)"/g)].map(([, shape]) => shape)
      expect(new Set(shapes)).toEqual(new Set(name.startsWith('cost') ? ['small'] : ['wide', 'narrow']))
    }
  })

  test('draws every series', () => {
    const found = figures(pages.plain)
    const loss = series(found.get('loss'))
    for (const cell of ['GRU', 'LSTM']) {
      for (const part of ['training', 'validation']) {
        expect(loss).toContain(`${cell} ${part}`)
        for (const seed of RESULTS.plain.seeds) expect(loss).toContain(`${cell} ${part}, seed ${seed}`)
      }
    }
    expect(series(found.get('forecast'))).toEqual(['truth', 'GRU', 'LSTM'])
    expect(series(found.get('residuals'))).toEqual(['GRU error', 'LSTM error'])
    expect(series(found.get('free-run'))).toEqual(['start', 'truth', 'GRU', 'LSTM'])
    expect(series(found.get('gradient'))).toEqual(['GRU', 'LSTM'])
    expect(found.get('loss')).toContain('stroke-dasharray')
  })

  test('prints the numbers of the summary', () => {
    const { cells, naive } = RESULTS.plain
    const words = text(pages.plain)
    for (const cell of cells) {
      const { mean, sd } = cell.errors.test.rmse
      expect(words).toContain(`${mean.toFixed(3)} ± ${sd.toFixed(3)}`)
      expect(words).toContain(cell.parameters.toLocaleString('en-US'))
    }
    for (const one of naive)
      expect(words).toContain(`${one.name} RMSE ${one.errors.test.rmse.mean.toFixed(3)}`)
    const error = cells[0]?.errors.test.rmse.mean ?? NaN
    expect(words).toContain(`${((1 - error / 2.981) * 100).toFixed(1)} % lower`)
    expect(words).toContain('below half after 11 steps in the GRU and below half after 21 steps in the LSTM')
    expect(words).toContain('RMSE 2.981, free running 5.962')
    expect(words).toContain('0, 1, 2, 3, 4')
  })

  test('lists what a repetition needs', () => {
    const words = text(pages.plain)
    for (const value of [
      'avx2',
      '0.7,0.15,0.15',
      'adam',
      '0.003',
      'temp_max, temp_min, precipitation, wind',
    ]) {
      expect(words).toContain(value)
    }
  })
})

describe('a comparison that lacks something', () => {
  test('one cell, one seed, one epoch: nothing of the other cell', () => {
    const words = text(pages.one)
    expect(words).not.toContain('GRU')
    expect(words).not.toContain('± ')
    expect([...figures(pages.one).keys()]).toEqual(ALL_PLOTS)
    expect(series(figures(pages.one).get('loss'))).toEqual(['LSTM training', 'LSTM validation'])
  })

  test('no naive forecast: no heading for it', () => {
    expect(text(pages.bare)).not.toContain('compared with naive')
    expect(text(pages.plain)).toContain('compared with naive')
  })

  test('nothing scaled: the loss is not called normalised', () => {
    expect(text(pages.bare)).not.toMatch(/normalised mean/i)
    expect(text(pages.plain)).toContain('normalised mean squared error')
  })

  test('interrupted before the first epoch: it says so and draws what there is', () => {
    expect(pages.interrupted).toContain('role="note"')
    expect(text(pages.interrupted)).toContain('Interrupted.')
    expect(text(pages.plain)).not.toContain('Interrupted.')
    expect([...figures(pages.interrupted).keys()]).toEqual(['cost-0'])
    expect(pages.interrupted.match(/class="empty"/g)).toHaveLength(4)
    expect(text(pages.interrupted)).toContain('n/a')
    expect(text(pages.empty)).toContain('No cell was trained.')
  })

  test('a diverged cell: its numbers are not measured, and the frame stays with the truth', () => {
    expect(text(pages.diverged)).toContain('The free run of the LSTM leaves the frame')
    expect([...figures(pages.diverged).keys()]).toEqual(ALL_PLOTS)
    expect(text(pages.plain)).not.toContain('leaves the frame')
    const coordinates = [...pages.diverged.matchAll(/ d="([^"]*)"/g)].flatMap(
      ([, d = '']) => d.match(/-?[\d.]+/g) ?? [],
    )
    expect(Math.max(...coordinates.map((value) => Math.abs(Number(value))))).toBeLessThan(2000)
  })
})

describe('names of the user', () => {
  test('appear as text and never as markup', () => {
    const page = pages.hostile
    const escaped = HOSTILE.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
    expect(page).toContain(escaped.replaceAll('"', '&quot;').replaceAll("'", '&#39;'))
    expect(page).not.toContain('<script')
    expect(page).not.toContain('<img')
    for (const [tag] of page.matchAll(/<[a-z][^>]*>/gi))
      expect(tag.replace(/"[^"]*"/g, '""')).not.toMatch(/onerror/)
  })
})

describe('a long series', () => {
  test('is thinned, and keeps its extremes', () => {
    const drawn = figures(pages.long).get('forecast') ?? ''
    const wide = drawn.split('<svg ').find((part) => part.includes('class="plot wide"')) ?? ''
    const [, truth = ''] = /data-series="truth"[^>]*>.*?<path [^>]*?d="([^"]*)"/s.exec(wide) ?? []
    const points = [...truth.matchAll(/[ML](-?[\d.]+),(-?[\d.]+)/g)].map(([, , y]) => Number(y))
    expect(points.length).toBeGreaterThan(500)
    expect(points.length).toBeLessThan(2000)
    // The spike is at 90 where all else is below 40: it stands alone in the upper half of the drawing.
    const [top, bottom] = [Math.min(...points), Math.max(...points)]
    expect(points.filter((y) => y < (top + bottom) / 2)).toEqual([top])
  })
})
