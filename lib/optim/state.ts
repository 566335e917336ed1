/** What an optimiser knows between steps, as plain data, and the strict checks for taking it back. */
import { ArgumentError } from '../errors.js'
import { describe, requireNumber, requireOptions } from '../shapes.js'
import type { Parameter } from '../layers/parameter.js'
import type { OptionReader } from './groups.js'

/**
 * An optimiser's state: plain objects, numbers and typed arrays, all copies. `structuredClone` and `postMessage`
 * take it as it is.
 */
export interface OptimizerState {
  /** The class that it came from, as `Adam`. */
  readonly optimizer: string
  /** The parameter groups, in order. */
  readonly groups: readonly GroupState[]
  /** Counters and the like, as `step`. */
  readonly scalars: Readonly<Record<string, number>>
  /** Buffers, named with the index of their parameter or place in the history, as `expAvg.0`. */
  readonly buffers: Readonly<Record<string, Float32Array | Float64Array>>
}

/** A parameter group in a state. */
export interface GroupState {
  /** Every option with its value, the defaults included. */
  readonly options: Readonly<Record<string, unknown>>
  /** How many parameters it has. */
  readonly parameters: number
}

/** The parts of a state, each known to be an object; their content is still to be checked. */
export interface StateParts {
  readonly groups: unknown
  readonly scalars: Readonly<Record<string, unknown>>
  readonly buffers: Readonly<Record<string, unknown>>
}

/**
 * Checks that a value has the form of a state of the named optimiser, with exactly these scalars.
 *
 * @throws ArgumentError that names what is missing, extra or of a wrong type
 */
export function requireState(
  where: string,
  value: unknown,
  optimizer: string,
  scalars: readonly string[],
): StateParts {
  const state = requireOptions<OptimizerState>(where, 'state', value, [
    'optimizer',
    'groups',
    'scalars',
    'buffers',
  ])
  if (state.optimizer !== optimizer) {
    throw new ArgumentError(where, 'state.optimizer', `'${optimizer}'`, describe(state.optimizer))
  }
  return {
    groups: state.groups,
    scalars: requireEntries(where, 'state.scalars', state.scalars, scalars),
    buffers: requireEntries(where, 'state.buffers', state.buffers, undefined),
  }
}

/**
 * Checks that a state's groups are those of the optimiser in number and size, and gives their options.
 *
 * @throws ArgumentError that names what is missing, extra or out of range
 */
export function requireGroups<Settings extends object>(
  where: string,
  value: unknown,
  groups: readonly { readonly parameters: readonly Parameter[] }[],
  { known, readOptions }: OptionReader<Settings>,
): readonly Settings[] {
  if (!Array.isArray(value) || value.length !== groups.length) {
    throw new ArgumentError(where, 'state.groups', `an array of length ${groups.length}`, describe(value))
  }
  return groups.map(({ parameters }, g) => {
    const argument = `state.groups[${g}]`
    const entry = requireOptions<GroupState>(where, argument, value[g], ['options', 'parameters'])
    if (entry.parameters !== parameters.length) {
      const expected = `${parameters.length}, the parameters of this group`
      throw new ArgumentError(where, `${argument}.parameters`, expected, describe(entry.parameters))
    }
    const options = requireEntries(where, `${argument}.options`, entry.options, known)
    return readOptions(`${where}: ${argument}`, options)
  })
}

/** Checks that a value is an object with exactly these names (any, where `names` is undefined). */
function requireEntries(
  where: string,
  argument: string,
  value: unknown,
  names: readonly string[] | undefined,
): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) {
    throw new ArgumentError(where, argument, 'an object', describe(value))
  }
  if (names !== undefined) requireNames(where, argument, Object.keys(value), names)
  return value as Readonly<Record<string, unknown>>
}

function requireNames(
  where: string,
  argument: string,
  present: readonly string[],
  expected: readonly string[],
): void {
  const extra = present.find((name) => !expected.includes(name))
  if (extra !== undefined) throw new ArgumentError(where, `${argument}.${extra}`, 'no such entry', 'one')
  const missing = expected.find((name) => !present.includes(name))
  if (missing !== undefined) throw new ArgumentError(where, `${argument}.${missing}`, 'an entry', 'none')
}

/** Reads a counter: a whole number of at least 0. */
export function requireCount(
  where: string,
  scalars: Readonly<Record<string, unknown>>,
  name: string,
): number {
  const whole = (value: number): boolean => Number.isSafeInteger(value) && value >= 0
  return requireNumber(where, `state.scalars.${name}`, scalars[name], 'a whole number of at least 0', whole)
}

/** The typed arrays that a state may hold, by the name that `Object.prototype.toString` gives them. */
interface BufferTypes {
  Float32Array: Float32Array
  Float64Array: Float64Array
}

/**
 * Checks that the buffers are exactly the expected ones, of one type and the given lengths, and returns copies.
 *
 * @param lengths the length of each expected buffer, by name
 */
export function copyBuffers<Type extends keyof BufferTypes>(
  where: string,
  buffers: Readonly<Record<string, unknown>>,
  type: Type,
  lengths: ReadonlyMap<string, number>,
): Map<string, BufferTypes[Type]> {
  requireNames(where, 'state.buffers', Object.keys(buffers), [...lengths.keys()])
  const copies = new Map<string, BufferTypes[Type]>()
  for (const [name, length] of lengths) {
    const value = buffers[name]
    // The tag, not `instanceof`: a state may have come from another realm.
    const fits = Object.prototype.toString.call(value) === `[object ${type}]` && ArrayBuffer.isView(value)
    const buffer = value as BufferTypes[Type]
    if (!fits || buffer.length !== length) {
      throw new ArgumentError(
        where,
        `state.buffers.${name}`,
        `a ${type} of length ${length}`,
        describe(value),
      )
    }
    copies.set(name, buffer.slice() as BufferTypes[Type])
  }
  return copies
}
