/** The order of an epoch: it depends on the seed and the epoch alone, so that a resumed run meets what it would have met. */
import { Random } from '../random.js'

/** The random numbers of one epoch; those of two epochs have nothing to do with each other. */
export function epochRandom(seed: number, epoch: number): Random {
  return new Random(seed + (epoch + 1) * 2 ** 32)
}

/** The numbers 0 to `count`, shuffled where that is wanted. */
export function epochOrder(count: number, seed: number, epoch: number, shuffle: boolean): Int32Array {
  const order = Int32Array.from({ length: count }, (_, index) => index)
  if (shuffle) epochRandom(seed, epoch).shuffle(order)
  return order
}
