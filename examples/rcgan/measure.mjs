// How near made waves are to real ones, for examples/rcgan.mjs. Waves are [T, B, 1].
import { BANDS } from './waves.mjs'

function columns({ data, shape: [T, B] }) {
  return Array.from({ length: B }, (_, b) => Float64Array.from({ length: T }, (_, t) => data[t * B + b]))
}

const squaredDistance = (a, b) => a.reduce((sum, x, t) => sum + (x - b[t]) ** 2, 0)

/**
 * The maximum mean discrepancy, squared and without bias (A. Gretton et al., "A Kernel Two-Sample Test", 2012), between
 * waves of the same kind, with a Gaussian kernel as wide as real waves are apart. About 0 where they cannot be told apart.
 */
export function discrepancy(real, made, kinds) {
  const [ours, theirs] = [columns(real), columns(made)]
  let sum = 0
  for (const kind of [0, 1]) {
    const own = (waves) => waves.filter((_, b) => kinds[b] === kind)
    sum += ofOneKind(own(ours), own(theirs)) / 2
  }
  return sum
}

function ofOneKind(real, made) {
  const distances = real.flatMap((a, i) => real.slice(0, i).map((b) => squaredDistance(a, b)))
  const width = distances.sort((a, b) => a - b)[distances.length >> 1]
  const mean = (first, second) => {
    const kernels = first.flatMap((a) =>
      second.filter((b) => b !== a).map((b) => Math.exp(-squaredDistance(a, b) / width)),
    )
    return kernels.reduce((sum, k) => sum + k, 0) / kernels.length
  }
  return mean(real, real) + mean(made, made) - 2 * mean(real, made)
}

/** The share of waves whose strongest frequency is one of those of their kind. */
export function shareOfRightKind(waves, kinds) {
  const right = columns(waves).filter((wave, b) => {
    const [low, high] = BANDS[kinds[b]]
    const cycles = strongest(wave)
    return cycles >= low - 0.5 && cycles <= high + 0.5
  })
  return right.length / kinds.length
}

/** The frequency, in cycles within the length, at which the spectrum is highest. */
function strongest(wave) {
  const T = wave.length
  const mean = wave.reduce((sum, x) => sum + x, 0) / T
  let [best, most] = [0, -1]
  for (let cycles = 0.5; cycles <= T / 2; cycles += 0.5) {
    let [re, im] = [0, 0]
    wave.forEach((x, t) => {
      re += (x - mean) * Math.cos((2 * Math.PI * cycles * t) / T)
      im += (x - mean) * Math.sin((2 * Math.PI * cycles * t) / T)
    })
    const power = re ** 2 + im ** 2
    if (power > most) [best, most] = [cycles, power]
  }
  return best
}
