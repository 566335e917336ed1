/** How the text of options becomes numbers and lists. */
import { parseNumber } from '../data/csv-values.js'
import { requireInteger } from '../shapes.js'

/** What the command line says, as commander gives it. */
export type RawOptions = Readonly<Record<string, string | boolean | undefined>>

const MOST_THREADS = 1024

/** The number that a text holds, or what it was. */
export function numberOrText(text: string | boolean | undefined): unknown {
  return typeof text === 'string' ? (parseNumber(text) ?? text) : text
}

/** The parts of a text between commas. */
export function listOf(text: string | boolean | undefined): string[] | undefined {
  return typeof text === 'string' ? text.split(',').map((name) => name.trim()) : undefined
}

/** A path, where there is one. */
export function pathOf(value: string | boolean | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** The number of threads that is asked for. @throws ArgumentError where it is none */
export function threadsOf(where: string, value: string | boolean | undefined): number | undefined {
  return value === undefined
    ? undefined
    : requireInteger(where, 'threads', numberOrText(value), 1, MOST_THREADS)
}
