/**
 * Dropout (Srivastava et al. 2014), scaled while training so that the expectation is kept. The mask is a function of
 * a key and the element's index, so backward makes it anew instead of keeping it.
 */

const { imul } = Math // see lib/random.ts

/** A well-mixed 32-bit word of an index under a key. */
function hash(key: number, index: number): number {
  let word = imul(index ^ key, 0x9e3779b1)
  word = imul(word ^ (word >>> 15) ^ key, 0x85ebca77)
  word = imul(word ^ (word >>> 13), 0xc2b2ae3d)
  return (word ^ (word >>> 16)) >>> 0
}

/**
 * Multiplies by the mask of a key: 0 with probability p, else 1/(1 − p).
 *
 * @param to may be `from`
 * @param first the index, in what the mask is for, of the first element here
 */
export function applyDropout(
  from: Float32Array,
  to: Float32Array,
  p: number,
  key: number,
  first = 0,
): Float32Array {
  const threshold = p * 2 ** 32
  const scale = p < 1 ? 1 / (1 - p) : 0
  for (let i = 0; i < to.length; i++) {
    to[i] = hash(key, first + i) >= threshold ? (from[i] as number) * scale : 0
  }
  return to
}
