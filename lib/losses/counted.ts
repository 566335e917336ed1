/** Which places of a batch count: where sequences end, or a mask says so. The others have loss 0 and gradient 0. */
import { ArgumentError } from '../errors.js'
import { booleanOption, describe, requireAnyTensor, requireInteger, sizeOf } from '../shapes.js'
import type { Tensor } from '../tensor.js'
import { readNumbers, type NumberList } from './number-list.js'

/** Options that say what counts; where both are given, what both let pass. */
export interface CountedOptions {
  /** 1 where an element counts and 0 where not, of the losses' shape or of its first axes. */
  mask?: Tensor
  /** The steps of each sequence that count, 1 to T; the losses' first axes are then time and batch. */
  lengths?: NumberList
  /** Whether with `lengths` the first axes are batch and time; false unless told. */
  batchFirst?: boolean
}

/** The names of those options. */
export const countedOptions = ['mask', 'lengths', 'batchFirst'] as const

/** What of a number of losses counts. */
export interface Counted {
  /** 1 for each loss that counts and 0 for the others; undefined where all do. */
  readonly flags: Uint8Array | undefined
  readonly count: number
}

/**
 * Reads those options.
 *
 * @param shape of the losses
 * @throws ArgumentError where the mask's shape is not the beginning of that, it holds something else than 0 and 1, or
 *   the lengths do not fit
 */
export function readCounted(
  where: string,
  options: Partial<CountedOptions>,
  shape: readonly number[],
): Counted {
  const size = sizeOf(shape)
  const batchFirst = booleanOption(where, options, 'batchFirst', false)
  if (options.mask === undefined && options.lengths === undefined) return { flags: undefined, count: size }
  const flags = new Uint8Array(size).fill(1)
  if (options.mask !== undefined) applyMask(where, flags, options.mask, shape)
  if (options.lengths !== undefined) applyLengths(where, flags, options.lengths, shape, batchFirst)
  let count = 0
  for (let i = 0; i < size; i++) count += flags[i] as number
  return { flags, count }
}

function applyMask(where: string, flags: Uint8Array, mask: unknown, shape: readonly number[]): void {
  const { data, shape: given } = requireAnyTensor(where, 'options.mask', mask)
  if (given.length > shape.length || given.some((extent, axis) => extent !== shape[axis])) {
    const expected = `shape [${shape.join(', ')}] or its first axes`
    throw new ArgumentError(where, 'options.mask', expected, `shape [${given.join(', ')}]`)
  }
  const inner = sizeOf(shape.slice(given.length))
  for (let i = 0; i < data.length; i++) {
    const value = data[i]
    if (value !== 0 && value !== 1) {
      throw new ArgumentError(where, `options.mask.data[${i}]`, '0 or 1', describe(value))
    }
    if (value === 0) flags.fill(0, i * inner, (i + 1) * inner)
  }
}

function applyLengths(
  where: string,
  flags: Uint8Array,
  lengths: NumberList,
  shape: readonly number[],
  batchFirst: boolean,
): void {
  const [first, second] = shape
  if (first === undefined || second === undefined) {
    throw new ArgumentError(
      where,
      'options.lengths',
      'none without axes of time and batch',
      describe(lengths),
    )
  }
  const [steps, batch] = batchFirst ? [second, first] : [first, second]
  const inner = sizeOf(shape.slice(2))
  for (const [b, length] of readNumbers(where, 'options.lengths', lengths, [batch]).entries()) {
    requireInteger(where, `options.lengths[${b}]`, length, 1, steps)
    for (let t = length; t < steps; t++) {
      const place = batchFirst ? b * steps + t : t * batch + b
      flags.fill(0, place * inner, (place + 1) * inner)
    }
  }
}
