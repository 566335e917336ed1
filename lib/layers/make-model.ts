/** Models in words, and models made from those: in another thread, or from a file. */
import { ArgumentError } from '../errors.js'
import { describe, requireOneOf, requireOptions } from '../shapes.js'
import type { Tensor } from '../tensor.js'
import { LAYER_KINDS, type LayerDefinition, type LayerKind } from './definition.js'
import { GRU } from './gru.js'
import { Linear } from './linear.js'
import { LSTM } from './lstm.js'
import type { Parameter } from './parameter.js'
import { RNN } from './rnn.js'
import { Sequential, type SequentialLayer } from './sequential.js'

/** A layer, or layers in sequence, in words. */
export interface ModelDefinition {
  /** Whether it is `sequential(...)`; else there is one layer. */
  readonly sequential: boolean
  readonly layers: readonly LayerDefinition[]
  /** Names, as a sequence's `stateDict` has them, with the name of the parameter that serves there too. */
  readonly ties: readonly (readonly [name: string, source: string])[]
}

const CLASSES = { LSTM, GRU, RNN, Linear } as const

/** A model in words; undefined where it is not made of this package's layers, or of a subclass of one. */
export function defineModel(model: unknown): ModelDefinition | undefined {
  const sequential = model instanceof Sequential && model.constructor === Sequential
  const layers: readonly unknown[] = sequential ? model.layers : [model]
  if (!layers.every(isOwn)) return undefined
  return { sequential, layers: layers.map(({ definition }) => definition), ties: tiesOf(layers) }
}

function isOwn(layer: unknown): layer is SequentialLayer {
  return Object.values(CLASSES).some((Class) => layer instanceof Class && layer.constructor === Class)
}

/** Names under which a parameter stands that stood under another one before. */
function tiesOf(layers: readonly SequentialLayer[]): [name: string, source: string][] {
  const first = new Map<Parameter, string>()
  const ties: [string, string][] = []
  for (const [place, layer] of layers.entries()) {
    for (const { name, parameter } of layer.named()) {
      const source = first.get(parameter)
      if (source === undefined) first.set(parameter, `${place}.${name}`)
      else ties.push([`${place}.${name}`, source])
    }
  }
  return ties
}

/**
 * Makes a model from words, which may come from anywhere.
 *
 * @param values of its parameters, as its `stateDict` names them
 * @throws ArgumentError where the words are not a model's, or the values are not those of this model
 */
export function makeModel(
  where: string,
  definition: unknown,
  values: Record<string, Tensor>,
): SequentialLayer | Sequential {
  const { sequential, layers, ties } = requireOptions<ModelDefinition>(where, 'model', definition, [
    'sequential',
    'layers',
    'ties',
  ])
  const made = requireList(where, 'model.layers', layers).map((layer, place) =>
    makeLayer(where, place, layer),
  )
  const parameterOf = (argument: string, name: unknown): [SequentialLayer, string, Parameter] => {
    const [, place = '', own = ''] = /^(\d+)\.(.+)$/.exec(String(name)) ?? []
    const layer = made[Number(place)]
    const entry = place === '' ? undefined : layer?.named().find((named) => named.name === own)
    if (layer === undefined || entry === undefined) {
      throw new ArgumentError(where, argument, 'the name of a parameter', describe(name))
    }
    return [layer, own, entry.parameter]
  }
  for (const [index, tie] of requireList(where, 'model.ties', ties).entries()) {
    const [name, source] = requireList(where, `model.ties[${index}]`, tie)
    const [layer, own] = parameterOf(`model.ties[${index}][0]`, name)
    layer.tie(own, parameterOf(`model.ties[${index}][1]`, source)[2])
  }
  const [only, ...others] = made
  const model = sequential !== true && only && others.length === 0 ? only : new Sequential(made)
  model.loadStateDict(values)
  return model
}

function makeLayer(where: string, place: number, value: unknown): SequentialLayer {
  const argument = `model.layers[${place}]`
  const { kind, options } = requireOptions<LayerDefinition>(where, argument, value, ['kind', 'options'])
  const known: LayerKind = requireOneOf(where, `${argument}.kind`, kind, LAYER_KINDS)
  // The constructor checks the options, whatever they are.
  return new CLASSES[known](options as never)
}

function requireList(where: string, argument: string, value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new ArgumentError(where, argument, 'an array', describe(value))
  return value as readonly unknown[]
}
