/** The numbers of a subject, the same for everybody: from one seed, into one file. */
import { gatesOf, type Subject } from './cases.js'
import { gatewiseFrom } from './gatewise.js'
import { GRAD_OUTPUT, INPUT } from './protocol.js'

/** Even in -1 … 1, by the minimal standard generator (Park, Miller and Stockmeyer, 1993). */
function generator(seed: number): () => number {
  let state = seed
  return () => (state = (state * 48271) % 2147483647) / 1073741823.5 - 1
}

/**
 * Writes the subject's parameters, even in ±1/√H as PyTorch's first ones are, an input and a gradient of the output, even
 * in ±1. Past the end of a sequence both are zero.
 */
export function writeNumbers(subject: Subject, file: string): void {
  const { T, B, I, H, layers, bidirectional, lengths } = subject
  const random = generator(1234567)
  const numbers = (shape: readonly number[], scale: number) => {
    const data = new Float32Array(shape.reduce((product, extent) => product * extent, 1))
    for (let i = 0; i < data.length; i++) data[i] = scale * random()
    return { data, shape }
  }
  const directions = bidirectional ? 2 : 1
  const G = gatesOf(subject) * H
  const scale = 1 / Math.sqrt(H)
  const tensors: Record<string, { data: Float32Array; shape: readonly number[] }> = {}
  for (let layer = 0; layer < layers; layer++) {
    for (const suffix of ['', '_reverse'].slice(0, directions)) {
      const name = `l${layer}${suffix}`
      tensors[`weight_ih_${name}`] = numbers([G, layer === 0 ? I : directions * H], scale)
      tensors[`weight_hh_${name}`] = numbers([G, H], scale)
      tensors[`bias_ih_${name}`] = numbers([G], scale)
      tensors[`bias_hh_${name}`] = numbers([G], scale)
    }
  }
  const input = numbers([T, B, I], 1)
  const gradOutput = numbers([T, B, directions * H], 1)
  for (const { data, shape } of [input, gradOutput]) {
    const width = shape[2] as number
    lengths?.forEach((length, b) => {
      for (let t = length; t < T; t++) data.fill(0, (t * B + b) * width, (t * B + b + 1) * width)
    })
  }
  gatewiseFrom().saveSafetensors(file, { ...tensors, [INPUT]: input, [GRAD_OUTPUT]: gradOutput })
}
