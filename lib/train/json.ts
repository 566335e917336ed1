/** JSON for what a file's metadata hold: numbers that JSON has no word for come back too, and damage is told as such. */
import { DataError } from '../errors.js'

const WORDS = ['NaN', 'Infinity', '-Infinity']

export function toJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'number' && !Number.isFinite(part) ? { number: String(part) } : part,
  )
}

/**
 * @param path and @param key for the error
 * @throws DataError where the text is not JSON
 */
export function fromJson(path: string, key: string, text: string): unknown {
  try {
    return JSON.parse(text, (_, part: unknown) => {
      const word = typeof part === 'object' && part !== null && 'number' in part ? part.number : undefined
      const isNumber = WORDS.includes(String(word)) && Object.keys(part as object).length === 1
      return isNumber ? Number(word) : part
    }) as unknown
  } catch {
    // The parser's own message quotes the text, which may be anything.
    throw new DataError(`${JSON.stringify(path)}: metadata ${key}: not JSON`)
  }
}
