/** Optimisers in words, so that one of the same kind works on the same parameters elsewhere. */
import { ArgumentError } from '../errors.js'
import type { Parameter } from '../layers/parameter.js'
import { Adam, AdamW } from '../optim/adam.js'
import { LBFGS } from '../optim/lbfgs.js'
import { RMSprop } from '../optim/rmsprop.js'
import { SGD } from '../optim/sgd.js'
import { describe } from '../shapes.js'
import type { AnyOptimizer } from './trainer-types.js'

/** An optimiser in words; its options and buffers are in its state. */
export interface OptimizerDefinition {
  readonly kind: string
  /** Of each group, the places of its parameters among the model's. */
  readonly groups: readonly (readonly number[])[]
}

const CLASSES = new Map(Object.entries({ SGD, Adam, AdamW, RMSprop, LBFGS }))

/** An optimiser in words; undefined where it is not one of this package's, or of a subclass. */
export function defineOptimizer(
  optimizer: AnyOptimizer,
  parameters: readonly Parameter[],
): OptimizerDefinition | undefined {
  for (const [kind, Class] of CLASSES) {
    if (optimizer.constructor !== Class) continue
    const { paramGroups } = optimizer as Adam | LBFGS
    const groups = paramGroups.map((group) => group.parameters.map((one) => parameters.indexOf(one)))
    return { kind, groups }
  }
  return undefined
}

/** Makes an optimiser of the defined kind, to which the state of the first one is given. */
export function makeOptimizer(
  { kind, groups }: OptimizerDefinition,
  parameters: readonly Parameter[],
): AnyOptimizer {
  const Class = CLASSES.get(kind)
  if (Class === undefined) {
    throw new ArgumentError('fit', 'optimizer', `one of ${[...CLASSES.keys()].join(', ')}`, describe(kind))
  }
  const own = groups.map((places) => places.map((place) => parameters[place] as Parameter))
  const [only = [], ...others] = own
  // LBFGS takes no groups.
  return new Class(others.length === 0 ? only : own.map((group) => ({ parameters: group })))
}
