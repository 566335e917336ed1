/**
 * The one door for validation. Every check names the place, the argument, what was expected and what arrived,
 * and is done before anything is written. No check uses `instanceof` for arrays: they may come from another realm.
 */
import { ArgumentError } from './errors.js'
import type { Tensor } from './tensor.js'

/** A size that a check fixes (a number) or leaves open (its name, for the message). */
export type Extent = number | string

/** The greatest number of elements that one tensor may have: sizes in bytes stay exact and below 2^37. */
export const MAX_ELEMENTS = 2 ** 35

/** The number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, extent) => size * extent, 1)
}

/** A value as an error message shows it: its type, and its size or itself where that is short. */
export function describe(value: unknown): string {
  if (value === null) return 'null'
  if (typeof value === 'number' || typeof value === 'boolean' || value === undefined) return String(value)
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)
  if (typeof value === 'function') return 'a function'
  if (Array.isArray(value)) return `an array of length ${value.length}`
  if (ArrayBuffer.isView(value)) {
    const length = (value as unknown as ArrayLike<number>).length
    return value.buffer.byteLength === 0 && length === 0
      ? `${typedArrayName(value)} of length 0 (its buffer is empty or detached)`
      : `${typedArrayName(value)} of length ${length}`
  }
  if (typeof value === 'object') {
    const name = (Object.getPrototypeOf(value) as { constructor?: { name?: string } } | null)?.constructor
      ?.name
    return name && name !== 'Object' ? `a ${name}` : 'an object'
  }
  return typeof value
}

function typedArrayName(value: ArrayBufferView): string {
  return Object.prototype.toString.call(value).slice(8, -1)
}

/** Whether a value is a Float32Array, of any realm. */
export function isFloat32Array(value: unknown): value is Float32Array {
  return Object.prototype.toString.call(value) === '[object Float32Array]' && ArrayBuffer.isView(value)
}

function describeShape(shape: readonly Extent[]): string {
  return `[${shape.join(', ')}]`
}

/** Checks that a value is an array of sizes: whole, not negative, and within `MAX_ELEMENTS` together. */
export function requireShape(
  where: string,
  argument: string,
  value: unknown,
): asserts value is readonly number[] {
  if (!Array.isArray(value)) throw new ArgumentError(where, argument, 'an array of sizes', describe(value))
  const shape = value as readonly unknown[]
  for (const [axis, extent] of shape.entries()) {
    if (typeof extent !== 'number' || !Number.isInteger(extent) || extent < 0) {
      throw new ArgumentError(where, `${argument}[${axis}]`, 'a whole number of at least 0', describe(extent))
    }
  }
  if (sizeOf(shape as readonly number[]) > MAX_ELEMENTS) {
    throw new ArgumentError(
      where,
      argument,
      `at most ${MAX_ELEMENTS} elements`,
      describeShape(shape as number[]),
    )
  }
}

/**
 * Checks that a value is a tensor of the given form and returns it.
 *
 * @param expected sizes, in order; a name stands for any size of at least 1
 */
export function requireTensor(
  where: string,
  argument: string,
  value: unknown,
  expected: readonly Extent[],
): Tensor {
  const form = `a tensor of shape ${describeShape(expected)}`
  if (typeof value !== 'object' || value === null)
    throw new ArgumentError(where, argument, form, describe(value))
  const { data, shape } = value as Partial<Tensor>
  if (!isFloat32Array(data)) {
    throw new ArgumentError(where, `${argument}.data`, 'a Float32Array', describe(data))
  }
  requireShape(where, `${argument}.shape`, shape)
  const fits =
    shape.length === expected.length &&
    shape.every((extent, axis) => {
      const wanted = expected[axis]
      return typeof wanted === 'number' ? extent === wanted : extent >= 1
    })
  if (!fits)
    throw new ArgumentError(
      where,
      argument,
      `shape ${describeShape(expected)}`,
      `shape ${describeShape(shape)}`,
    )
  if (data.length !== sizeOf(shape)) {
    throw new ArgumentError(
      where,
      `${argument}.data`,
      `${sizeOf(shape)} elements for shape ${describeShape(shape)}`,
      describe(data),
    )
  }
  return value as Tensor
}

/** Checks that a value is a whole number of at least `least` and at most `most`. */
export function requireInteger(
  where: string,
  argument: string,
  value: unknown,
  least: number,
  most = 2 ** 31 - 1,
): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most) {
    const range = most === 2 ** 31 - 1 ? `of at least ${least}` : `from ${least} to ${most}`
    throw new ArgumentError(where, argument, `a whole number ${range}`, describe(value))
  }
  return value
}

/** Checks that a value is a finite number for which `holds` is true; `expected` says in words what that means. */
export function requireNumber(
  where: string,
  argument: string,
  value: unknown,
  expected = 'a finite number',
  holds: (value: number) => boolean = () => true,
): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || !holds(value)) {
    throw new ArgumentError(where, argument, expected, describe(value))
  }
  return value
}

/** Checks that a value is true or false. */
export function requireBoolean(where: string, argument: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw new ArgumentError(where, argument, 'true or false', describe(value))
  return value
}

/**
 * Checks that a value is an object with no name beyond the known ones (a misspelt option is an error, not a
 * default) and returns it.
 */
export function requireOptions<T extends object>(
  where: string,
  argument: string,
  value: unknown,
  known: readonly (keyof T & string)[],
): Partial<T> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ArgumentError(where, argument, 'an object', describe(value))
  }
  for (const name of Object.keys(value)) {
    if (!(known as readonly string[]).includes(name)) {
      throw new ArgumentError(where, `${argument}.${name}`, `one of ${known.join(', ')}`, 'an unknown option')
    }
  }
  return value as Partial<T>
}

/** Checks that a value is a tensor of any shape, as its own `shape` and `data` have it, and returns it. */
export function requireAnyTensor(where: string, argument: string, value: unknown): Tensor {
  if (typeof value !== 'object' || value === null) {
    throw new ArgumentError(where, argument, 'a tensor', describe(value))
  }
  const { shape } = value as Partial<Tensor>
  requireShape(where, `${argument}.shape`, shape)
  return requireTensor(where, argument, value, shape)
}

/** Checks that a value is one of the given words and returns it. */
export function requireOneOf<T extends string>(
  where: string,
  argument: string,
  value: unknown,
  words: readonly T[],
): T {
  const word = words.find((known) => known === value)
  if (word === undefined) {
    throw new ArgumentError(
      where,
      argument,
      `one of ${words.map((known) => `'${known}'`).join(', ')}`,
      describe(value),
    )
  }
  return word
}

/** Reads a number from options: `fallback` where it is undefined, else what `requireNumber` lets pass. */
export function numberOption<T extends object>(
  where: string,
  options: T,
  name: keyof T & string,
  fallback: number,
  expected = 'a finite number',
  holds: (value: number) => boolean = () => true,
): number {
  const value: unknown = options[name]
  return value === undefined ? fallback : requireNumber(where, `options.${name}`, value, expected, holds)
}

/** Reads a truth value from options: `fallback` where it is undefined. */
export function booleanOption<T extends object>(
  where: string,
  options: T,
  name: keyof T & string,
  fallback: boolean,
): boolean {
  const value: unknown = options[name]
  return value === undefined ? fallback : requireBoolean(where, `options.${name}`, value)
}
