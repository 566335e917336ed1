/** The frame of the optimisers that update each element from its own gradient: SGD, Adam, AdamW, RMSprop. */
import { ParameterValue } from '../layers/parameter-value.js'
import { newArray } from '../memory/allocate.js'
import type { NativeRule } from '../native/binding.js'
import { native } from '../native/load.js'
import type { OptionReader } from './groups.js'
import { Optimizer } from './optimizer.js'
import { copyBuffers, requireCount, requireGroups, requireState, type OptimizerState } from './state.js'

/** How one such optimiser works: everything in which it differs from the others. */
export interface UpdateRule<Settings extends { lr: number }> extends OptionReader<Settings> {
  /** The class's name, for errors and states. */
  readonly name: string
  /** The names of the buffers that it keeps for each parameter, in the order in which the core gets them. */
  bufferNames(settings: Settings): readonly string[]
  /**
   * What the core is told of a step: which of its rules, and the coefficients of that, which are rounded to float32.
   *
   * @param step the number of this step, from 1
   */
  update(settings: Settings, step: number): readonly [rule: NativeRule, coefficients: readonly number[]]
}

/** The buffers of one parameter, by name. */
type Buffers = Readonly<Record<string, Float32Array>>

/** An optimiser made of an update rule. */
export abstract class FirstOrderOptimizer<Settings extends { lr: number }> extends Optimizer<Settings> {
  private readonly rule: UpdateRule<Settings>
  private steps = 0
  /** Of each parameter, in the order of `parameters`. */
  private buffers: readonly Buffers[]
  /** The options of each group that the buffers are for. */
  private madeFor: readonly Settings[] = []

  protected constructor(rule: UpdateRule<Settings>, parameters: unknown, options: unknown) {
    super(rule.name, parameters, options, rule)
    this.rule = rule
    this.buffers = this.sizes.map(() => ({}))
    this.renewBuffers()
  }

  /**
   * Updates every parameter from its gradient, which is left as it is. The arithmetic is float32.
   *
   * @throws ArgumentError where a parameter's data has lost its size; nothing is updated then
   */
  step(): void {
    this.requireIntact(`${this.kind}.step`)
    this.renewBuffers()
    this.steps++
    let index = 0
    for (const { parameters, settings } of this.groups) {
      const [rule, coefficients] = this.rule.update(settings, this.steps)
      const arrays: Float32Array[] = []
      for (const { value, grad } of parameters) {
        arrays.push(
          ParameterValue.write(value),
          grad.data,
          ...Object.values(this.buffers[index++] as Buffers),
        )
      }
      native().updateParameters(rule, Float32Array.from(coefficients), arrays)
    }
  }

  stateDict(): OptimizerState {
    this.renewBuffers()
    const copies = this.buffers.flatMap((own, index) =>
      Object.entries(own).map(([name, buffer]) => [`${name}.${index}`, buffer.slice()] as const),
    )
    return {
      optimizer: this.kind,
      groups: this.groups.map(({ parameters, settings }) => ({
        options: structuredClone(settings),
        parameters: parameters.length,
      })),
      scalars: { step: this.steps },
      buffers: Object.fromEntries(copies),
    }
  }

  loadStateDict(state: OptimizerState): void {
    const where = `${this.kind}.loadStateDict`
    const parts = requireState(where, state, this.kind, ['step'])
    const settings = requireGroups(where, parts.groups, this.groups, this.reader)
    const steps = requireCount(where, parts.scalars, 'step')
    const names = this.groups.flatMap(({ parameters }, g) =>
      parameters.map(() => this.rule.bufferNames(settings[g] as Settings)),
    )
    const lengths = this.sizes.flatMap((size, index) =>
      (names[index] ?? []).map((name) => [`${name}.${index}`, size] as const),
    )
    const copies = copyBuffers(where, parts.buffers, 'Float32Array', new Map(lengths))
    for (const [g, group] of this.groups.entries()) group.settings = settings[g] as Settings
    this.madeFor = settings
    this.steps = steps
    this.buffers = names.map((own, index) =>
      Object.fromEntries(own.map((name) => [name, copies.get(`${name}.${index}`) as Float32Array])),
    )
  }

  /** Gives each parameter the buffers that its group's options need as they are now: new ones are zero. */
  private renewBuffers(): void {
    if (this.groups.every(({ settings }, g) => settings === this.madeFor[g])) return
    this.madeFor = this.groups.map(({ settings }) => settings)
    const needed = this.groups.flatMap(({ parameters, settings }) => {
      const names = this.rule.bufferNames(settings)
      return parameters.map(() => names)
    })
    const isSame = (own: Buffers, names: readonly string[]): boolean =>
      Object.keys(own).length === names.length && names.every((name) => name in own)
    this.buffers = this.buffers.map((own, index) => {
      const names = needed[index] ?? []
      if (isSame(own, names)) return own
      const size = this.sizes[index] ?? 0
      return Object.fromEntries(names.map((name) => [name, own[name] ?? newArray(size)]))
    })
  }
}
