/** The report in a real browser: nothing fails to load, every plot is drawn, and all of it can be read. */

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { chromium, type Browser, type Page } from 'playwright-core'

import { makeDiverged, makeHostile, makeInterrupted, makeResult } from './fixtures-report.js'
import { inspectPage, type Inspection } from './inspect-page.js'
import { renderReports } from './render-report.js'

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
]

const RESULTS = {
  plain: makeResult(),
  long: makeResult({ points: 3000, seeds: 8, epochs: 400, time: false }),
  one: makeResult({ cells: ['lstm'], seeds: 1, epochs: 1 }),
  hostile: makeHostile(),
  interrupted: makeInterrupted(),
  diverged: makeDiverged(),
}

type Case = keyof typeof RESULTS

/** Series that each plot of a whole comparison of two cells must show at the least. */
const EXPECTED: Readonly<Record<string, number>> = {
  loss: 4,
  forecast: 3,
  'close-up': 3,
  residuals: 2,
  'free-run': 3,
  gradient: 2,
  'cost-0': 1,
  'cost-1': 1,
  'cost-2': 1,
}

const VIEWS = (['light', 'dark'] as const).flatMap((scheme) =>
  [1280, 800, 375].map((width) => ({ scheme, width })),
)

/** Milliseconds for a test that opens pages: on a busy machine a page takes seconds. */
const PATIENCE = 30_000

if (existsSync(CHROMIUM)) {
  describe('the report in chromium', checkInBrowser)
} else if (process.env['CI'] === 'true') {
  test('the report in chromium', () => {
    throw new Error(`no browser at ${CHROMIUM}: install chromium, or name one in CHROMIUM`)
  })
} else {
  // Jest lists skipped tests in a verbose run only, so this is said outright as well.
  const reason = `no browser at ${CHROMIUM}; install chromium or set CHROMIUM`
  process.stderr.write(`\nSKIPPED: the report was not opened in a browser: ${reason}\n`)
  test.skip(`the report in chromium (${reason})`, () => {})
}

/** What a browser made of a page. */
interface Opened extends Inspection {
  readonly complaints: readonly string[]
  readonly requests: readonly string[]
}

async function open(browser: Browser, url: string, scheme: 'light' | 'dark', width: number): Promise<Opened> {
  const page: Page = await browser.newPage({ colorScheme: scheme, viewport: { width, height: 800 } })
  const complaints: string[] = []
  const requests: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('dialog', (dialog) => complaints.push(`dialog: ${dialog.message()}`))
  page.on('requestfailed', (request) => complaints.push(`failed: ${request.url()}`))
  page.on('request', (request) => requests.push(request.url()))
  await page.goto(url)
  const inspection = await page.evaluate(inspectPage)
  await page.close()
  return { ...inspection, complaints, requests }
}

function checkInBrowser(): void {
  let browser: Browser | undefined
  let folder: string
  const urls = new Map<Case, string>()

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gatewise-report-'))
    const names = Object.keys(RESULTS) as Case[]
    renderReports(names.map((name) => RESULTS[name])).forEach((html, index) => {
      const name = names[index]
      if (name === undefined) return
      const file = join(folder, `${name}.html`)
      writeFileSync(file, html)
      urls.set(name, pathToFileURL(file).href)
    })
    const more = ['--disable-component-update', '--disable-sync']
    browser = await chromium.launch({ executablePath: CHROMIUM, args: [...ARGS, ...more] })
  }, 90_000)

  afterAll(async () => {
    await browser?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  describe.each(Object.keys(RESULTS) as Case[])('the case "%s"', (name) => {
    test.each(VIEWS)(
      '$scheme at $width px',
      async ({ scheme, width }) => {
        const url = urls.get(name) ?? ''
        const seen = await open(browser!, url, scheme, width)
        expect(seen.complaints).toEqual([])
        expect(seen.requests.filter((request) => request !== url && !request.startsWith('data:'))).toEqual([])
        expect(seen.overflow).toBeLessThanOrEqual(0)
        expect(seen.clipped).toEqual([])
        expect(seen.overlapping).toEqual([])
        expect(seen.poorContrast).toEqual([])
        expect(seen.tooSmall).toEqual([])
        for (const plot of seen.plots) {
          expect([plot.name, plot.empty]).toEqual([plot.name, []])
          expect([plot.name, plot.drawings]).toEqual([plot.name, plot.name === 'residuals' ? plot.series : 1])
        }
        const drawn = name === 'interrupted' ? ['cost-0'] : Object.keys(EXPECTED)
        expect(seen.plots.map((plot) => plot.name)).toEqual(drawn)
        const cells = RESULTS[name].cells.length
        for (const plot of seen.plots) {
          const least = EXPECTED[plot.name] ?? 0
          const wanted = cells === 2 || plot.name.startsWith('cost') ? least : Math.ceil(least / 2)
          expect([plot.name, plot.series >= wanted]).toEqual([plot.name, true])
        }
      },
      PATIENCE,
    )
  })

  test(
    'the inspection notices a spoilt page',
    async () => {
      const page = await browser!.newPage({ colorScheme: 'light', viewport: { width: 1280, height: 800 } })
      await page.goto(urls.get('plain') ?? '')
      await page.addStyleTag({
        content: `:root { --muted: #b0b0b0; --gru: #cfe3f7 } main { min-width: 1500px } h1 { width: 10px; white-space: pre }
        .plot.wide [data-series="truth"] { display: none } .plot.narrow { display: block }
        .plot text { font-size: 30px }`,
      })
      const seen = await page.evaluate(inspectPage)
      await page.close()
      expect(seen.overflow).toBeGreaterThan(0)
      expect(seen.clipped.join()).toContain('H1')
      expect(seen.overlapping).not.toEqual([])
      expect(seen.poorContrast.join()).toContain('FIGCAPTION')
      expect(seen.poorContrast.join()).toContain('GRU')
      expect(seen.plots.find((plot) => plot.name === 'forecast')).toMatchObject({
        drawings: 2,
        empty: ['truth'],
      })
    },
    PATIENCE,
  )

  test(
    'the themes differ, and paper is white even where the screen is dark',
    async () => {
      const url = urls.get('plain') ?? ''
      const light = await open(browser!, url, 'light', 1280)
      const dark = await open(browser!, url, 'dark', 1280)
      expect(light.background).toBe('rgb(255, 255, 255)')
      expect(dark.background).not.toBe(light.background)
      const page = await browser!.newPage({ colorScheme: 'dark', viewport: { width: 700, height: 800 } })
      await page.goto(url)
      await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
      const printed = await page.evaluate(inspectPage)
      await page.close()
      expect(printed.background).toBe('rgb(255, 255, 255)')
      expect(printed.plots.map((plot) => plot.name)).toEqual(Object.keys(EXPECTED))
      expect(printed.poorContrast).toEqual([])
    },
    PATIENCE,
  )
}
