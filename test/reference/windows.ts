/** Windows the plain way: every one copied out of its series, gap by gap and value by value. Shares no code with lib. */

interface PlainSeries {
  readonly columns: Readonly<Record<string, ArrayLike<number>>>
  readonly statics?: Readonly<Record<string, number>>
}

interface PlainLayout {
  readonly window: number
  readonly horizon: number
  readonly lead: number
  readonly stride: number
  readonly targets: 'last' | 'every'
  readonly target: readonly string[]
  readonly past: readonly string[]
  readonly known: readonly string[]
  readonly statics: readonly string[]
  readonly missing: 'drop' | 'forward' | 'mean' | 'zero'
  readonly missingIndicators: boolean
}

interface PlainScaler {
  scale(column: string): { readonly offset: number; readonly factor: number; readonly mean: number }
}

/** Every whole window of every series in order: the inputs of its steps, and then its targets. */
export function naiveWindows(
  list: readonly PlainSeries[],
  layout: PlainLayout,
  scaler: PlainScaler,
): number[][] {
  return list.flatMap((series) => {
    const rows = series.columns[layout.target[0] ?? '']?.length ?? 0
    const found: number[][] = []
    for (let start = 0; ; start += layout.stride) {
      const last = start + layout.window - 1 + layout.lead + layout.horizon - 1
      if (last >= rows) return found
      const window = oneWindow(series, layout, scaler, start)
      if (!window.some(Number.isNaN)) found.push(window)
    }
  })
}

function oneWindow(series: PlainSeries, layout: PlainLayout, scaler: PlainScaler, start: number): number[] {
  const raw = (name: string, row: number): number => series.columns[name]?.[row] ?? Number.NaN
  const scaled = (name: string, value: number): number => {
    const { offset, factor } = scaler.scale(name)
    return (value - offset) / factor
  }
  const input = (name: string, row: number): number => {
    const value = raw(name, row)
    if (!Number.isNaN(value)) return scaled(name, value)
    if (layout.missing === 'zero') return scaled(name, 0)
    if (layout.missing === 'mean') return scaled(name, scaler.scale(name).mean)
    if (layout.missing === 'forward') {
      for (let before = row - 1; before >= 0; before--) {
        if (!Number.isNaN(raw(name, before))) return scaled(name, raw(name, before))
      }
    }
    return Number.NaN
  }
  const horizon = Array.from({ length: layout.horizon }, (_, h) => layout.lead + h)
  const inputs: number[] = []
  const targets: number[] = []
  for (let step = 0; step < layout.window; step++) {
    const row = start + step
    for (const name of layout.past) inputs.push(input(name, row))
    for (const name of layout.known) {
      inputs.push(input(name, row))
      for (const ahead of horizon) inputs.push(input(name, row + ahead))
    }
    for (const name of layout.statics) inputs.push(scaled(name, series.statics?.[name] ?? Number.NaN))
    if (layout.missingIndicators) {
      for (const name of [...layout.past, ...layout.known]) inputs.push(Number.isNaN(raw(name, row)) ? 1 : 0)
    }
    if (layout.targets === 'last' && step < layout.window - 1) continue
    for (const ahead of horizon) {
      for (const name of layout.target) targets.push(scaled(name, raw(name, row + ahead)))
    }
  }
  return [...inputs, ...targets]
}
