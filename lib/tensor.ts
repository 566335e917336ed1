/** Dense float32 tensors: plain objects, row-major and contiguous, so that any program can make one. */
import { ArgumentError } from './errors.js'
import { describe, MAX_ELEMENTS, readShape, sizeOf } from './shapes.js'

/** A dense tensor of 32-bit floats, row-major and contiguous. Any object of this form is one, from any realm. */
export interface Tensor {
  /** The elements, as many as the extents multiply to. Its buffer may have more: `data.byteOffset` counts. */
  readonly data: Float32Array
  /** The extents, outermost first. */
  readonly shape: readonly number[]
}

/** Numbers in nested arrays of equal lengths, as `[[1, 2], [3, 4]]`. */
export type NestedNumbers = number | readonly NestedNumbers[]

/**
 * Makes a tensor from numbers, copying them.
 *
 * @param values a flat array (any typed array or plain array), or nested arrays whose nesting gives the shape
 * @param shape the shape; without it a flat array of n numbers has shape `[n]`
 * @throws ArgumentError where the lengths of nested arrays differ, a value is not a number, or the count does
 *   not fit the shape
 */
export function tensor(values: ArrayLike<number> | NestedNumbers, shape?: readonly number[]): Tensor {
  const wanted = shape === undefined ? undefined : readShape('tensor', 'shape', shape)
  const inferred: number[] = []
  const flat = flatten(values, inferred)
  const resolved = wanted ?? inferred
  if (flat.length !== sizeOf(resolved)) {
    throw new ArgumentError(
      'tensor',
      'values',
      `${sizeOf(resolved)} numbers for shape [${resolved.join(', ')}]`,
      `${flat.length} numbers`,
    )
  }
  return { data: new Float32Array(flat), shape: Object.freeze([...resolved]) }
}

/**
 * Makes a tensor of zeros. `[]` is a scalar of one element.
 *
 * @throws ArgumentError where the shape is none, or there is no memory for it
 */
export function zeros(shape: readonly number[]): Tensor {
  return zerosFor('zeros', 'shape', readShape('zeros', 'shape', shape))
}

/** Zeros of a checked shape that a user asked for in the named argument. */
export function zerosFor(where: string, argument: string, shape: readonly number[]): Tensor {
  const size = sizeOf(shape)
  const refuse = (): never => {
    throw new ArgumentError(
      where,
      argument,
      'sizes that fit into memory',
      `a tensor of shape [${shape.join(', ')}]`,
    )
  }
  if (size > MAX_ELEMENTS) return refuse()
  try {
    return { data: new Float32Array(size), shape: Object.freeze([...shape]) }
  } catch {
    return refuse() // a RangeError of the runtime
  }
}

/** The numbers of nested arrays or array-likes, in order; their lengths go to `shape`. */
function flatten(values: unknown, shape: number[]): ArrayLike<number> {
  const fail = (argument: string, expected: string, received: string): never => {
    throw new ArgumentError('tensor', argument, expected, received)
  }
  const listOf = (value: unknown): ArrayLike<unknown> | undefined =>
    typeof value === 'object' && value !== null ? (value as ArrayLike<unknown>) : undefined
  if (ArrayBuffer.isView(values) && typeof (values as unknown as ArrayLike<unknown>)[0] === 'number') {
    const numbers = values as unknown as ArrayLike<number>
    shape.push(numbers.length)
    return numbers
  }
  const extents: number[] = []
  for (let level = listOf(values); level; level = level.length > 0 ? listOf(level[0]) : undefined) {
    const { length } = level
    if (!Number.isInteger(length) || length < 0) fail('values', 'arrays of numbers', describe(level))
    extents.push(length)
    readShape('tensor', 'values', extents) // also ends an array that contains itself
  }
  shape.push(...extents)
  const flat: number[] = []
  const walk = (value: unknown, depth: number): void => {
    const list = listOf(value)
    if (depth === shape.length) {
      if (typeof value !== 'number')
        return fail(`values, element ${flat.length}`, 'a number', describe(value))
      flat.push(value)
      return
    }
    const length = shape[depth] ?? 0
    if (list?.length !== length) {
      return fail(
        `values, axis ${depth}`,
        `arrays of equal length ${length}`,
        list === undefined ? describe(value) : `one of length ${list.length}`,
      )
    }
    for (let i = 0; i < length; i++) walk(list[i], depth + 1)
  }
  walk(values, 0)
  return flat
}
