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

/** The greatest number of axes. */
const MAX_AXES = 64

/** The number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  let size = 1
  for (let axis = 0; axis < shape.length; axis++) size *= shape[axis] as number
  return size
}

/** A value as an error message shows it: its type, and its size or itself where that is short. */
export function describe(value: unknown): string {
  try {
    return describeReadable(value)
  } catch {
    return 'an object that cannot be read' // a revoked proxy, a getter that throws
  }
}

function describeReadable(value: unknown): string {
  if (value === null) return 'null'
  if (typeof value === 'number' || typeof value === 'boolean' || value === undefined) return String(value)
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)
  if (typeof value === 'function') return 'a function'
  if (Array.isArray(value)) return `an array of length ${value.length}`
  if (ArrayBuffer.isView(value)) {
    const kind = kindOf(value) ?? 'DataView'
    const length = lengthOf(value)
    return value.buffer.byteLength === 0 && length === 0
      ? `${kind} of length 0 (its buffer is empty or detached)`
      : `${kind} of length ${length}`
  }
  if (typeof value === 'object') {
    const name = (Object.getPrototypeOf(value) as { constructor?: { name?: string } } | null)?.constructor
      ?.name
    if (name?.endsWith('Array')) return `an object that inherits from ${name}, perhaps a proxy`
    return name && name !== 'Object' ? `${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${name}` : 'an object'
  }
  return typeof value
}

// The getters that all typed arrays share read the array itself, of any realm, whatever properties it was given.
const TypedArray = Object.getPrototypeOf(Uint8Array) as { readonly prototype: object }

type Getter<T> = (value: unknown) => T

function ownGetter(name: string | symbol): Getter<unknown> {
  const property = Object.getOwnPropertyDescriptor(TypedArray.prototype, name) as { get: () => unknown }
  return (value) => Reflect.apply(property.get, value, [])
}

/** The name of a typed array's type; undefined for all else. */
const kindOf = ownGetter(Symbol.toStringTag) as Getter<string | undefined>
const typedLength = ownGetter('length') as Getter<number>
const lengthOf = (value: unknown): number | undefined =>
  kindOf(value) === undefined ? undefined : typedLength(value)

/** Whether a value is a Float32Array, of any realm. */
export function isFloat32Array(value: unknown): value is Float32Array {
  return kindOf(value) === 'Float32Array'
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
  readShape(where, argument, value)
}

/** The same, giving a copy that stays as it was checked. */
export function readShape(where: string, argument: string, value: unknown): readonly number[] {
  if (!isArray(value)) throw new ArgumentError(where, argument, 'an array of sizes', describe(value))
  const shape: number[] = []
  let size = 1
  reading(where, argument, 'an array of sizes', () => {
    for (let axis = 0; axis < value.length; axis++) {
      const extent = value[axis]
      if (typeof extent !== 'number' || !Number.isInteger(extent) || extent < 0) {
        throw new ArgumentError(
          where,
          `${argument}[${axis}]`,
          'a whole number of at least 0',
          describe(extent),
        )
      }
      if (axis >= MAX_AXES)
        throw new ArgumentError(where, argument, `at most ${MAX_AXES} sizes`, describe(value))
      shape.push(extent)
      size *= extent
    }
  })
  if (size > MAX_ELEMENTS) {
    throw new ArgumentError(where, argument, `at most ${MAX_ELEMENTS} elements`, describeShape(shape))
  }
  return shape
}

function isArray(value: unknown): value is readonly unknown[] {
  try {
    return Array.isArray(value)
  } catch {
    return false // a revoked proxy
  }
}

/**
 * Runs `read` on an object that a user made; what its getters throw becomes an error about the argument.
 *
 * @param expected in words, or who makes them where that would take time in each call
 */
export function reading<T>(
  where: string,
  argument: string,
  expected: string | (() => string),
  read: () => T,
): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof ArgumentError) throw error
    const words = typeof expected === 'string' ? expected : expected()
    throw new ArgumentError(where, argument, words, 'an object that throws when it is read')
  }
}

/**
 * Checks that a value is a tensor of the given form. What it gives is a new object with the same data, so that
 * what was checked is what is used: neither a getter nor a later change of the caller's object can part the two.
 *
 * @param expected sizes, in order; a name stands for any size of at least 1, and '…' at the front for any number
 *   of such sizes
 */
export function requireTensor(
  where: string,
  argument: string,
  value: unknown,
  expected: readonly Extent[],
): Tensor {
  const form = (): string => `a tensor of shape ${describeShape(expected)}`
  if (typeof value !== 'object' || value === null)
    throw new ArgumentError(where, argument, form(), describe(value))
  const given = reading(where, argument, form, () => {
    const { data, shape } = value as Partial<Tensor>
    return { data, shape }
  })
  const { data } = given
  if (!isFloat32Array(data)) {
    throw new ArgumentError(where, `${argument}.data`, 'a Float32Array', describe(data))
  }
  const shape = readShape(where, `${argument}.shape`, given.shape)
  if (!fits(shape, expected)) {
    throw new ArgumentError(
      where,
      argument,
      `shape ${describeShape(expected)}`,
      `shape ${describeShape(shape)}`,
    )
  }
  if (typedLength(data) !== sizeOf(shape)) {
    throw new ArgumentError(
      where,
      `${argument}.data`,
      `${sizeOf(shape)} elements for shape ${describeShape(shape)}`,
      describe(data),
    )
  }
  return { data, shape }
}

function fits(shape: readonly number[], expected: readonly Extent[]): boolean {
  const open = expected[0] === '…'
  const wanted = open ? expected.slice(1) : expected
  const leading = shape.length - wanted.length
  if (open ? leading < 0 : leading !== 0) return false
  return shape.every((extent, axis) => {
    const want = wanted[axis - leading]
    return typeof want === 'number' ? extent === want : extent >= 1
  })
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
 * default) and returns a copy with those that are not undefined, each read once.
 */
export function requireOptions<T extends object>(
  where: string,
  argument: string,
  value: unknown,
  known: readonly (keyof T & string)[],
): Partial<T> {
  if (typeof value !== 'object' || value === null || isArray(value) || ArrayBuffer.isView(value)) {
    throw new ArgumentError(where, argument, 'an object', describe(value))
  }
  return reading(where, argument, 'an object', () => {
    for (const name of Object.keys(value)) {
      if (!(known as readonly string[]).includes(name)) {
        throw new ArgumentError(
          where,
          `${argument}.${name}`,
          `one of ${known.join(', ')}`,
          'an unknown option',
        )
      }
    }
    const given: Partial<T> = {}
    for (const name of known) {
      const option = (value as Partial<T>)[name]
      if (option !== undefined) given[name] = option
    }
    return given
  })
}

/** Checks that a value is a tensor of any shape, as its own `shape` and `data` have it, and returns it likewise. */
export function requireAnyTensor(where: string, argument: string, value: unknown): Tensor {
  if (typeof value !== 'object' || value === null) {
    throw new ArgumentError(where, argument, 'a tensor', describe(value))
  }
  const { data, shape } = reading(where, argument, 'a tensor', () => {
    const given = value as Partial<Tensor>
    return { data: given.data, shape: given.shape }
  })
  const sizes = readShape(where, `${argument}.shape`, shape)
  return requireTensor(where, argument, { data, shape: sizes }, sizes)
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
