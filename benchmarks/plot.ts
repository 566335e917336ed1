/** The ratios of all rows as one picture: a mark for every peer and case, wins and losses alike. */
import { join } from 'node:path'
import type * as Svg from '../lib/report/svg.js'
import { subjectName } from './cases.js'
import { BENCHMARKS } from './gatewise.js'
import type { BenchResult } from './result.js'
import type { Spread } from './statistics.js'

/** Distinct for colour-blind eyes too (Okabe and Ito, 2008), and by symbol. */
const LOOKS: Readonly<Record<string, { readonly color: string; readonly symbol: string }>> = {
  pytorch: { color: '#d55e00', symbol: 'circle' },
  onnxruntime: { color: '#0072b2', symbol: 'square' },
  'pure-js': { color: '#b58900', symbol: 'triangle' },
  'tfjs-wasm': { color: '#009e73', symbol: 'diamond' },
  'tfjs-cpu': { color: '#a0568a', symbol: 'star' },
  brain: { color: '#555555', symbol: 'times' },
}

const INK = '#222222'
const LOSS = '#fbe3df'
const STYLE = { background: 'white', color: INK, fontFamily: 'system-ui, sans-serif' }
const WIDTH = 1100
const LEGEND_HEIGHT = 34
const ROW_HEIGHT = 16

interface Point extends Spread {
  readonly id: string
  readonly panel: string
  readonly name: string
}

const colorOf = ({ id }: { readonly id: string }) => LOOKS[id]?.color
const symbolOf = ({ id }: { readonly id: string }) => LOOKS[id]?.symbol

/** SVG text, for a page of any colour. */
export async function drawRatios({ rows, peers, gatewise }: BenchResult): Promise<string> {
  const { openCanvas, WIDE } = require(join(BENCHMARKS, '..', 'dist', 'report', 'svg.js')) as typeof Svg
  const canvas = await openCanvas()
  const { Plot } = canvas
  const frame = { ...WIDE, width: WIDTH }
  const shown = peers.filter(({ id }) => LOOKS[id] !== undefined)
  const points = rows.flatMap(({ subject, mode, threads, peers: found }) =>
    shown.flatMap(({ id }): Point[] => {
      const ratio = found[id]?.ratio
      if (ratio === undefined) return []
      const panel = `${mode}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`
      return [{ id, panel, name: `${subject.cell} ${subjectName(subject)}`, ...ratio }]
    }),
  )
  const unique = (of: (point: Point) => string): string[] => [...new Set(points.map(of))]
  const names = unique(({ name }) => name)
  const panels = unique(({ panel }) => panel).sort((a, b) => rank(a) - rank(b))
  const [least, most] = [
    Math.min(0.5, ...points.map(({ low }) => low)) / 1.1,
    Math.max(2, ...points.map(({ high }) => high)) * 1.3,
  ]
  const label = 'How many times the time of gatewise its peers take, for every case; losses are left of 1'
  const height = 120 + ROW_HEIGHT * names.length
  const plot = canvas.draw(label, frame, {
    height,
    marginLeft: 220,
    marginTop: 40,
    marginBottom: 44,
    style: STYLE,
    x: {
      type: 'log',
      domain: [least, most],
      grid: true,
      ticks: [1, 10, 100, 1000].filter((tick) => tick < most),
      tickFormat: String,
      label: `times the time of gatewise ${gatewise} →`,
    },
    y: { domain: names, label: null, tickSize: 0 },
    fx: { domain: panels, label: null },
    marks: [
      Plot.rect([{}], { x1: () => least, x2: () => 1, fill: LOSS }),
      Plot.ruleX([1], { stroke: INK }),
      Plot.ruleY(points, {
        ...{ fx: 'panel', x1: 'low', x2: 'high', y: 'name' },
        ...{ stroke: colorOf, strokeOpacity: 0.5 },
      }),
      Plot.dot(points, {
        ...{ fx: 'panel', x: 'median', y: 'name', r: 3.2 },
        ...{ stroke: colorOf, symbol: symbolOf },
      }),
    ],
  })
  const legend = canvas.draw('', frame, {
    height: LEGEND_HEIGHT,
    margin: 0,
    style: STYLE,
    x: { domain: [0, Math.max(1, shown.length)], axis: null },
    y: { domain: [-1, 1], axis: null },
    marks: [
      Plot.dot(shown, { x: (_, at) => at + 0.03, y: () => 0, r: 4, stroke: colorOf, symbol: symbolOf }),
      Plot.text(shown, { x: (_, at) => at + 0.1, y: () => 0, text: 'title', textAnchor: 'start' }),
    ],
  })
  const at = (svg: string, y: number, high: number): string =>
    svg.replace('<svg ', `<svg x="0" y="${y}" width="${WIDTH}" height="${high}" `)
  const whole = LEGEND_HEIGHT + height
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${whole}" width="${WIDTH}" height="${whole}">`,
    `<rect width="100%" height="100%" fill="white"/>`,
    at(legend, 0, LEGEND_HEIGHT),
    at(plot, LEGEND_HEIGHT, height),
    '</svg>\n',
  ].join('\n')
}

/** Training first, and the fewer threads. */
function rank(panel: string): number {
  return (
    10 * ['train', 'infer', 'stream'].findIndex((mode) => panel.startsWith(mode)) +
    Number(/\d/.exec(panel)?.[0])
  )
}
