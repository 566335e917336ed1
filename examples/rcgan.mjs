/*
 * Two models against each other: a small recurrent GAN (C. Esteban, S. L. Hyland, G. Rätsch, "Real-valued (medical) time
 * series generation with recurrent conditional GANs", 2017) learns to draw waves. The generator makes a wave of noise, step
 * by step; the discriminator says of each step whether it is of a true one, told which of two amplitudes was asked for.
 * `node examples/rcgan.mjs`
 */
import { Adam, bceWithLogitsLoss, GRU, Linear, sequential, tensor } from 'gatewise'

const [STEPS, BATCH, NOISE, HIDDEN, ROUNDS] = [24, 32, 4, 24, 1500]
const AMPLITUDES = [0.4, 0.9]

// A seeded generator (xorshift32), so that every run prints the same.
let state = 1
const uniform = () => {
  state ^= state << 13
  state ^= state >>> 17
  state ^= state << 5
  return (state >>> 0) / 2 ** 32
}

const generator = sequential(
  new GRU({ inputSize: NOISE + 1, hiddenSize: HIDDEN, seed: 1 }),
  new Linear({ inFeatures: HIDDEN, outFeatures: 1, seed: 2 }),
)
const discriminator = sequential(
  new GRU({ inputSize: 2, hiddenSize: HIDDEN, seed: 3 }),
  new Linear({ inFeatures: HIDDEN, outFeatures: 1, seed: 4 }),
)
const ofGenerator = new Adam(generator.parameters(), { lr: 2e-3, betas: [0.5, 0.999] })
const ofDiscriminator = new Adam(discriminator.parameters(), { lr: 2e-3, betas: [0.5, 0.999] })

/** A condition for each sequence: which amplitude. */
const drawConditions = () => Array.from({ length: BATCH }, () => (uniform() < 0.5 ? 0 : 1))

/** [T, B, 1]: sines of random phase. */
function drawWaves(conditions) {
  const phases = conditions.map(() => 2 * Math.PI * uniform())
  const values = Array.from({ length: STEPS }, (_, t) =>
    conditions.map((condition, b) => AMPLITUDES[condition] * Math.sin(0.5 * t + phases[b])),
  )
  return tensor(values.flat(), [STEPS, BATCH, 1])
}

/** [T, B, NOISE + 1]: noise and the condition at every step. */
function drawNoise(conditions) {
  const row = (condition) => [...Array.from({ length: NOISE }, () => 2 * uniform() - 1), condition]
  const values = Array.from({ length: STEPS }, () => conditions.flatMap(row))
  return tensor(values.flat(), [STEPS, BATCH, NOISE + 1])
}

/** [T, B, 2]: waves beside the condition. */
function withConditions({ data }, conditions) {
  const both = new Float32Array(2 * data.length)
  data.forEach((value, i) => both.set([value, conditions[i % BATCH]], 2 * i))
  return { data: both, shape: [STEPS, BATCH, 2] }
}

const allOf = (value) => tensor(new Float32Array(STEPS * BATCH).fill(value), [STEPS, BATCH, 1])
const [TRUE, MADE] = [allOf(1), allOf(0)]

/** The discriminator's step: true waves are to be 1, made ones 0. */
function teachDiscriminator() {
  ofDiscriminator.zeroGrad()
  let sum = 0
  const conditions = drawConditions()
  const made = generator.infer(drawNoise(conditions)).output
  for (const [waves, label] of [
    [drawWaves(conditions), TRUE],
    [made, MADE],
  ]) {
    const pass = discriminator.forward(withConditions(waves, conditions))
    const { loss, grad } = bceWithLogitsLoss(pass.output, label)
    pass.backward({ output: grad }, { input: false })
    pass.release()
    sum += loss
  }
  ofDiscriminator.step()
  return sum / 2
}

/** The generator's step: the gradient goes through the discriminator, whose own is not used, into what was made. */
function teachGenerator() {
  const conditions = drawConditions()
  const making = generator.forward(drawNoise(conditions))
  const judging = discriminator.forward(withConditions(making.output, conditions))
  const { loss, grad } = bceWithLogitsLoss(judging.output, TRUE)
  const { input } = judging.backward({ output: grad })
  const ofWaves = input.data.filter((_, i) => i % 2 === 0)
  ofGenerator.zeroGrad()
  making.backward({ output: { data: ofWaves, shape: [STEPS, BATCH, 1] } }, { input: false })
  ofGenerator.step()
  making.release()
  judging.release()
  return loss
}

/** How waves of each amplitude look: their root-mean-square, and how much a step is like the next. */
function describe(draw) {
  return AMPLITUDES.map((_, condition) => {
    const { data } = draw(Array.from({ length: BATCH }, () => condition))
    const squares = data.reduce((sum, value) => sum + value * value, 0)
    const products = data.slice(BATCH).reduce((sum, value, i) => sum + value * data[i], 0)
    return { rms: Math.sqrt(squares / data.length), smoothness: products / squares }
  })
}

const show = (name, looks) =>
  console.log(
    `${name}: ${looks.map(({ rms, smoothness }) => `rms ${rms.toFixed(2)}, smoothness ${smoothness.toFixed(2)}`).join('; ')}`,
  )
const made = (conditions) => generator.infer(drawNoise(conditions)).output

show('made before training', describe(made))
for (let round = 1; round <= ROUNDS; round++) {
  const losses = [teachDiscriminator(), teachGenerator()]
  if (round % 300 === 0) {
    console.log(`round ${round}: discriminator ${losses[0].toFixed(3)}, generator ${losses[1].toFixed(3)}`)
  }
}
show('made after training', describe(made))
show('true waves', describe(drawWaves))
