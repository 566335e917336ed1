/** The default task: next-step prediction on whole rows of the sine, and free running on the test rows. */
import { zeros } from '../tensor.js'
import { IDENTITY } from './scaler.js'
import { SINE_FUTURE, SINE_ROWS, SINE_STEPS, sineAt, sinePhases } from './sine.js'
import type { FreeRunTask, Task } from './task.js'
import type { PartName, Span } from './series.js'
import { Windows } from './windows.js'
import type { Read, WindowForm } from './windows.js'

/** How the rows of the sine are used. */
export interface SineOptions {
  /** The rows of each part, in order; what they leave out of 200 is not used. */
  readonly parts: Readonly<Record<PartName, Span>>
  /** Draws the phases, and with them which phase is in which part. */
  readonly seed: number
}

/** A target at each of the 999 steps that have a next one. */
export const SINE_FORM: WindowForm = { window: SINE_STEPS - 1, lead: 1, horizon: 1, everyStep: true }

/** The sine as a task. It lies within -1 and 1 already, and is not normalised. */
export function sineTask({ parts, seed }: SineOptions): Task {
  const phases = sinePhases(SINE_ROWS, seed)
  const truth = Float64Array.from({ length: SINE_ROWS * SINE_STEPS }, (_, at) =>
    sineAt(at % SINE_STEPS, phases[Math.floor(at / SINE_STEPS)] ?? 0),
  )
  const values = Float32Array.from(truth)
  const read = (ahead: number): Read => ({ values, ahead, scale: IDENTITY })
  const windowsOf = ({ from, to }: Span): Windows =>
    new Windows(
      [
        {
          inputs: [read(0)],
          targets: [read(1)],
          starts: Int32Array.from({ length: to - from }, (_, index) => (from + index) * SINE_STEPS),
        },
      ],
      SINE_FORM,
    )
  return {
    name: 'sine',
    features: ['sine'],
    rows: SINE_ROWS,
    form: SINE_FORM,
    parts: {
      train: windowsOf(parts.train),
      validation: windowsOf(parts.validation),
      test: windowsOf(parts.test),
    },
    scales: [IDENTITY],
    scale: IDENTITY,
    truth,
    continuous: false,
    positions: Float64Array.from(truth, (_, at) => at % SINE_STEPS),
    dates: false,
    freeRun: freeRunOf(phases.subarray(parts.test.from, parts.test.to)),
  }
}

function freeRunOf(phases: Float64Array): FreeRunTask {
  const steps = (count: number, from: number, phase: number): Float64Array =>
    Float64Array.from({ length: count }, (_, index) => sineAt(from + index, phase))
  const past = Array.from(phases, (phase) => steps(SINE_STEPS, 0, phase))
  const context = zeros([SINE_STEPS, phases.length, 1])
  for (const [row, values] of past.entries()) {
    for (const [step, value] of values.entries()) context.data[step * phases.length + row] = value
  }
  return {
    context,
    past,
    future: Array.from(phases, (phase) => steps(SINE_FUTURE, SINE_STEPS, phase)),
    positions: Float64Array.from({ length: SINE_STEPS + SINE_FUTURE }, (_, step) => step),
  }
}
