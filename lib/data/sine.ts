/**
 * The embedded data: rows of sin((t + phase) / 20). Every row has a phase of its own, so that no phase of the
 * test or of the validation rows occurs in training, not even a whole period away.
 */
import { Random } from '../random.js'

/** Steps of a row that are known: inputs and targets. */
export const SINE_STEPS = 1000

/** Steps behind them that only free running is compared with. */
export const SINE_FUTURE = 1000

/** The rows of the experiment. */
export const SINE_ROWS = 200

/** One period of the sine, in steps: 2π · 20. */
export const SINE_PERIOD = 40 * Math.PI

const DIVISOR = 20

/** The sine of one row at a step. */
export function sineAt(step: number, phase: number): number {
  return Math.sin((step + phase) / DIVISOR)
}

/**
 * A phase for each of `rows` rows, within one period, in random order. The period is cut into as many slots, and
 * each gives one phase out of its middle half: any two phases, taken around the circle, stay half a slot apart.
 */
export function sinePhases(rows: number, seed: number): Float64Array {
  const random = new Random(seed)
  const slots = Int32Array.from({ length: rows }, (_, index) => index)
  random.shuffle(slots)
  return Float64Array.from(slots, (slot) => ((slot + 0.25 + random.uniform() / 2) * SINE_PERIOD) / rows)
}
