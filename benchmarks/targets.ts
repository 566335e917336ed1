/** Where gatewise should stand, and where it does. */
import { isPlain, type Cell } from './cases.js'
import { cacheBytes, stateBytes } from './limits.js'
import type { BenchResult, Row } from './result.js'
import { geometricMean } from './statistics.js'

export interface Verdict {
  readonly what: string
  readonly target: string
  readonly measured: string
  /** Undefined where nothing was measured. */
  readonly met: boolean | undefined
}

type Format = (value: number) => string

const times: Format = (value) => `${value.toPrecision(3)} ×`
const percent: Format = (value) => `${Math.round(100 * value)} %`

/** At least `target`. */
function atLeast(
  what: string,
  target: number,
  found: number | undefined,
  format: Format,
  detail = '',
): Verdict {
  const measured = found === undefined ? 'not measured' : format(found) + detail
  return { what, target: format(target), measured, met: found === undefined ? undefined : found >= target }
}

/** The least value of the rows that have one, and which row that is. */
function worst(
  rows: readonly Row[],
  value: (row: Row) => number | undefined,
): { found?: number; detail: string } {
  let [found, detail]: [number | undefined, string] = [undefined, '']
  for (const row of rows) {
    const here = value(row)
    if (here === undefined || (found !== undefined && here >= found)) continue
    found = here
    const { cell, T, B, I, H } = row.subject
    detail = ` (${cell} ${[T, B, I, H].join(',')}, ${row.threads})`
  }
  return { ...(found === undefined ? {} : { found }), detail }
}

function mean(rows: readonly Row[], value: (row: Row) => number | undefined): number | undefined {
  const values = rows.map(value).filter((ratio) => ratio !== undefined)
  return values.length === 0 ? undefined : geometricMean(values)
}

const against =
  (id: string) =>
  ({ peers }: Row): number | undefined =>
    peers[id]?.ratio.median

/** The faster of the two that infer on several threads. */
function againstBest({ peers }: Row): number | undefined {
  const ratios = ['pytorch', 'onnxruntime'].flatMap((id) => peers[id]?.ratio.median ?? [])
  return ratios.length === 0 ? undefined : Math.min(...ratios)
}

/** Every line of the table in README.md of this folder, in its order. */
export function verdicts({ rows, allocations }: BenchResult): Verdict[] {
  const train = rows.filter(({ mode }) => mode === 'train')
  const infer = rows.filter(({ mode }) => mode === 'infer')
  const of = (cell: Cell): Row[] => train.filter(({ subject }) => subject.cell === cell)
  const bandwidth = infer.filter(({ subject: { B, H } }) => B === 1 && H >= 256)
  const large = train.filter(({ subject: { B, H }, threads }) => H >= 512 && B >= 64 && threads === 1)
  const cache = cacheBytes(2) ?? 1 << 20
  const streaming = rows.filter(
    ({ subject, shares }) => subject.B === 1 && stateBytes(subject) > cache && shares?.by === 'read',
  )
  const shared = rows.filter(({ subject: { T, B, H }, threads }) => threads === 2 && T * B * H >= 1e6)
  const wide = train.filter(({ subject }) => subject.H >= 128 && isPlain(subject))

  const least = (
    what: string,
    target: number,
    some: readonly Row[],
    value: (row: Row) => number | undefined,
    format: Format,
  ) => {
    const { found, detail } = worst(some, value)
    return atLeast(what, target, found, format, detail)
  }
  const torch = against('pytorch')
  return [
    atLeast('training against PyTorch, geometric mean', 4, mean(train, torch), times),
    atLeast('… LSTM', 2.3, mean(of('LSTM'), torch), times),
    atLeast('… GRU', 7, mean(of('GRU'), torch), times),
    least('… worst case', 1.25, train, torch, times),
    atLeast('inference against the better of PyTorch, ONNX RT', 1.8, mean(infer, againstBest), times),
    least('… worst case', 1.15, infer, againstBest, times),
    least('… worst case of batch 1, H ≥ 256', 1, bandwidth, againstBest, times),
    least(
      'training, H ≥ 512, B ≥ 64: share of FMA, 1 thread',
      0.75,
      large,
      ({ shares }) => shares?.flops,
      percent,
    ),
    least(
      'batch 1, weights beyond L2: share of bandwidth',
      0.85,
      streaming,
      ({ shares }) => shares?.bound,
      percent,
    ),
    least('second core, T·B·H ≥ 1 M', 1.8, shared, against('single'), times),
    least('training against plain JS, H ≥ 128, worst case', 25, wide, against('pure-js'), times),
    atLeast('training against TensorFlow.js WASM', 150, mean(train, against('tfjs-wasm')), times),
    streamVerdict(rows),
    allocationVerdict(allocations),
  ]
}

function streamVerdict(rows: readonly Row[]): Verdict {
  const steps = rows.filter(({ mode, subject }) => mode === 'stream' && subject.H === 32)
  const slowest = Math.max(...steps.map(({ seconds }) => 1e6 * seconds.median))
  return {
    what: 'one streaming step, H = 32, at most',
    target: '2 µs',
    measured: steps.length === 0 ? 'not measured' : `${slowest.toPrecision(3)} µs`,
    met: steps.length === 0 ? undefined : slowest <= 2,
  }
}

function allocationVerdict(allocations: BenchResult['allocations']): Verdict {
  const native = allocations.map((row) => row.native?.bytes ?? NaN)
  const more = allocations.map(({ arrays, handedOut }) => arrays - handedOut)
  const [mostNative, mostMore] = [Math.max(...native), Math.max(...more)]
  return {
    what: 'allocated per step: native; arrays not handed out',
    target: '0 B; 0 B',
    measured:
      allocations.length === 0
        ? 'not measured'
        : `${Number.isNaN(mostNative) ? 'not counted' : `${mostNative} B`}; ${mostMore} B`,
    met: allocations.length === 0 || Number.isNaN(mostNative) ? undefined : mostNative === 0 && mostMore <= 0,
  }
}
