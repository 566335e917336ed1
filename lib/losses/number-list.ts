/** Numbers that are not a tensor's: class targets and weights, in whatever array the caller has them. */
import { ArgumentError } from '../errors.js'
import { describe, requireShape, sizeOf } from '../shapes.js'

/** A plain array or any typed array of numbers, bare (flat, row-major) or with a shape. */
export type NumberList =
  | ArrayLike<number>
  | ArrayLike<bigint>
  | { readonly data: ArrayLike<number> | ArrayLike<bigint>; readonly shape: readonly number[] }

/**
 * Copies a list of numbers into float64.
 *
 * @param shape what the list must have: a bare list its number of elements, one with a shape that very shape
 * @throws ArgumentError where the value is no list, has another size, or an element is not a number
 */
export function readNumbers(
  where: string,
  argument: string,
  value: unknown,
  shape: readonly number[],
): Float64Array {
  const form = `${sizeOf(shape)} numbers for shape [${shape.join(', ')}], in an array`
  let list = value
  if (typeof value === 'object' && value !== null && 'data' in value && 'shape' in value) {
    requireShape(where, `${argument}.shape`, value.shape)
    const given = value.shape
    if (given.length !== shape.length || given.some((extent, axis) => extent !== shape[axis])) {
      throw new ArgumentError(where, argument, `shape [${shape.join(', ')}]`, `shape [${given.join(', ')}]`)
    }
    list = value.data
  }
  if (!isList(list) || list.length !== sizeOf(shape))
    throw new ArgumentError(where, argument, form, describe(list))
  const numbers = new Float64Array(list.length)
  for (let i = 0; i < numbers.length; i++) {
    const element = list[i]
    if (typeof element !== 'number' && typeof element !== 'bigint') {
      throw new ArgumentError(where, `${argument}[${i}]`, 'a number', describe(element))
    }
    numbers[i] = Number(element)
  }
  return numbers
}

function isList(value: unknown): value is ArrayLike<unknown> {
  const isDataView = Object.prototype.toString.call(value) === '[object DataView]'
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !isDataView)
}
