/**
 * The golden training runs, with the model left open: the package's layers, or the float64 reference, which then
 * tests the optimisers without the core.
 */
import type { Parameter } from '../lib/layers/parameter'
import { Adam, AdamW } from '../lib/optim/adam'
import { clipGradNorm } from '../lib/optim/clip'
import { LBFGS } from '../lib/optim/lbfgs'
import { RMSprop } from '../lib/optim/rmsprop'
import { SGD } from '../lib/optim/sgd'
import type { GoldenCase, TrainConfig } from './reference/golden'
import { networkParameterNames, runNetwork } from './reference/network'
import type { ReferenceOptions } from './reference/recurrent'

/** What can be trained: its parameters carry the golden names (`rnn.…`, `head.…`). */
export interface Model {
  readonly parameters: readonly Parameter[]
  /** Zeroes the gradients, computes loss and gradients at the present values, and returns the loss. */
  evaluate(): number
}

type TrainCase = GoldenCase<TrainConfig>

/** The float32 parameters of a golden run, at their values before it. */
export function initialParameters(golden: TrainCase): Parameter[] {
  return networkParameterNames(referenceOptions(golden)).map((name) => {
    const { data, shape } = golden.get(name)
    return {
      name,
      value: { data: Float32Array.from(data), shape },
      grad: { data: new Float32Array(data.length), shape },
    }
  })
}

function referenceOptions({ config }: TrainCase): ReferenceOptions {
  const { kind, inputSize, hiddenSize, numLayers, bidirectional } = config
  return { kind, inputSize, hiddenSize, numLayers, bidirectional }
}

/** The golden network in the float64 reference; only the parameters and gradients are rounded to float32. */
export function referenceModel(golden: TrainCase): Model {
  const { T, B } = golden.config
  const options = referenceOptions(golden)
  const given = { T, B, input: golden.get('input').data, target: golden.get('target').data }
  const parameters = initialParameters(golden)
  return {
    parameters,
    evaluate: () => {
      const values = parameters.map(({ name, value }) => [name, Float64Array.from(value.data)] as const)
      const { loss, gradients } = runNetwork(options, Object.fromEntries(values), given)
      for (const { name, grad } of parameters) grad.data.set(gradients[name]!)
      return loss
    },
  }
}

/** Trains as a `train-*` file says. Gives the loss and the gradient's norm before every step. */
export function runTraining(golden: TrainCase, model: Model): { losses: number[]; norms: number[] } {
  const { optimizer, clipGradNorm: limit, steps = 0 } = golden.config
  const options = camelCased(golden.config.options)
  const classes = { SGD, Adam, AdamW, RMSprop }
  if (optimizer === undefined) throw new Error('a training run needs an optimiser')
  const trained = new classes[optimizer](model.parameters, options)
  const losses: number[] = []
  const norms: number[] = []
  for (let step = 0; step < steps; step++) {
    losses.push(model.evaluate())
    norms.push(clipGradNorm(model.parameters, limit ?? Infinity))
    trained.step()
  }
  return { losses, norms }
}

/** Minimises as an `lbfgs-*` file says. Gives the loss before every outer step, and after the last. */
export function runLbfgs(golden: TrainCase, model: Model, count: number): number[] {
  const { line_search: search, ...rest } = golden.config.options
  const lineSearch = search === 'strong_wolfe' ? 'strongWolfe' : null
  const optimizer = new LBFGS(model.parameters, { ...camelCased(rest), lineSearch })
  const losses = Array.from({ length: count - 1 }, () => optimizer.step(() => model.evaluate()))
  return [...losses, model.evaluate()]
}

/** PyTorch's option names in this package's spelling. */
function camelCased(options: TrainConfig['options']): Record<string, never> {
  const spelt = Object.entries(options).map(
    ([name, value]) => [name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()), value] as const,
  )
  return Object.fromEntries(spelt) as Record<string, never>
}
