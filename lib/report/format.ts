/** Numbers, durations and names as the report prints them, and the escaping of whatever came from a user. */

import type { Statistic } from '../compare/result.js'

/** What stands in place of a number that was not measured, or is not finite. */
export const NOT_MEASURED = 'n/a'

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹'

/** Makes text safe as an element's content and as a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character)
}

/** Shortens a name that has no room: a column can be called anything, and an axis label cannot wrap. */
export function shorten(text: string, length: number): string {
  const characters = [...text]
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join('')}…`
}

/** `10⁻³` for -3. */
export function powerOfTen(exponent: number): string {
  const digits = [...String(Math.abs(exponent))].map((digit) => SUPERSCRIPTS[Number(digit)] ?? '').join('')
  return `10${exponent < 0 ? '⁻' : ''}${digits}`
}

/** A whole number with its thousands apart. */
export function formatInteger(value: number): string {
  return Number.isFinite(value) ? Math.round(value).toLocaleString('en-US') : NOT_MEASURED
}

/** The exponent to print a number with, or 0 where plain digits read better. */
function exponentOf(value: number): number {
  if (value === 0 || !Number.isFinite(value)) return 0
  const exponent = Math.floor(Math.log10(Math.abs(value)))
  return exponent < -3 || exponent > 6 ? exponent : 0
}

/** The decimals that give a number `digits` significant digits. */
function decimalsOf(value: number, digits: number): number {
  if (value === 0 || !Number.isFinite(value)) return digits - 1
  return Math.min(Math.max(digits - 1 - Math.floor(Math.log10(Math.abs(value))), 0), 12)
}

function fixed(value: number, decimals: number): string {
  const options = { minimumFractionDigits: decimals, maximumFractionDigits: decimals }
  return value.toLocaleString('en-US', options).replace(/^-/, '−')
}

/** A number with a few significant digits, in powers of ten where it is tiny or huge. */
export function formatNumber(value: number, digits = 4): string {
  if (!Number.isFinite(value)) return NOT_MEASURED
  const exponent = exponentOf(value)
  const mantissa = value / 10 ** exponent
  const text = fixed(mantissa, decimalsOf(mantissa, digits))
  return exponent === 0 ? text : `${text}·${powerOfTen(exponent)}`
}

/** Whether a statistic holds a number at all. */
export function isMeasured(statistic: Statistic): boolean {
  return statistic.values.length > 0 && Number.isFinite(statistic.mean)
}

/**
 * `2.413 ± 0.052`: the spread only where there are several seeds, with the decimals of the mean. Mean and spread
 * each carry the unit, so that they can stand on two lines.
 */
export function formatStatistic(statistic: Statistic, digits = 4, unit = ''): string {
  if (!isMeasured(statistic)) return NOT_MEASURED
  const exponent = exponentOf(statistic.mean)
  const mean = statistic.mean / 10 ** exponent
  const decimals = decimalsOf(mean, digits)
  const tail = `${exponent === 0 ? '' : `·${powerOfTen(exponent)}`}${unit}`
  const text = `${fixed(mean, decimals)}${tail}`
  if (statistic.values.length < 2 || !Number.isFinite(statistic.sd)) return text
  return `${text} ± ${fixed(statistic.sd / 10 ** exponent, decimals)}${tail}`
}

const TIME_UNITS = [
  { name: 'µs', seconds: 1e-6, below: 1e-3 },
  { name: 'ms', seconds: 1e-3, below: 1 },
  { name: 's', seconds: 1, below: 120 },
  { name: 'min', seconds: 60, below: Infinity },
] as const

/** A duration, in the unit in which its mean reads best. */
export function formatSeconds(statistic: Statistic): string {
  if (!isMeasured(statistic)) return NOT_MEASURED
  const unit = TIME_UNITS.find((candidate) => statistic.mean < candidate.below) ?? TIME_UNITS[3]
  const scaled: Statistic = {
    mean: statistic.mean / unit.seconds,
    sd: statistic.sd / unit.seconds,
    values: statistic.values,
  }
  return formatStatistic(scaled, 3, ` ${unit.name}`)
}

/** A rate, to three digits: the others are another number on the next run. */
export function formatRate(statistic: Statistic): string {
  if (!isMeasured(statistic)) return NOT_MEASURED
  if (statistic.mean < 1000) return formatStatistic(statistic, 3)
  const unit = 10 ** (Math.floor(Math.log10(statistic.mean)) - 2)
  const round = (value: number): string => (Math.round(value / unit) * unit).toLocaleString('en-US')
  if (statistic.values.length < 2 || !Number.isFinite(statistic.sd)) return round(statistic.mean)
  return `${round(statistic.mean)} ± ${Number(statistic.sd.toPrecision(2)).toLocaleString('en-US')}`
}

/** How much lower an error is than the one it is held against: `46 % lower`. */
export function formatImprovement(error: number, against: number): string {
  if (!Number.isFinite(error) || !Number.isFinite(against) || against <= 0) return NOT_MEASURED
  const percent = ((against - error) / against) * 100
  const size = Math.abs(percent)
  if (size < 0.05) return 'the same'
  if (percent < 0 && error / against >= 10) return `${formatNumber(error / against, 2)} times as high`
  return `${fixed(size, size < 10 ? 1 : 0)}\u00a0% ${percent > 0 ? 'lower' : 'higher'}`
}

/** `a`, `a and b`, `a, b and c`. */
export function joinWords(words: readonly string[]): string {
  if (words.length < 2) return words.join('')
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`
}
