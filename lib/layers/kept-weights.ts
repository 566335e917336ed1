/** The packed weights that inference keeps from call to call, and what they were packed of. */
import { newArray } from '../memory/allocate.js'
import { ParameterValue } from './parameter-value.js'
import type { Parameter } from './parameter.js'

export class KeptWeights {
  /** For the core, which sees for itself whether they are those of the values that it is given. */
  readonly array: Float32Array
  #parameters: readonly Parameter[] = []
  #writes: readonly (number | undefined)[] = []

  constructor(size: number) {
    this.array = newArray(size)
  }

  /** Whether they surely are those of these parameters as they are now, so that the core need not look. */
  areOf(parameters: readonly Parameter[]): boolean {
    return (
      this.#parameters.length > 0 &&
      parameters.every((parameter, index) => {
        const writes = ParameterValue.writes(parameter.value)
        return parameter === this.#parameters[index] && writes !== undefined && writes === this.#writes[index]
      })
    )
  }

  /** Has the core pack the parameters as they are now, where they are not those that it has. */
  pack(parameters: readonly Parameter[], core: () => void): void {
    this.#parameters = [] // the core may fail when it has begun
    core()
    this.#parameters = parameters
    this.#writes = parameters.map(({ value }) => ParameterValue.writes(value))
  }
}
