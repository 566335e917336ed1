/** The ratios of all rows as one picture: a dot for every peer and case, wins and losses alike. */
import { join } from 'node:path'
import type * as Svg from '../lib/report/svg.js'
import { subjectName } from './cases.js'
import { BENCHMARKS } from './gatewise.js'
import type { BenchResult } from './result.js'

/** Distinct for colour-blind eyes too (Okabe and Ito, 2008), and by symbol. */
const LOOKS: Readonly<Record<string, { readonly color: string; readonly symbol: string }>> = {
  pytorch: { color: '#d55e00', symbol: 'circle' },
  onnxruntime: { color: '#0072b2', symbol: 'square' },
  'pure-js': { color: '#b58900', symbol: 'triangle' },
  'tfjs-wasm': { color: '#009e73', symbol: 'diamond' },
  'tfjs-cpu': { color: '#cc79a7', symbol: 'star' },
  brain: { color: '#666666', symbol: 'cross' },
}

const INK = '#222222'

/** SVG text. */
export async function drawRatios({ rows, peers, gatewise }: BenchResult): Promise<string> {
  const { openCanvas, WIDE } = require(join(BENCHMARKS, '..', 'dist', 'report', 'svg.js')) as typeof Svg
  const canvas = await openCanvas()
  const { Plot } = canvas
  const shown = peers.filter(({ id }) => LOOKS[id] !== undefined)
  const points = rows.flatMap(({ subject, mode, threads, peers: found }) =>
    shown.flatMap(({ id }) => {
      const ratio = found[id]?.ratio
      if (ratio === undefined) return []
      const panel = `${mode}, ${threads}`
      return [{ id, panel, name: `${subject.cell} ${subjectName(subject)}`, ...ratio }]
    }),
  )
  const names = [...new Set(points.map(({ name }) => name))]
  const panels = [...new Set(points.map(({ panel }) => panel))]
  const ratios = points.flatMap(({ low, high }) => [low, high])
  const domain = [Math.min(0.5, ...ratios) / 1.1, Math.max(2, ...ratios) * 1.2]
  const svg = canvas.draw(
    'How many times the time of gatewise its peers take, for every case',
    { ...WIDE, width: 1100 },
    {
      height: 120 + 17 * names.length,
      marginLeft: 190,
      marginTop: 60,
      marginBottom: 44,
      style: { background: 'white', color: INK, fontFamily: 'system-ui, sans-serif' },
      x: {
        type: 'log',
        domain,
        grid: true,
        label: `times the time of gatewise ${gatewise} →`,
        tickFormat: (d: number) => String(d),
      },
      y: { domain: names, label: null, tickSize: 0 },
      fx: { domain: panels, label: null },
      marks: [
        Plot.ruleX([1], { stroke: INK, strokeWidth: 1.5 }),
        Plot.ruleY(points, {
          fx: 'panel',
          x1: 'low',
          x2: 'high',
          y: 'name',
          stroke: ({ id }: { id: string }) => LOOKS[id]?.color,
          strokeOpacity: 0.5,
        }),
        Plot.dot(points, {
          fx: 'panel',
          x: 'median',
          y: 'name',
          r: 3.5,
          stroke: ({ id }: { id: string }) => LOOKS[id]?.color,
          symbol: ({ id }: { id: string }) => LOOKS[id]?.symbol,
        }),
      ],
    },
  )
  return svg
}
