/** Domains and ticks of the axes, chosen here so that the margins can be fitted to the labels before drawing. */

import { formatNumber, powerOfTen } from './format.js'

/** An axis: its two ends, where the ticks stand and what they say. */
export interface Axis {
  readonly domain: readonly [number, number]
  readonly ticks: readonly number[]
  readonly format: (value: number) => string
}

/** The least and the greatest finite value; undefined where there is none. */
export function extent(values: Iterable<number>): [number, number] | undefined {
  let low = Infinity
  let high = -Infinity
  for (const value of values) {
    if (!Number.isFinite(value)) continue
    if (value < low) low = value
    if (value > high) high = value
  }
  return low <= high ? [low, high] : undefined
}

/** A step of 1, 2 or 5 times a power of ten that divides a span into about `count` parts. */
function niceStep(span: number, count: number): number {
  const rough = span / Math.max(count, 1)
  const power = 10 ** Math.floor(Math.log10(rough))
  const factor = [1, 2, 5, 10].find((candidate) => candidate * power >= rough * 0.75) ?? 10
  return factor * power
}

/** A linear axis over a range, widened a little so that no line runs along the frame. */
export function linearAxis(range: readonly [number, number], count: number, widen = 0.04): Axis {
  const span = range[1] - range[0]
  const pad = span > 0 ? span * widen : Math.max(Math.abs(range[0]) * 0.1, 0.5)
  const domain: [number, number] = [range[0] - pad, range[1] + pad]
  const step = niceStep(domain[1] - domain[0], count)
  const ticks: number[] = []
  for (let index = Math.ceil(domain[0] / step); index * step <= domain[1]; index++) ticks.push(index * step)
  const decimals = Math.min(Math.max(-Math.floor(Math.log10(step) + 1e-9), 0), 12)
  const largest = Math.max(Math.abs(domain[0]), Math.abs(domain[1]))
  const format = (value: number): string => {
    if (Math.abs(value) < step * 1e-6) return '0'
    if (largest >= 1e6 || decimals > 4) return formatNumber(value, 2)
    return value.toLocaleString('en-US', { maximumFractionDigits: decimals }).replace(/^-/, '−')
  }
  return { domain, ticks, format }
}

/** An axis of counts that start at `low`: ticks at whole numbers only. */
export function countAxis(range: readonly [number, number], count: number): Axis {
  const domain: [number, number] =
    range[1] > range[0] ? [range[0], range[1]] : [range[0] - 0.5, range[1] + 0.5]
  const step = Math.max(1, niceStep(Math.max(range[1] - range[0], 1), count))
  const ticks = [range[0]]
  for (let tick = Math.ceil((range[0] + step * 0.6) / step) * step; tick <= domain[1]; tick += step)
    ticks.push(tick)
  return { domain, ticks, format: (value) => value.toLocaleString('en-US') }
}

/** A logarithmic axis: powers of ten over a long range, 1–2–5 over a short one. */
export function logAxis(range: readonly [number, number], count: number): Axis {
  const margin = Math.max((range[1] / range[0]) ** 0.04, 1.1)
  const domain: [number, number] = [range[0] / margin, range[1] * margin]
  const low = Math.ceil(Math.log10(domain[0]) - 1e-9)
  const high = Math.floor(Math.log10(domain[1]) + 1e-9)
  const ticks: number[] = []
  if (high - low >= 2) {
    const stride = Math.max(1, Math.ceil((high - low) / count))
    for (let exponent = high; exponent >= low; exponent -= stride) ticks.push(10 ** exponent)
  } else {
    for (let exponent = low - 1; exponent <= high; exponent++) {
      for (const factor of [1, 2, 5]) {
        const tick = factor * 10 ** exponent
        if (tick >= domain[0] && tick <= domain[1]) ticks.push(tick)
      }
    }
  }
  return { domain, ticks, format: formatLogTick }
}

function formatLogTick(value: number): string {
  const exponent = Math.round(Math.log10(value))
  const isPower = Math.abs(value / 10 ** exponent - 1) < 1e-6
  if (isPower && (exponent < -3 || exponent > 4)) return powerOfTen(exponent)
  return formatNumber(value, 1)
}

/** The room that the widest label of an axis needs, in the drawing's units. */
export function labelRoom(axis: Axis, fontSize: number): number {
  const widest = Math.max(1, ...axis.ticks.map((tick) => [...axis.format(tick)].length))
  return Math.ceil(widest * fontSize * 0.6) + 16
}
