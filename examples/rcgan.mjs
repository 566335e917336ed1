// A recurrent conditional GAN (C. Esteban, S. L. Hyland, G. Rätsch, "Real-valued (Medical) Time Series Generation with
// Recurrent Conditional GANs", 2017): a generator learns to draw waves of the kind that it is asked for, slow or fast,
// from a discriminator that learns to tell its waves from real ones, step by step. Prints a line of JSON now and then:
//
//     discrepancy   between real and made waves, about 0 where they cannot be told apart
//     rightKind     the share of made waves whose strongest frequency is one of the kind asked for
//
// Options: --steps 1000 --seed 1
import { parseArgs } from 'node:util'

import {
  Adam,
  bceWithLogitsLoss,
  ExponentialMovingAverage,
  Linear,
  LSTM,
  sequential,
} from '../dist/index.mjs'
import { discrepancy, shareOfRightKind } from './rcgan/measure.mjs'
import { makeRandom, realWaves } from './rcgan/waves.mjs'

const { values } = parseArgs({
  options: { steps: { type: 'string', default: '1000' }, seed: { type: 'string', default: '1' } },
})
const [steps, seed] = [Number(values.steps), Number(values.seed)]

const T = 16 // steps of a wave
const B = 32 // waves in a batch
const SHOWN = 128 // waves that are measured
const HIDDEN = 24
const NOISE = 4 // random numbers from which a wave is made, beside its kind

const random = makeRandom(seed)
const generator = sequential(
  new LSTM({ inputSize: NOISE + 1, hiddenSize: HIDDEN, seed }),
  new Linear({ inFeatures: HIDDEN, outFeatures: 1, seed }),
)
const discriminator = sequential(
  new LSTM({ inputSize: 2, hiddenSize: HIDDEN, seed: seed + 1 }),
  new Linear({ inFeatures: HIDDEN, outFeatures: 1, seed: seed + 1 }),
)
const options = { lr: 4e-3, betas: [0.5, 0.99] }
const generatorOptimizer = new Adam(generator.parameters(), options)
const discriminatorOptimizer = new Adam(discriminator.parameters(), options)
// The two circle around each other; the mean of the generator's weights is calmer than the last of them.
const mean = new ExponentialMovingAverage(generator.parameters(), { decay: 0.98, warmUp: true })

/** What the discriminator shall say of every step of a batch. */
const label = (value) => ({ data: new Float32Array(T * B).fill(value), shape: [T, B, 1] })
const FAKE = label(0)
const REAL = label(0.9) // one that is never quite sure leaves the generator a slope to learn from

/** [T, N, NOISE + 1]: a wave's noise and its kind, the same in all of its steps. */
function generatorInput(kinds) {
  const first = kinds.flatMap((kind) => [...Array.from({ length: NOISE }, random.normal), kind])
  const data = new Float32Array(T * first.length)
  for (let t = 0; t < T; t++) data.set(first, t * first.length)
  return { data, shape: [T, kinds.length, NOISE + 1] }
}

/** [T, N, 2]: the waves and their kinds. */
function discriminatorInput(waves, kinds) {
  const data = Float32Array.from({ length: 2 * waves.data.length }, (_, i) =>
    i % 2 === 0 ? waves.data[i / 2] : kinds[((i - 1) / 2) % kinds.length],
  )
  return { data, shape: [T, kinds.length, 2] }
}

/** Real waves are to be told as such, and made ones too. */
function trainDiscriminator() {
  discriminatorOptimizer.zeroGrad()
  const { waves, kinds } = realWaves(random, T, B)
  const made = generator.infer(generatorInput(kinds)).output
  const judge = (shown, wanted) => {
    const pass = discriminator.forward(discriminatorInput(shown, kinds))
    const { loss, grad } = bceWithLogitsLoss(pass.output, wanted)
    pass.backward({ output: grad }, { input: false })
    pass.release()
    return loss
  }
  const loss = judge(waves, REAL) + judge(made, FAKE)
  discriminatorOptimizer.step()
  return loss / 2
}

/**
 * Made waves are to be taken for real. The gradient of the discriminator's input has that of the generator's output. What
 * the discriminator's own weights gather on the way is zeroed before its next step.
 */
function trainGenerator() {
  generatorOptimizer.zeroGrad()
  const { kinds } = realWaves(random, T, B)
  const making = generator.forward(generatorInput(kinds))
  const judging = discriminator.forward(discriminatorInput(making.output, kinds))
  const { loss, grad } = bceWithLogitsLoss(judging.output, REAL)
  const { input } = judging.backward({ output: grad })
  const ofWaves = { data: input.data.filter((_, i) => i % 2 === 0), shape: [T, B, 1] }
  making.backward({ output: ofWaves }, { input: false })
  generatorOptimizer.step()
  mean.update()
  making.release()
  judging.release()
  return loss
}

function report(step, losses) {
  const { waves, kinds } = realWaves(random, T, SHOWN)
  mean.apply()
  const made = generator.infer(generatorInput(kinds)).output
  mean.restore()
  const line = {
    step,
    ...losses,
    discrepancy: discrepancy(waves, made, kinds),
    rightKind: shareOfRightKind(made, kinds),
  }
  console.log(
    JSON.stringify(line, (_, value) => (typeof value === 'number' ? Number(value.toFixed(4)) : value)),
  )
}

report(0, {})
for (let step = 1; step <= steps; step++) {
  const losses = { discriminator: trainDiscriminator(), generator: trainGenerator() }
  if (step % 100 === 0) report(step, losses)
}
