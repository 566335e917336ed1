/** Dense float32 tensors: plain objects, row-major and contiguous, so that any program can make one. */
import { ArgumentError } from './errors.js'
import { describe, requireShape, sizeOf } from './shapes.js'

/** A dense tensor of 32-bit floats, row-major and contiguous. Any object of this form is one, from any realm. */
export interface Tensor {
  readonly data: Float32Array
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
  if (shape !== undefined) requireShape('tensor', 'shape', shape)
  const inferred: number[] = []
  const flat: ArrayLike<number> = ArrayBuffer.isView(values)
    ? (values as unknown as ArrayLike<number>)
    : flatten(values as NestedNumbers, inferred)
  if (ArrayBuffer.isView(values)) inferred.push(flat.length)
  const resolved = shape ?? inferred
  if (flat.length !== sizeOf(resolved)) {
    throw new ArgumentError(
      'tensor',
      'values',
      `${sizeOf(resolved)} numbers for shape [${resolved.join(', ')}]`,
      `${flat.length} numbers`,
    )
  }
  return { data: Float32Array.from(flat), shape: Object.freeze([...resolved]) }
}

/** Makes a tensor of zeros. `[]` is a scalar of one element. */
export function zeros(shape: readonly number[]): Tensor {
  requireShape('zeros', 'shape', shape)
  return { data: new Float32Array(sizeOf(shape)), shape: Object.freeze([...shape]) }
}

function flatten(values: NestedNumbers, shape: number[]): number[] {
  for (let level: NestedNumbers = values; typeof level === 'object' && level !== null; ) {
    shape.push(level.length)
    level = level[0] ?? 0
  }
  const flat: number[] = []
  const walk = (value: NestedNumbers, depth: number): void => {
    if (depth === shape.length) {
      if (typeof value !== 'number') {
        throw new ArgumentError('tensor', `values, element ${flat.length}`, 'a number', describe(value))
      }
      flat.push(value)
      return
    }
    const length = typeof value === 'object' && value !== null ? value.length : undefined
    if (length !== shape[depth]) {
      throw new ArgumentError(
        'tensor',
        `values, axis ${depth}`,
        `arrays of equal length ${shape[depth]}`,
        length === undefined ? describe(value) : `one of length ${length}`,
      )
    }
    for (const inner of value as readonly NestedNumbers[]) walk(inner, depth + 1)
  }
  walk(values, 0)
  return flat
}
