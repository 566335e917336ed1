/** What a run has found, as text of at most 100 columns. */
import { subjectName, type Mode } from './cases.js'
import type { BenchResult, Machine, Row } from './result.js'
import type { Spread } from './statistics.js'
import type { Verdict } from './targets.js'

const NOTHING = '–'

const digits = (value: number): string =>
  value >= 1000 ? String(Math.round(value)) : Number(value.toPrecision(3)).toString()

const percent = (share: number): string => `${Math.round(100 * share)}`

/** `-2 +5 %`: the quartiles beside the median. */
const quartiles = ({ median, low, high }: Spread): string =>
  `-${percent(1 - low / median)}+${percent(high / median - 1)} %`

function layOut(lines: readonly (readonly string[])[]): string[] {
  const widths = (lines[0] ?? []).map((_, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0)))
  return lines.map((line) =>
    line
      .map((text, at) => (at === 0 ? text.padEnd(widths[at] ?? 0) : text.padStart(widths[at] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
}

const TITLES: Readonly<Record<Mode, string>> = {
  train: 'training (forward, backward, all gradients)',
  infer: 'inference',
  stream: 'one step of a stream',
}

/** The heading of the rows that stand in one block. */
export const blockOf = ({ subject, mode, threads }: Row): string =>
  `${subject.cell}, ${TITLES[mode]}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`

/** One block: times of gatewise, and the peers' as multiples of them. */
function block(title: string, rows: readonly Row[], peers: BenchResult['peers']): string {
  const there = peers.filter(({ id }) => rows.some((row) => row.peers[id] !== undefined))
  const unit = rows[0]?.mode === 'stream' ? (['µs', 1e6] as const) : (['ms', 1e3] as const)
  const head = ['T,B,I,H', unit[0], 'least', 'quartiles', 'of limit', ...there.map(({ head }) => head)]
  const lines = rows.map(({ subject, seconds, shares, peers: found }) => [
    subjectName(subject),
    digits(unit[1] * seconds.median),
    digits(unit[1] * seconds.min),
    quartiles(seconds),
    shares === undefined ? NOTHING : `${percent(shares.bound)} % ${shares.by}`,
    ...there.map(({ id }) => {
      const ratio = found[id]?.ratio.median
      return ratio === undefined ? NOTHING : `${digits(ratio)} ×`
    }),
  ])
  return [title, ...layOut([head, ...lines])].join('\n')
}

/** All rows, in blocks. */
export function rowsTable({ rows, peers }: BenchResult): string {
  const blocks = new Map<string, Row[]>()
  for (const row of rows) blocks.set(blockOf(row), [...(blocks.get(blockOf(row)) ?? []), row])
  return [...blocks].map(([title, some]) => block(title, some, peers)).join('\n\n')
}

export function verdictsTable(verdicts: readonly Verdict[]): string {
  const lines = verdicts.map(({ what, target, measured, met }) => [
    what,
    target,
    measured,
    met === undefined ? NOTHING : met ? 'met' : 'NOT MET',
  ])
  return layOut([['Where it should stand', 'target', 'measured', ''], ...lines]).join('\n')
}

export function machineTable({ processor, cores, flops, read }: Machine): string {
  const rate = (value: number): string => String(Math.round(value / 1e9))
  const threads = flops.map((_, at) => `${at + 1} thr.`)
  const lines = [
    ['multiply-adds, GFLOP/s', ...flops.map(rate)],
    ...read.map(({ level, bytes, rates }) => [
      `reading from ${level} (${Math.round(bytes / 1024)} KiB a core), GB/s`,
      ...rates.map(rate),
    ]),
  ]
  return layOut([[`${processor}, ${cores} cores`, ...threads], ...lines]).join('\n')
}

export function allocationsTable(allocations: BenchResult['allocations']): string {
  const lines = allocations.map(({ name, native, arrays, handedOut }) => [
    name,
    native === undefined ? NOTHING : String(native.calls),
    native === undefined ? NOTHING : String(native.bytes),
    String(arrays),
    String(handedOut),
  ])
  const head = ['Allocated per step, bytes', 'native calls', 'native', 'typed arrays', 'handed out']
  return layOut([head, ...lines]).join('\n')
}

/** What did not count: a line for every row of a peer that failed, or gave other results. */
export function failures({ rows, peers }: BenchResult): string[] {
  return rows.flatMap(({ subject, mode, threads, failed }) =>
    peers.flatMap(({ id, title }) => {
      const why = failed[id]
      return why === undefined
        ? []
        : [`${title}: ${subject.cell} ${subjectName(subject)} ${mode}, ${threads}: ${why}`]
    }),
  )
}
