/** What every layer with parameters can do: list them, share them, copy them out and take them in. */
import { ArgumentError } from '../errors.js'
import { advised } from '../memory/allocate.js'
import { describe, reading, requireOneOf, requireTensor, sizeOf } from '../shapes.js'
import { zerosFor, type Tensor } from '../tensor.js'
import { ParameterValue } from './parameter-value.js'
import type { Parameter } from './parameter.js'

/** A parameter's name and shape, before it has values. */
export interface ParameterForm {
  readonly name: string
  readonly shape: readonly number[]
}

/** A parameter as a layer has it: under the layer's name for it, which may not be the parameter's own where it is tied. */
export interface NamedParameter extends ParameterForm {
  readonly parameter: Parameter
}

export abstract class Module {
  // In the layer's order, one entry for each name. `tie` replaces the whole list: a pass keeps the one it began with.
  #named: readonly NamedParameter[]

  /** @param where the name that errors begin with, here where `this` is not yet */
  protected constructor(where: string, forms: readonly ParameterForm[]) {
    const zeros = (shape: readonly number[]) => {
      const tensor = zerosFor(where, 'options', shape)
      advised(tensor.data)
      return Object.freeze(tensor)
    }
    this.#named = forms.map(({ name, shape }) => {
      const value = new ParameterValue(zeros(shape))
      return { name, shape: value.shape, parameter: Object.freeze({ name, value, grad: zeros(shape) }) }
    })
  }

  /** The name that error messages begin with. */
  protected get where(): string {
    return this.constructor.name
  }

  /**
   * The trained tensors with their gradients, in PyTorch's order and under its names. Each is there once, even where it
   * serves under two names of this layer; one that is tied has the name that it has where it comes from.
   */
  parameters(): Parameter[] {
    return [...new Set(this.#named.map(({ parameter }) => parameter))]
  }

  /** @internal The parameter of each name, in the layer's order. The same list until the next `tie`, which makes a new one. */
  named(): readonly NamedParameter[] {
    return this.#named
  }

  /**
   * From now on uses the given parameter in place of the one of that name: another layer's, or this layer's own from
   * another place in its stack. All places learn one value, and add into one gradient. Passes and optimisers that
   * were made before stay with the parameters that they began with.
   *
   * @param name a name that this layer has, as `stateDict` lists them
   * @param parameter as `parameters()` of a layer gives it, of the same shape
   * @throws ArgumentError where the name is unknown or the parameter is none or has another shape, or where it stands
   *   beside itself in one cell of one layer and direction
   */
  tie(name: string, parameter: Parameter): void {
    const where = `${this.where}.tie`
    const names = this.#named.map((entry) => entry.name)
    const own = requireOneOf(where, 'name', name, names)
    const { shape } = this.#named[names.indexOf(own)] as NamedParameter
    const grad = requireParameter(where, parameter, shape)
    // Threads of the core add into the gradients of one cell at once, where one array under two names would lose sums.
    const beside = this.#named.find(
      (other) =>
        other.name !== own && cellOf(other.name) === cellOf(own) && other.parameter.grad.data === grad,
    )
    if (beside !== undefined) {
      const expected = 'one that no other name of the same cell has'
      throw new ArgumentError(where, 'parameter', expected, `that of ${beside.name}`)
    }
    this.#named = this.#named.map((entry) => (entry.name === own ? { name: own, shape, parameter } : entry))
  }

  /** Copies of all parameters' values, by this layer's names. */
  stateDict(): Record<string, Tensor> {
    return Object.fromEntries(
      this.#named.map(({ name, shape, parameter }) => [
        name,
        { data: ParameterValue.read(parameter.value).slice(), shape },
      ]),
    )
  }

  /**
   * Takes the values of all parameters from copies such as `stateDict` gives. What is tied is written where it is
   * shared; of two entries for one parameter the later counts, as in PyTorch.
   *
   * @throws ArgumentError where an entry is missing, unknown or of another shape, before any is taken
   */
  loadStateDict(dict: Record<string, Tensor>): void {
    const where = `${this.where}.loadStateDict`
    if (typeof dict !== 'object' || (dict as unknown) === null)
      throw new ArgumentError(where, 'dict', 'an object', describe(dict))
    const known = new Set(this.#named.map(({ name }) => name))
    const sources = reading(where, 'dict', 'an object', () => {
      for (const name of Object.keys(dict)) {
        if (!known.has(name))
          throw new ArgumentError(where, name, `only ${[...known].join(', ')}`, 'an unknown entry')
      }
      return this.#named.map(({ name, shape }) => {
        if (!Object.hasOwn(dict, name)) {
          throw new ArgumentError(where, name, `a tensor of shape [${shape.join(', ')}]`, 'no such entry')
        }
        return requireTensor(where, name, dict[name], shape)
      })
    })
    this.requireIntact(where)
    for (const [index, { parameter }] of this.#named.entries()) {
      const source = sources[index]
      if (source) ParameterValue.write(parameter.value).set(source.data)
    }
  }

  /**
   * Checks that no parameter's or gradient's memory was taken away, as a transfer to another thread does.
   *
   * @param named those to check; the present ones unless told
   */
  protected requireIntact(where: string, named = this.#named): void {
    for (const { name, shape, parameter } of named) {
      for (const part of ['value', 'grad'] as const) {
        const data = ParameterValue.read(parameter[part])
        if (data.length !== sizeOf(shape)) {
          throw new ArgumentError(where, `${name}.${part}.data`, `${sizeOf(shape)} elements`, describe(data))
        }
      }
    }
  }
}

/** What a name ends in for one direction of one layer of a stack, as `_l0_reverse`; all of a single cell's are one. */
function cellOf(name: string): string {
  return /_l\d+(?:_reverse)?$/.exec(name)?.[0] ?? ''
}

/** Checks that a value is a parameter of the given shape; gives its gradient's numbers. */
function requireParameter(where: string, value: unknown, shape: readonly number[]): Float32Array {
  if (typeof value !== 'object' || value === null) {
    throw new ArgumentError(where, 'parameter', 'a parameter', describe(value))
  }
  return reading(where, 'parameter', 'a parameter', () => {
    const given = value as Partial<Parameter>
    requireTensor(where, 'parameter.value', ParameterValue.plain(given.value), shape)
    return requireTensor(where, 'parameter.grad', given.grad, shape).data
  })
}
