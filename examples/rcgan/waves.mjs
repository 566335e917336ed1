// Real waves for examples/rcgan.mjs: sines of two kinds, slow and fast, of any phase and of several amplitudes.

/** Cycles within a wave's length: of kind 0 from 1 to 1.5, of kind 1 from 3 to 3.5. */
export const BANDS = [
  [1, 1.5],
  [3, 3.5],
]

/** Numbers that look random and depend on the seed alone (mulberry32). */
export function makeRandom(seed) {
  let state = seed >>> 0
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let word = Math.imul(state ^ (state >>> 15), state | 1)
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61)
    return ((word ^ (word >>> 14)) >>> 0) / 2 ** 32
  }
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform())
  return { uniform, normal }
}

/** `waves` [T, B, 1], and the kind of each, 0 or 1. */
export function realWaves(random, T, B) {
  const kinds = Array.from({ length: B }, () => (random.uniform() < 0.5 ? 0 : 1))
  const waves = { data: new Float32Array(T * B), shape: [T, B, 1] }
  kinds.forEach((kind, b) => {
    const [low, high] = BANDS[kind]
    const cycles = low + (high - low) * random.uniform()
    const phase = 2 * Math.PI * random.uniform()
    const amplitude = 0.6 + 0.3 * random.uniform()
    for (let t = 0; t < T; t++) {
      waves.data[t * B + b] = amplitude * Math.sin((2 * Math.PI * cycles * t) / T + phase)
    }
  })
  return { waves, kinds }
}
