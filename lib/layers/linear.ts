/** The linear layer. */
import { ArgumentError, StateError } from '../errors.js'
import { newUnfilledResult } from '../memory/recycler.js'
import { Workspace } from '../memory/workspace.js'
import { native } from '../native/load.js'
import { booleanOption, describe, requireInteger, requireOptions, requireTensor, sizeOf } from '../shapes.js'
import type { Tensor } from '../tensor.js'
import { defineLayer, type LayerDefinition } from './definition.js'
import { initialiseUniform, randomOf } from './initialise.js'
import { Module, type NamedParameter } from './module.js'
import { ParameterValue } from './parameter-value.js'
import type { Parameter } from './parameter.js'
import { MAX_SIZE, requireSeed } from './recurrent-options.js'

/** Options of `Linear`, with PyTorch's meanings and defaults. */
export interface LinearOptions {
  /** Features of an input: the extent of its last axis. */
  inFeatures: number
  /** Features of an output. */
  outFeatures: number
  /** Whether there is a bias; true unless told. */
  bias?: boolean
  /** For first values: the same seed gives the same bits. Another one every time unless told. */
  seed?: number
}

/** y = x Wᵀ + b over the last axis, as `torch.nn.Linear`: `weight` [outFeatures, inFeatures], `bias` [outFeatures]. */
export class Linear extends Module {
  /** Features of an input: the extent of its last axis. */
  readonly inFeatures: number
  /** Features of an output. */
  readonly outFeatures: number
  /** @internal The layer's kind and options, from which `makeModel` makes it again. */
  readonly definition: LayerDefinition
  readonly #workspace = new Workspace(2)

  /** @throws ArgumentError where an option is missing, unknown or out of range */
  constructor(options: LinearOptions) {
    const given = requireOptions<LinearOptions>('Linear', 'options', options, [
      'inFeatures',
      'outFeatures',
      'bias',
      'seed',
    ])
    const inFeatures = requireInteger('Linear', 'options.inFeatures', given.inFeatures, 1, MAX_SIZE)
    const outFeatures = requireInteger('Linear', 'options.outFeatures', given.outFeatures, 1, MAX_SIZE)
    const bias = booleanOption('Linear', given, 'bias', true)
    const random = randomOf(requireSeed('Linear', given.seed))
    super('Linear', [
      { name: 'weight', shape: [outFeatures, inFeatures] },
      ...(bias ? [{ name: 'bias', shape: [outFeatures] }] : []),
    ])
    this.inFeatures = inFeatures
    this.outFeatures = outFeatures
    this.definition = defineLayer('Linear', given)
    initialiseUniform(this.parameters(), inFeatures, random)
  }

  /**
   * @param input [..., inFeatures]; copied
   * @returns a pass with `output` [..., outFeatures]
   * @throws ArgumentError where the input has a wrong type or shape
   */
  forward(input: Tensor): LinearPass {
    const named = this.named()
    const { given, output } = this.#run('forward', input, named)
    const [weight, bias] = parametersOf(named)
    return new LinearPass({
      input: { data: this.#copyOf(given.data), shape: given.shape },
      output,
      workspace: this.#workspace,
      weight: ParameterValue.read(weight.value).slice(),
      weightGrad: weight.grad,
      biasGrad: bias?.grad,
      requireIntact: () => this.requireIntact('Linear.backward', named),
    })
  }

  #copyOf(data: Float32Array): Float32Array {
    const copy = this.#workspace.take(data.length)
    copy.set(data)
    return copy
  }

  /** The same without keeping anything. */
  infer(input: Tensor): { output: Tensor } {
    return { output: this.#run('infer', input, this.named()).output }
  }

  /** @internal The arrays of weight and bias as they are now. */
  currentValues(method: string): [weight: Float32Array, bias: Float32Array | null] {
    const named = this.named()
    this.requireIntact(`Linear.${method}`, named)
    const [weight, bias] = parametersOf(named)
    return valuesOf(weight, bias)
  }

  #run(method: string, input: Tensor, named: readonly NamedParameter[]): { given: Tensor; output: Tensor } {
    const where = `Linear.${method}`
    const given = requireTensor(where, 'input', input, ['…', this.inFeatures])
    this.requireIntact(where, named)
    const [weight, bias] = parametersOf(named)
    const output = newUnfilledResult([...given.shape.slice(0, -1), this.outFeatures])
    native().linearForward(
      sizeOf(given.shape.slice(0, -1)),
      this.inFeatures,
      this.outFeatures,
      ...valuesOf(weight, bias),
      given.data,
      output.data,
    )
    return { given, output }
  }
}

function parametersOf(named: readonly NamedParameter[]): [weight: Parameter, bias: Parameter | undefined] {
  return [(named[0] as NamedParameter).parameter, named[1]?.parameter]
}

function valuesOf(
  weight: Parameter,
  bias: Parameter | undefined,
): [weight: Float32Array, bias: Float32Array | null] {
  return [ParameterValue.read(weight.value), bias ? ParameterValue.read(bias.value) : null]
}

interface LinearRecord {
  readonly input: Tensor
  readonly output: Tensor
  readonly workspace: Workspace
  /** As it was: backward differentiates with the weights that forward saw. */
  readonly weight: Float32Array
  readonly weightGrad: Tensor
  readonly biasGrad: Tensor | undefined
  readonly requireIntact: () => void
}

/** A forward pass of a linear layer. */
export class LinearPass {
  /** [..., outFeatures] */
  readonly output: Tensor
  #record: LinearRecord | undefined

  /** @internal */
  constructor(record: LinearRecord) {
    this.#record = record
    this.output = record.output
  }

  /**
   * Adds into the `grad` of weight and bias. May be called more than once.
   *
   * @param gradients `output`: of the loss with respect to the output, of its shape
   * @returns `input`: the gradient with respect to the input, of its shape
   * @throws ArgumentError where the gradient is missing or has a wrong shape; StateError after `release`
   */
  backward(gradients: { output: Tensor }): { input: Tensor } {
    const where = 'Linear.backward'
    const record = this.#record
    if (record === undefined) throw new StateError(where, 'the pass was released')
    const given = requireOptions<{ output: Tensor }>(where, 'gradients', gradients, ['output'])
    if (given.output === undefined) {
      throw new ArgumentError(where, 'gradients.output', 'a tensor', describe(given.output))
    }
    const [outFeatures = 0, inFeatures = 0] = record.weightGrad.shape
    const shape = [...record.input.shape.slice(0, -1), outFeatures]
    const { data } = requireTensor(where, 'gradients.output', given.output, shape)
    record.requireIntact()
    const input = newUnfilledResult(record.input.shape)
    native().linearBackward(
      sizeOf(record.input.shape.slice(0, -1)),
      inFeatures,
      outFeatures,
      record.weight,
      record.input.data,
      data,
      input.data,
      record.weightGrad.data,
      record.biasGrad?.data ?? null,
    )
    return { input }
  }

  /** Lets go of what backward needs. The output stays; backward is over. */
  release(): void {
    if (this.#record) this.#record.workspace.give(this.#record.input.data)
    this.#record = undefined
  }

  /** `release`, at the end of a block that holds it with `using`. */
  [Symbol.dispose](): void {
    this.release()
  }
}
