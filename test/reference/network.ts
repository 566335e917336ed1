/** The network of the training cases: recurrent layers, a linear head on every step, and the mean squared error. */
import { add, addOuter, addTransposed, product } from './algebra'
import {
  parameterSizes,
  runReference,
  type Parameters,
  type ReferenceInput,
  type ReferenceOptions,
} from './recurrent'

/** A linear layer over rows [N, inFeatures]: y = W x + b. */
export function runLinear(weight: Float64Array, bias: Float64Array, input: Float64Array) {
  const O = bias.length
  const I = weight.length / O
  const rows = input.length / I
  const row = (n: number): Float64Array => input.slice(n * I, (n + 1) * I)
  const output = new Float64Array(rows * O)
  for (let n = 0; n < rows; n++) {
    const y = product(weight, row(n))
    add(y, bias)
    output.set(y, n * O)
  }
  const backward = (doutput: Float64Array) => {
    const gradients = {
      input: new Float64Array(input.length),
      weight: new Float64Array(weight.length),
      bias: new Float64Array(O),
    }
    for (let n = 0; n < rows; n++) {
      const dy = doutput.slice(n * O, (n + 1) * O)
      addTransposed(gradients.input.subarray(n * I, (n + 1) * I), weight, dy)
      addOuter(gradients.weight, dy, row(n))
      add(gradients.bias, dy)
    }
    return gradients
  }
  return { output, backward }
}

/** Mean squared error and its gradient with respect to the prediction. */
export function meanSquaredError(prediction: Float64Array, target: Float64Array) {
  const differences = prediction.map((p, i) => p - target[i]!)
  return {
    loss: differences.reduce((sum, d) => sum + d * d, 0) / differences.length,
    gradient: differences.map((d) => (2 * d) / differences.length),
  }
}

/** The parameters' names as the training cases have them: `rnn.…`, then `head.weight` and `head.bias`. */
export function networkParameterNames(options: ReferenceOptions): string[] {
  return [...parameterSizes(options).map(([name]) => `rnn.${name}`), 'head.weight', 'head.bias']
}

/** The loss of the network, and its gradient with respect to every parameter. */
export function runNetwork(
  options: ReferenceOptions,
  parameters: Parameters,
  given: ReferenceInput & { readonly target: Float64Array },
): { loss: number; gradients: Record<string, Float64Array> } {
  const own = Object.fromEntries(
    parameterSizes(options).map(([name]) => [name, parameters[`rnn.${name}`]!] as const),
  )
  const pass = runReference(options, own, given)
  const head = runLinear(parameters['head.weight']!, parameters['head.bias']!, pass.output)
  const { loss, gradient } = meanSquaredError(head.output, given.target)
  const dhead = head.backward(gradient)
  const back = pass.backward({ output: dhead.input })
  const gradients = Object.fromEntries(
    Object.entries(back.parameters).map(([name, data]) => [`rnn.${name}`, data] as const),
  )
  return { loss, gradients: { ...gradients, 'head.weight': dhead.weight, 'head.bias': dhead.bias } }
}
