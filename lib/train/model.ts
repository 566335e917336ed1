/** What can be trained: a layer, layers in sequence, or anything of that form that a program composes itself. */
import { Linear } from '../layers/linear.js'
import { Module } from '../layers/module.js'
import type { Parameter } from '../layers/parameter.js'
import { Recurrent } from '../layers/recurrent.js'
import { Sequential } from '../layers/sequential.js'
import { ArgumentError } from '../errors.js'
import { describe } from '../shapes.js'
import type { Tensor } from '../tensor.js'

/** What a model is told of a batch besides its input. */
export interface ModelOptions {
  /** Steps of each sequence, B whole numbers; all of them unless told. */
  lengths?: ArrayLike<number>
}

/** A forward pass, as all layers give it. */
export interface ModelPass {
  /** [T, B, O], or [B, T, O] for a model that is `batchFirst`; [B, O] where it gives one for each sequence. */
  readonly output: Tensor
  /** Adds into the `grad` of every parameter. `input: false` says that the input's own gradient is not wanted. */
  backward(gradients: { output: Tensor }, options: { input: false }): unknown
  /** Lets go of what backward needs; called once the batch's gradients are there, or it is left out. */
  release?(): void
}

/**
 * A model that `fit` trains. One that is not made of this package's layers trains in the caller's thread only, since no
 * other thread could make it again.
 */
export interface Model {
  /** Whether the batch is the first axis and not the second of an input of three axes; false unless told. */
  readonly batchFirst?: boolean
  /** What is trained, each once, in the same order at every call. */
  parameters(): Parameter[]
  /**
   * Runs a batch in training, and keeps what backward needs.
   *
   * @param input as the batch has it
   */
  forward(input: Tensor, options?: ModelOptions): ModelPass
  /** Runs a batch in validation: without noise, and without keeping anything. */
  infer(
    input: Tensor,
    options?: ModelOptions,
  ): {
    /** Of the shape that `forward` gives. */
    readonly output: Tensor
  }
}

/** Checks that a value has the methods of a model. */
export function requireModel(where: string, value: unknown): Model {
  const model = value as Partial<Model> | null | undefined
  for (const method of ['parameters', 'forward', 'infer'] as const) {
    if (typeof model?.[method] !== 'function') {
      const expected = 'a layer, sequential(...) or an object with parameters, forward and infer'
      throw new ArgumentError(where, 'model', expected, describe(value))
    }
  }
  return value as Model
}

/** Whether the first axis of a model's input is the batch. */
export function isBatchFirst(model: Model): boolean {
  if (model instanceof Linear) return true
  if (model instanceof Recurrent) return model.options.batchFirst
  if (model instanceof Sequential)
    return isBatchFirst(model.layers.find(isRecurrent) ?? (model.layers[0] as Linear))
  return model.batchFirst ?? false
}

/** The recurrent layers of a model at their places; undefined where another one stands. */
export function recurrentLayers(model: Model): (Recurrent | undefined)[] {
  const layers: readonly unknown[] = model instanceof Sequential ? model.layers : [model]
  return layers.map((layer) => (layer instanceof Recurrent ? layer : undefined))
}

function isRecurrent(layer: Recurrent | Linear): layer is Recurrent {
  return layer instanceof Recurrent
}

/** The axis of the sequences in a tensor of so many axes. */
export function batchAxis(batchFirst: boolean, axes: number): number {
  return batchFirst || axes < 3 ? 0 : 1
}

/** The parameters' names, each once: the first under which it stands in `stateDict`. */
export function namesOf(model: Model): string[] {
  const names = new Map<Parameter, string>()
  const taken = new Set<string>()
  for (const { name, parameter } of namedIn(model)) {
    if (names.has(parameter)) continue
    // Layers that a program composes itself may have parameters of one name.
    const unique = taken.has(name) ? `${name}.${names.size}` : name
    taken.add(unique)
    names.set(parameter, unique)
  }
  return [...names.values()]
}

function namedIn(model: Model): { name: string; parameter: Parameter }[] {
  if (model instanceof Sequential) {
    return model.layers.flatMap((layer, place) =>
      layer.named().map(({ name, parameter }) => ({ name: `${place}.${name}`, parameter })),
    )
  }
  if (model instanceof Module) return [...model.named()]
  return model.parameters().map((parameter) => ({ name: parameter.name, parameter }))
}
