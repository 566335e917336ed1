/** What the text of one CSV cell means: a number, a point in time, or nothing. */

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i

// A date, or a date with a time of day, that names no time zone.
const ZONELESS_ISO = /^\d{4}-\d{2}(-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?)?$/

const MISSING = new Set(['', 'na', 'n/a', 'nan', 'null', 'none', '-', '?'])

/** Whether a cell is empty or holds one of the usual words for a missing value. */
export function isMissing(text: string): boolean {
  return MISSING.has(text.trim().toLowerCase())
}

/** The number that a cell holds, in decimal notation; undefined where it is none or not finite. */
export function parseNumber(text: string): number | undefined {
  const trimmed = text.trim()
  if (!NUMBER.test(trimmed)) return undefined
  const value = Number(trimmed)
  return Number.isFinite(value) ? value : undefined
}

/**
 * The point in time that a cell names, in milliseconds since 1970; undefined where it names none. ISO 8601 and
 * the forms that `Date.parse` knows; without a time zone it is taken as UTC, so that every machine reads the same.
 */
export function parseTime(text: string): number | undefined {
  const trimmed = text.trim()
  if (parseNumber(trimmed) !== undefined) return undefined
  const milliseconds = Date.parse(toUtc(trimmed))
  return Number.isNaN(milliseconds) ? undefined : milliseconds
}

function toUtc(text: string): string {
  if (ZONELESS_ISO.test(text)) return text.includes(':') ? `${text.replace(' ', 'T')}Z` : text
  return /(z|utc|gmt|[+-]\d{2}:?\d{2})$/i.test(text) ? text : `${text} UTC`
}
