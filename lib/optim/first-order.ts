/** The frame of the optimisers that update each element from its own gradient: SGD, Adam, AdamW, RMSprop. */
import type { Parameter } from '../layers/parameter.js'
import { Optimizer } from './optimizer.js'
import { copyBuffers, requireCount, requireState, type OptimizerState } from './state.js'

/** How one such optimiser works: everything in which it differs from the others. */
export interface UpdateRule<Settings extends { lr: number }> {
  /** The class's name, for errors and states. */
  readonly name: string
  /** The names of its options. */
  readonly known: readonly (keyof Settings & string)[]
  /** Checks options and fills in the defaults. */
  readOptions(where: string, options: unknown): Settings
  /** The names of the buffers that it keeps for each parameter, in the order in which `update` gets them. */
  bufferNames(settings: Settings): readonly string[]
  /**
   * Updates one parameter. The arithmetic is float64; what is stored is rounded to float32.
   *
   * @param step the number of this step, from 1
   * @param buffers the parameter's buffers, as long as its value, zero before the first step
   */
  update(
    settings: Settings,
    step: number,
    value: Float32Array,
    grad: Float32Array,
    buffers: readonly Float32Array[],
  ): void
}

/** An optimiser made of an update rule. */
export abstract class FirstOrderOptimizer<Settings extends { lr: number }> extends Optimizer<Settings> {
  private readonly rule: UpdateRule<Settings>
  private steps = 0
  /** Buffer b of parameter p is `buffers[p][b]`. */
  private buffers: readonly (readonly Float32Array[])[]

  protected constructor(rule: UpdateRule<Settings>, parameters: readonly Parameter[], options: unknown) {
    super(rule.name, parameters, rule.readOptions(rule.name, options))
    this.rule = rule
    const count = rule.bufferNames(this.settings).length
    this.buffers = this.sizes.map((size) => Array.from({ length: count }, () => new Float32Array(size)))
  }

  /**
   * Updates every parameter from its gradient, which is left as it is.
   *
   * @throws ArgumentError where a parameter's data has lost its size; nothing is updated then
   */
  step(): void {
    this.requireIntact(`${this.kind}.step`)
    this.steps++
    for (const [index, { value, grad }] of this.parameters.entries()) {
      this.rule.update(this.settings, this.steps, value.data, grad.data, this.buffers[index] ?? [])
    }
  }

  stateDict(): OptimizerState {
    const names = this.rule.bufferNames(this.settings)
    const copies = this.buffers.flatMap((own, index) =>
      own.map((buffer, b) => [`${names[b] ?? ''}.${index}`, buffer.slice()] as const),
    )
    return {
      optimizer: this.kind,
      options: structuredClone(this.settings),
      scalars: { step: this.steps },
      buffers: Object.fromEntries(copies),
    }
  }

  loadStateDict(state: OptimizerState): void {
    const where = `${this.kind}.loadStateDict`
    const parts = requireState(where, state, this.kind, this.rule.known, ['step'])
    const settings = this.rule.readOptions(where, parts.options)
    const steps = requireCount(where, parts.scalars, 'step')
    const names = this.rule.bufferNames(settings)
    const lengths = new Map(
      this.sizes.flatMap((size, index) => names.map((name) => [`${name}.${index}`, size] as const)),
    )
    const copies = copyBuffers(where, parts.buffers, 'Float32Array', lengths)
    this.settings = settings
    this.steps = steps
    this.buffers = this.sizes.map((_, index) => names.flatMap((name) => copies.get(`${name}.${index}`) ?? []))
  }
}
