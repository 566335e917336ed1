/** Fewer points for the same picture: a line of ten thousand points does not fit on a screen, nor in a small file. */

/** A point of a line. A `y` that is not finite leaves a gap. */
export interface Point {
  readonly x: number
  readonly y: number
}

/** Pairs two lists up to the shorter of them, leaving out points that have no place on the x axis. */
export function toPoints(x: readonly number[], y: readonly number[]): Point[] {
  const points: Point[] = []
  for (let index = 0; index < Math.min(x.length, y.length); index++) {
    const at = x[index] ?? NaN
    if (Number.isFinite(at)) points.push({ x: at, y: y[index] ?? NaN })
  }
  return points
}

/**
 * Thins a line to about `limit` points by keeping the first, least, greatest and last of each bucket, so that
 * peaks survive; evenly picked points would lose them. A gap stays a gap.
 */
export function thin(points: readonly Point[], limit: number): readonly Point[] {
  if (points.length <= limit) return points
  const buckets = Math.max(1, Math.floor(limit / 4))
  const kept: Point[] = []
  for (let bucket = 0; bucket < buckets; bucket++) {
    const from = Math.floor((bucket * points.length) / buckets)
    const to = Math.floor(((bucket + 1) * points.length) / buckets)
    const chosen = new Set([from, to - 1])
    let low = -1
    let high = -1
    for (let index = from; index < to; index++) {
      const y = points[index]?.y ?? NaN
      if (!Number.isFinite(y)) {
        // One missing point stands for all of its bucket's: it breaks the line, which is what is to be seen.
        chosen.add(index)
        break
      }
      if (low < 0 || y < (points[low]?.y ?? NaN)) low = index
      if (high < 0 || y > (points[high]?.y ?? NaN)) high = index
    }
    if (low >= 0) chosen.add(low).add(high)
    for (const index of [...chosen].sort((a, b) => a - b)) {
      const point = points[index]
      if (point !== undefined) kept.push(point)
    }
  }
  return kept
}

/**
 * A few points of a line to carry its marker. `phase` (0 to 1) shifts them, so that the markers of two lines
 * that lie on one another do not coincide.
 */
export function markerPoints(points: readonly Point[], count: number, phase: number): Point[] {
  const drawn = points.filter((point) => Number.isFinite(point.y))
  if (drawn.length <= count) return drawn
  const first = drawn[0]?.x ?? 0
  const step = ((drawn.at(-1)?.x ?? 0) - first) / count
  const chosen: Point[] = []
  let index = 0
  for (let marker = 0; marker < count; marker++) {
    const target = first + (marker + 0.2 + 0.5 * phase) * step
    while (index < drawn.length - 1 && (drawn[index]?.x ?? 0) < target) index++
    const point = drawn[index]
    if (point !== undefined && chosen.at(-1) !== point) chosen.push(point)
  }
  return chosen
}

/** Keeps values within reach of the frame: a diverged run would otherwise write numbers that no renderer takes. */
export function clampTo(points: readonly Point[], domain: readonly [number, number]): Point[] {
  const reach = (domain[1] - domain[0]) * 0.5
  const low = domain[0] - reach
  const high = domain[1] + reach
  return points.map(({ x, y }) => ({ x, y: Number.isNaN(y) ? NaN : Math.min(Math.max(y, low), high) }))
}
