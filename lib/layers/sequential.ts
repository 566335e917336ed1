/** Layers one after another, as one model: a recurrent stack with a head, or several stacks. */
import { ArgumentError, StateError } from '../errors.js'
import { booleanOption, describe, reading, requireOptions, requireTensor } from '../shapes.js'
import type { Tensor } from '../tensor.js'
import { Linear, type LinearPass } from './linear.js'
import type { Parameter } from './parameter.js'
import { Recurrent } from './recurrent.js'
import type { ForwardOptions } from './recurrent-input.js'
import type { BackwardOptions, RecurrentPass } from './recurrent-pass.js'
import { SequentialStream } from './sequential-stream.js'
import type { StreamOptions } from './stream.js'

/** A layer that can stand in a sequence. */
export type SequentialLayer = Recurrent | Linear

/** Options of a pass through all layers; each recurrent one gets them. */
export type SequentialOptions = Pick<ForwardOptions, 'lengths' | 'training' | 'checkpointEvery'>

/**
 * Layers one after another: each gets the output of the one before it. Names of parameters begin with the layer's place,
 * as `0.weight_ih_l0`, as `torch.nn.Sequential` has them.
 */
export class Sequential {
  /** In the order in which they run. */
  readonly layers: readonly SequentialLayer[]

  /** @throws ArgumentError where a layer is none, or does not take what the one before it gives */
  constructor(layers: readonly SequentialLayer[]) {
    const where = 'sequential'
    if (layers.length === 0) throw new ArgumentError(where, 'layers', 'one layer or more', 'none')
    let features: number | undefined
    for (const [place, layer] of layers.entries()) {
      const argument = `layers[${place}]`
      if (!(layer instanceof Recurrent) && !(layer instanceof Linear)) {
        throw new ArgumentError(where, argument, 'an LSTM, GRU, RNN or Linear', describe(layer))
      }
      const [takes, gives] = featuresOf(layer)
      if (features !== undefined && takes !== features) {
        throw new ArgumentError(
          where,
          argument,
          `a layer of ${features} input features, as the one before it gives`,
          `one of ${takes}`,
        )
      }
      features = gives
    }
    this.layers = [...layers]
  }

  /** The parameters of all layers, each once. */
  parameters(): Parameter[] {
    return [...new Set(this.layers.flatMap((layer) => layer.parameters()))]
  }

  /** Copies of all parameters' values, by place and name. */
  stateDict(): Record<string, Tensor> {
    return Object.fromEntries(
      this.layers.flatMap((layer, place) =>
        Object.entries(layer.stateDict()).map(([name, value]) => [`${place}.${name}`, value] as const),
      ),
    )
  }

  /**
   * Takes the values of all parameters from copies such as `stateDict` gives.
   *
   * @throws ArgumentError where an entry is missing, unknown or of another shape, before any is taken
   */
  loadStateDict(dict: Record<string, Tensor>): void {
    const where = 'Sequential.loadStateDict'
    if (typeof dict !== 'object' || (dict as unknown) === null) {
      throw new ArgumentError(where, 'dict', 'an object', describe(dict))
    }
    const known = this.layers.map((layer, place) =>
      Object.entries(layer.stateDict()).map(([name, { shape }]) => ({
        name,
        full: `${place}.${name}`,
        shape,
      })),
    )
    const names = new Set(known.flat().map(({ full }) => full))
    const parts = reading(where, 'dict', 'an object', () => {
      for (const name of Object.keys(dict)) {
        if (!names.has(name))
          throw new ArgumentError(where, name, `only ${[...names].join(', ')}`, 'an unknown entry')
      }
      return known.map((entries) =>
        Object.fromEntries(
          entries.map(({ name, full, shape }) => {
            if (!Object.hasOwn(dict, full)) {
              throw new ArgumentError(where, full, `a tensor of shape [${shape.join(', ')}]`, 'no such entry')
            }
            return [name, requireTensor(where, full, dict[full], shape)]
          }),
        ),
      )
    })
    for (const [place, layer] of this.layers.entries()) layer.loadStateDict(parts[place] ?? {})
  }

  /**
   * Runs a batch of sequences through all layers and keeps what backward needs.
   *
   * @param input as the first layer takes it
   * @throws ArgumentError where the input or an option has a wrong type, shape or value
   */
  forward(input: Tensor, options?: SequentialOptions): SequentialPass {
    const passes: (RecurrentPass | LinearPass)[] = []
    let x = input
    for (const layer of this.layers) {
      const pass = layer instanceof Linear ? layer.forward(x) : layer.forward(x, options)
      passes.push(pass)
      x = pass.output
    }
    return new SequentialPass(passes, x)
  }

  /** The same without keeping anything, and without dropout. */
  infer(input: Tensor, options?: Pick<ForwardOptions, 'lengths' | 'precision'>): { output: Tensor } {
    let x = input
    for (const layer of this.layers) {
      x = (layer instanceof Linear ? layer.infer(x) : layer.infer(x, options)).output
    }
    return { output: x }
  }

  /**
   * A running state for one step at a time, with the weights as they are now.
   *
   * @throws ArgumentError where a layer is bidirectional or an option is wrong
   */
  stream(options: StreamOptions = {}): SequentialStream {
    return new SequentialStream(this.layers, options)
  }
}

/** A forward pass of a `Sequential`. */
export class SequentialPass {
  /** What the last layer gave. */
  readonly output: Tensor
  #passes: readonly (RecurrentPass | LinearPass)[] | undefined

  /** @internal */
  constructor(passes: readonly (RecurrentPass | LinearPass)[], output: Tensor) {
    this.#passes = passes
    this.output = output
  }

  /**
   * Adds into the `grad` of every parameter. May be called more than once.
   *
   * @param gradients `output`: of the loss with respect to the output, of its shape
   * @returns `input`: the gradient with respect to the input, unless that was not wanted
   * @throws ArgumentError where the gradient is missing or has a wrong shape; StateError after `release`
   */
  backward(gradients: { output: Tensor }, options: BackwardOptions & { input: false }): { input?: never }
  backward(gradients: { output: Tensor }, options?: BackwardOptions): { input: Tensor }
  backward(gradients: { output: Tensor }, options: BackwardOptions = {}): { input?: Tensor } {
    const where = 'Sequential.backward'
    const passes = this.#passes
    if (passes === undefined) throw new StateError(where, 'the pass was released')
    const given = requireOptions<{ output: Tensor }>(where, 'gradients', gradients, ['output'])
    const wanted = requireOptions<BackwardOptions>(where, 'options', options, ['input'])
    const inputWanted = booleanOption(where, wanted, 'input', true)
    let output = requireTensor(where, 'gradients.output', given.output, this.output.shape)
    for (const [place, pass] of [...passes.entries()].reverse()) {
      if (place === 0 && !inputWanted && 'hn' in pass) {
        pass.backward({ output }, { input: false })
        return {}
      }
      output = pass.backward({ output }).input
    }
    return inputWanted ? { input: output } : {}
  }

  /** Gives all passes' memory back. The output stays; backward is over. */
  release(): void {
    for (const pass of this.#passes ?? []) pass.release()
    this.#passes = undefined
  }

  /** `release`, at the end of a block that holds it with `using`. */
  [Symbol.dispose](): void {
    this.release()
  }
}

/** Makes one model of layers that stand one after another. */
export function sequential(...layers: SequentialLayer[]): Sequential {
  return new Sequential(layers)
}

/** What a layer takes and gives. */
function featuresOf(layer: SequentialLayer): [takes: number, gives: number] {
  return layer instanceof Linear
    ? [layer.inFeatures, layer.outFeatures]
    : [layer.options.inputSize, layer.directions * layer.outputSize]
}
