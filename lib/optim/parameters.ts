/** The parameter list that an optimiser is given: checked when it is made and again before every write. */
import { ArgumentError } from '../errors.js'
import { ParameterValue } from '../layers/parameter-value.js'
import type { Parameter } from '../layers/parameter.js'
import { describe, requireAnyTensor, requireTensor } from '../shapes.js'

/**
 * Checks that a value is an array of parameters, each with a gradient of its value's shape, and gives each of them
 * once, in the order of their first places: what two layers share may be in the lists of both. Two parameters that
 * are not one object must not have one array, since what is done to the second would be done to the first again.
 *
 * @param list the argument's name
 * @returns a new array
 * @throws ArgumentError that names the element
 */
export function requireParameters(where: string, list: string, value: unknown): readonly Parameter[] {
  if (!Array.isArray(value)) throw new ArgumentError(where, list, 'an array', describe(value))
  const kept = new Set<unknown>()
  const arrays = new Set<unknown>()
  for (const [index, entry] of (value as readonly unknown[]).entries()) {
    const argument = `${list}[${index}]`
    if (typeof entry !== 'object' || entry === null) {
      throw new ArgumentError(where, argument, 'a parameter', describe(entry))
    }
    if (kept.has(entry)) continue
    const parameter = entry as Partial<Parameter>
    const { data, shape } = requireAnyTensor(
      where,
      `${argument}.value`,
      ParameterValue.plain(parameter.value),
    )
    requireTensor(where, `${argument}.grad`, parameter.grad, shape)
    if (arrays.has(data)) {
      throw new ArgumentError(where, argument, 'each parameter once', `${describe(parameter.name)} again`)
    }
    kept.add(entry)
    arrays.add(data)
  }
  return [...kept] as Parameter[]
}

/**
 * Checks that no parameter stands in two groups, where it would be updated twice.
 *
 * @throws ArgumentError that names the second place
 */
export function requireDistinct(
  where: string,
  list: string,
  groups: readonly (readonly Parameter[])[],
): void {
  const seen = new Map<Float32Array, number>()
  for (const [g, parameters] of groups.entries()) {
    for (const [index, { name, value }] of parameters.entries()) {
      const before = seen.get(ParameterValue.read(value))
      if (before !== undefined) {
        const argument = `${list}[${g}].parameters[${index}]`
        const received = `${describe(name)}, which is in group ${before} too`
        throw new ArgumentError(where, argument, 'each parameter in one group', received)
      }
    }
    for (const { value } of parameters) seen.set(ParameterValue.read(value), g)
  }
}

/**
 * Checks that parameters still have the sizes that the optimiser's state was made for. A buffer that was
 * transferred to a worker, or a value replaced by a larger one, is an error here and not a silent half update.
 */
export function requireSizes(
  where: string,
  parameters: readonly Parameter[],
  sizes: readonly number[],
): void {
  for (const [index, parameter] of parameters.entries()) {
    for (const part of ['value', 'grad'] as const) {
      const data = ParameterValue.read(parameter[part])
      if (data.length !== sizes[index]) {
        const argument = `parameters[${index}].${part}.data`
        throw new ArgumentError(where, argument, `${sizes[index] ?? 0} elements`, describe(data))
      }
    }
  }
}
