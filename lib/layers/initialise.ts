/** First values of parameters. */
import { Random } from '../random.js'
import type { Parameter } from './parameter.js'

/** A layer's generator: of the given seed, or of one that nobody knows. */
export function randomOf(seed: number | undefined): Random {
  return new Random(seed ?? Math.floor(Math.random() * 2 ** 53))
}

/** PyTorch's default for recurrent and linear layers: every parameter uniform in ±1/√size. */
export function initialiseUniform(parameters: readonly Parameter[], size: number, random: Random): void {
  const bound = 1 / Math.sqrt(size)
  for (const { value } of parameters) {
    for (let i = 0; i < value.data.length; i++) value.data[i] = (2 * random.uniform() - 1) * bound
  }
}
