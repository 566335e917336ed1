/** What every layer with parameters can do: list them, copy them out and take them in. */
import { ArgumentError } from '../errors.js'
import { describe, reading, requireTensor, sizeOf } from '../shapes.js'
import { zerosFor, type Tensor } from '../tensor.js'
import type { Parameter } from './parameter.js'

/** A parameter's name and shape, before it has values. */
export interface ParameterForm {
  readonly name: string
  readonly shape: readonly number[]
}

export abstract class Module {
  readonly #parameters: readonly Parameter[]

  /** @param where the name that errors begin with, here where `this` is not yet */
  protected constructor(where: string, forms: readonly ParameterForm[]) {
    const zeros = (shape: readonly number[]) => Object.freeze(zerosFor(where, 'options', shape))
    this.#parameters = forms.map(({ name, shape }) =>
      Object.freeze({ name, value: zeros(shape), grad: zeros(shape) }),
    )
  }

  /** The name that error messages begin with. */
  protected get where(): string {
    return this.constructor.name
  }

  /** The trained tensors with their gradients, in PyTorch's order and under its names. */
  parameters(): Parameter[] {
    return [...this.#parameters]
  }

  /** Copies of all parameters' values, by name. */
  stateDict(): Record<string, Tensor> {
    return Object.fromEntries(
      this.#parameters.map(({ name, value }) => [name, { data: value.data.slice(), shape: value.shape }]),
    )
  }

  /**
   * Takes the values of all parameters from copies such as `stateDict` gives.
   *
   * @throws ArgumentError where an entry is missing, unknown or of another shape, before any is taken
   */
  loadStateDict(dict: Record<string, Tensor>): void {
    const where = `${this.where}.loadStateDict`
    if (typeof dict !== 'object' || (dict as unknown) === null)
      throw new ArgumentError(where, 'dict', 'an object', describe(dict))
    const known = new Set(this.#parameters.map(({ name }) => name))
    const sources = reading(where, 'dict', 'an object', () => {
      for (const name of Object.keys(dict)) {
        if (!known.has(name))
          throw new ArgumentError(where, name, `only ${[...known].join(', ')}`, 'an unknown entry')
      }
      return this.#parameters.map(({ name, value }) => {
        if (!Object.hasOwn(dict, name)) {
          throw new ArgumentError(
            where,
            name,
            `a tensor of shape [${value.shape.join(', ')}]`,
            'no such entry',
          )
        }
        return requireTensor(where, name, dict[name], value.shape)
      })
    })
    this.requireIntact(where)
    for (const [index, { value }] of this.#parameters.entries()) {
      const source = sources[index]
      if (source) value.data.set(source.data)
    }
  }

  /** Checks that no parameter's or gradient's memory was taken away, as a transfer to another thread does. */
  protected requireIntact(where: string): void {
    for (const { name, value, grad } of this.#parameters) {
      for (const [part, { data, shape }] of [['value', value] as const, ['grad', grad] as const]) {
        if (data.length !== sizeOf(shape)) {
          throw new ArgumentError(where, `${name}.${part}.data`, `${sizeOf(shape)} elements`, describe(data))
        }
      }
    }
  }
}
