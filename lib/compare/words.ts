/** Numbers and names as the verdict's sentences have them. */
import type { CellName } from './result.js'

export { number } from '../text.js'

/** A cell's name as a reader knows it. */
export function label(cell: CellName): string {
  return cell === 'gru' ? 'GRU' : 'LSTM'
}

/** The size of a share as a percentage: one digit behind the point below ten. */
export function percent(share: number): string {
  const value = Math.abs(share) * 100
  return `${value.toFixed(value < 10 ? 1 : 0)} %`
}

/** `12 % lower`, `3.0 % higher`: what a share less than the other's is to the other. */
export function lower(share: number): string {
  return `${percent(share)} ${share < 0 ? 'higher' : 'lower'}`
}

/** `one seed`, `5 seeds`. */
export function count(things: number, name: string): string {
  return things === 1 ? `one ${name}` : `${things.toLocaleString('en-US')} ${name}s`
}

/** `a`, `a and b`, `a, b and c`. */
export function list(words: readonly string[]): string {
  const last = words.at(-1) ?? ''
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} and ${last}`
}
