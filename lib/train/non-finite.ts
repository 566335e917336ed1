/** Finds where a number stopped being finite. */
import { NonFiniteError } from '../errors.js'
import { ParameterValue } from '../layers/parameter-value.js'
import type { Parameter } from '../layers/parameter.js'
import type { Tensor } from '../tensor.js'

/** What held the first number that is not finite; `step` are the values that the optimiser's step would have made. */
export type NonFinitePlace = 'input' | 'parameter' | 'prediction' | 'target' | 'loss' | 'gradient' | 'step'

/** A number that is not finite, and where it stood. Plain data, so that any thread can tell another. */
export interface NonFinite {
  readonly place: NonFinitePlace
  readonly value: number
  /** Of the gradient or value: the parameter's name. */
  readonly parameter?: string
  /** Its indices along the axes; none for the loss. */
  readonly position: readonly number[]
}

/**
 * The index of the first number that is not finite, or -1. What is finite is read once, without a branch for each: this
 * runs in every step.
 */
export function indexOfNonFinite(data: Float32Array): number {
  // x · 0 is 0 for what is finite and NaN for all else. Four sums, or each addition would wait for the one before it.
  let [a, b, c, d] = [0, 0, 0, 0]
  const whole = data.length - (data.length % 4)
  for (let i = 0; i < whole; i += 4) {
    a += (data[i] as number) * 0
    b += (data[i + 1] as number) * 0
    c += (data[i + 2] as number) * 0
    d += (data[i + 3] as number) * 0
  }
  for (let i = whole; i < data.length; i++) a += (data[i] as number) * 0
  return a + b + c + d === 0 ? -1 : data.findIndex((value) => !Number.isFinite(value))
}

/** The indices along the axes of an element of a tensor. */
export function positionOf(index: number, shape: readonly number[]): number[] {
  const position: number[] = []
  for (const size of [...shape].reverse()) {
    position.unshift(index % size)
    index = Math.floor(index / size)
  }
  return position
}

/** The first number of a tensor that is not finite, where `counts` of its position is true. */
export function nonFiniteIn(
  place: NonFinitePlace,
  { data, shape }: Tensor,
  counts: (position: readonly number[]) => boolean,
): NonFinite | undefined {
  for (let index = indexOfNonFinite(data); index >= 0 && index < data.length; index++) {
    const value = data[index] as number
    if (Number.isFinite(value)) continue
    const position = positionOf(index, shape)
    if (counts(position)) return { place, value, position }
  }
  return undefined
}

/** The first parameter whose gradient, or value, is not finite throughout. */
export function nonFiniteParameter(
  parameters: readonly Parameter[],
  names: readonly string[],
  part: 'grad' | 'value',
): NonFinite | undefined {
  for (const [place, parameter] of parameters.entries()) {
    const data = ParameterValue.read(parameter[part])
    const index = indexOfNonFinite(data)
    if (index < 0) continue
    return {
      place: part === 'grad' ? 'gradient' : 'parameter',
      value: data[index] as number,
      parameter: names[place] ?? parameter.name,
      position: positionOf(index, parameter[part].shape),
    }
  }
  return undefined
}

/** The error for one that was found in a batch. Epochs and batches count from 0. */
export function nonFiniteError(
  found: NonFinite,
  epoch: number,
  batch: number,
  batchFirst: boolean,
): NonFiniteError {
  const what = {
    input: 'the input',
    target: 'the target',
    prediction: 'the prediction',
    loss: 'the loss',
    gradient: `the gradient of ${found.parameter ?? ''}`,
    parameter: `the parameter ${found.parameter ?? ''}`,
    step: `the parameter ${found.parameter ?? ''} after the optimiser's step`,
  }[found.place]
  const [first, second, feature] = found.position
  const [step, row] = batchFirst ? [second, first] : [first, second]
  const inSequence = found.position.length === 3 && found.parameter === undefined
  const where = inSequence
    ? ` at step ${String(step)} of row ${String(row)}, feature ${String(feature)}`
    : found.position.length > 0
      ? ` at [${found.position.join(', ')}]`
      : ''
  return new NonFiniteError(`fit: epoch ${epoch}, batch ${batch}: ${what} is ${found.value}${where}`, {
    ...found,
    epoch,
    batch,
  })
}
