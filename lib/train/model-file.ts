/** A trained model as one safetensors file: its values under PyTorch's names, and what it is made of in the metadata. */
import { ArgumentError, DataError } from '../errors.js'
import { loadSafetensors, saveSafetensors, type Safetensors } from '../io/safetensors.js'
import { LAYER_KINDS } from '../layers/definition.js'
import { defineModel, makeModel } from '../layers/make-model.js'
import type { Sequential, SequentialLayer } from '../layers/sequential.js'
import { describe } from '../shapes.js'
import type { Tensor } from '../tensor.js'
import { fromJson, toJson } from './json.js'

/** Keys of the metadata. */
export const MODEL_KEY = 'gatewise.model'
export const EXTRAS_KEY = 'gatewise.extras'

/** What names of tensors begin with that belong to the training and not to the model. */
export const TRAINING_PREFIX = 'training/'

/** What goes with a model, as a scaler's numbers and the names of the features: whatever JSON takes. */
export type Extras = Readonly<Record<string, unknown>>

/** A model that was loaded. */
export interface LoadedModel {
  /** Made anew, with the values in the file: a layer where one was saved, else layers in sequence. */
  readonly model: Sequential | SequentialLayer
  /** What was saved with it; none is `{}`. */
  readonly extras: Extras
}

/** The metadata of a model's file. */
export function modelMetadata(
  where: string,
  model: unknown,
  extras: Extras | undefined,
): Record<string, string> {
  const definition = defineModel(model)
  if (definition === undefined) {
    throw new ArgumentError(
      where,
      'model',
      'a layer of this package, or sequential(...) of them',
      describe(model),
    )
  }
  return {
    [MODEL_KEY]: toJson(definition),
    ...(extras === undefined ? {} : { [EXTRAS_KEY]: toJson(requireExtras(where, 'extras', extras)) }),
  }
}

/** Checks that a value is an object that comes back from JSON as it is. */
export function requireExtras(where: string, argument: string, value: unknown): Extras {
  const expected = 'an object that JSON can hold'
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ArgumentError(where, argument, expected, describe(value))
  }
  try {
    toJson(value)
  } catch (error) {
    throw new ArgumentError(where, argument, expected, `one that it cannot: ${(error as Error).message}`)
  }
  return value as Extras
}

/**
 * Saves a model, whole: `loadModel` makes it again from the file alone, and other programs find its values under the names
 * of its `stateDict`.
 *
 * @param path a file there is replaced when the new one is complete
 * @param model a layer of this package, or `sequential(...)` of them
 * @param extras what goes with it, as `{ scaler, features, horizon }`
 * @throws ArgumentError where an argument is not what it must be; FileError where the file cannot be written
 */
export function saveModel(path: string, model: Sequential | SequentialLayer, extras?: Extras): void {
  const metadata = modelMetadata('saveModel', model, extras)
  saveSafetensors(path, model.stateDict(), metadata)
}

/**
 * Loads a model that `saveModel` saved, or the one in a checkpoint of `fit`.
 *
 * @param pathOrBuffer the file's path, or its content
 * @throws FileError where the file cannot be read; DataError where it is damaged or holds no model
 */
export function loadModel(pathOrBuffer: string | ArrayBufferView | ArrayBuffer): LoadedModel {
  const path = typeof pathOrBuffer === 'string' ? pathOrBuffer : 'the buffer'
  const { tensors, metadata } = loadSafetensors(pathOrBuffer)
  return { model: modelOf(path, { tensors, metadata }), extras: extrasOf(path, metadata) }
}

function modelOf(path: string, { tensors, metadata }: Safetensors): LoadedModel['model'] {
  const text = metadata[MODEL_KEY]
  if (text === undefined) {
    throw new DataError(`${JSON.stringify(path)}: holds no model: there is no ${MODEL_KEY} in its metadata`)
  }
  const definition = fromJson(path, MODEL_KEY, text)
  const values = Object.fromEntries(
    Object.entries(tensors).filter(([name]) => !name.startsWith(TRAINING_PREFIX)),
  )
  requireRoom(path, definition, values)
  try {
    return makeModel('loadModel', definition, values)
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error
    throw new DataError(`${JSON.stringify(path)}: metadata ${MODEL_KEY}: ${error.message}`)
  }
}

function extrasOf(path: string, metadata: Readonly<Record<string, string>>): Extras {
  const text = metadata[EXTRAS_KEY]
  const extras = text === undefined ? {} : fromJson(path, EXTRAS_KEY, text)
  if (typeof extras !== 'object' || extras === null || Array.isArray(extras)) {
    throw new DataError(`${JSON.stringify(path)}: metadata ${EXTRAS_KEY}: not an object`)
  }
  return extras as Extras
}

/**
 * Refuses layers that are larger than all the file's numbers together, before there is memory asked for them: a few bytes
 * of text could ask for any amount.
 */
function requireRoom(path: string, definition: unknown, values: Readonly<Record<string, Tensor>>): void {
  const room = Object.values(values).reduce((sum, { data }) => sum + data.length, 0)
  const layers = (definition as { layers?: unknown } | null)?.layers
  for (const layer of Array.isArray(layers) ? (layers as unknown[]) : []) {
    const { kind, options } = (layer ?? {}) as { kind?: unknown; options?: unknown }
    const sizes = (options ?? {}) as Record<string, unknown>
    const size = (name: string): number => (typeof sizes[name] === 'number' ? sizes[name] : 1)
    const weights =
      kind === 'Linear'
        ? size('inFeatures') * size('outFeatures')
        : size('hiddenSize') *
          (size('inputSize') + (size('projSize') || size('hiddenSize'))) *
          size('numLayers')
    if ((LAYER_KINDS as readonly unknown[]).includes(kind) && weights > room) {
      throw new DataError(
        `${JSON.stringify(path)}: metadata ${MODEL_KEY}: a layer of ${weights} weights and more, where the file has ${room}`,
      )
    }
  }
}
