/** The linear layer against the float64 reference, on every instruction set, and its passes against each other. */
import { engine, Linear, StateError, type Tensor } from '../lib'
import { native } from '../lib/native/load'
import { differentBits, f32, gradientsOf, zeroGradients } from './layer-cases'
import { relativeError } from './reference/finite-differences'
import { runLinear } from './reference/network'
import { Rng } from './reference/rng'

const { isas, isa: best } = engine()
afterAll(() => void native().chooseIsa(best))

interface Case {
  readonly lead: readonly number[]
  readonly inFeatures: number
  readonly outFeatures: number
  readonly bias?: boolean
}

/**
 * Ranks 1 to 4, tails of every width, more than a block of 512 rows, of 48 columns of dy and of a panel of x, and an input so
 * deep that it is cut, whatever the width.
 */
const CASES: Case[] = [
  { lead: [], inFeatures: 3, outFeatures: 5 },
  { lead: [1], inFeatures: 1, outFeatures: 1 },
  { lead: [7], inFeatures: 17, outFeatures: 2 },
  { lead: [5, 3], inFeatures: 16, outFeatures: 33, bias: false },
  { lead: [2, 3, 11], inFeatures: 65, outFeatures: 49 },
  { lead: [523], inFeatures: 70, outFeatures: 7 },
  { lead: [19, 29], inFeatures: 4, outFeatures: 97 },
  { lead: [15], inFeatures: 65_539, outFeatures: 5 },
]

function drawLinear({ lead, inFeatures, outFeatures, bias = true }: Case, seed: number) {
  const rng = new Rng(seed)
  const rows = lead.reduce((a, b) => a * b, 1)
  const weight = rng.normals(outFeatures * inFeatures, 0.7)
  const ofBias = bias ? rng.normals(outFeatures) : new Float64Array(outFeatures)
  const layer = new Linear({ inFeatures, outFeatures, bias })
  const [first, second] = layer.parameters()
  first?.value.data.set(weight)
  second?.value.data.set(ofBias)
  const input = rng.normals(rows * inFeatures)
  const gradient = rng.normals(rows * outFeatures)
  return { layer, weight, bias: ofBias, input, gradient, rows }
}

describe.each(CASES)('$lead × $inFeatures → $outFeatures', (form) => {
  test.each(isas)('%s', (isa) => {
    native().chooseIsa(isa)
    const { layer, weight, bias, input, gradient, rows } = drawLinear(form, 71)
    const reference = runLinear(weight, bias, input)
    const expected = reference.backward(gradient)
    const given = f32(input, [...form.lead, form.inFeatures])
    const pass = layer.forward(given)
    expect(pass.output.shape).toEqual([...form.lead, form.outFeatures])
    expect(differentBits({ output: layer.infer(given).output.data }, { output: pass.output.data })).toEqual(
      [],
    )
    const back = pass.backward({ output: f32(gradient, pass.output.shape) })
    expect(back.input.shape).toEqual(given.shape)

    // A sum of n products in float32 is off by about √n units of 2^-24; the largest number is at least about as large
    // as one sum of n terms of size 1 is on average, √n.
    const allowed = 2 ** -24 * (4 + Math.sqrt(Math.max(form.inFeatures, form.outFeatures, rows)))
    const { 'd.weight': dweight, 'd.bias': dbias } = gradientsOf(layer)
    const errors = {
      output: relativeError(pass.output.data, reference.output),
      input: relativeError(back.input.data, expected.input),
      weight: relativeError(dweight!, expected.weight),
      bias: form.bias === false ? 0 : relativeError(dbias!, expected.bias),
    }
    expect(Object.entries(errors).filter(([, error]) => !(error <= allowed))).toEqual([])
  })
})

describe('passes', () => {
  const form: Case = { lead: [3, 5], inFeatures: 7, outFeatures: 18 }
  const one = drawLinear(form, 72)
  const other = drawLinear(form, 73)
  const { layer } = one
  const shape = [3, 5, 7]
  const back = (
    pass: { output: Tensor; backward: (g: { output: Tensor }) => { input: Tensor } },
    gradient: Float64Array,
  ) => {
    zeroGradients(layer)
    const { input } = pass.backward({ output: f32(gradient, [3, 5, 18]) })
    return { output: pass.output.data.slice(), input: input.data, ...gradientsOf(layer) }
  }

  test('are independent of each other, of the caller’s arrays and of later weights', () => {
    const alone = [one, other].map(({ input, gradient }) => back(layer.forward(f32(input, shape)), gradient))
    const inputs = [one, other].map(({ input }) => f32(input, shape))
    const passes = inputs.map((input) => layer.forward(input))
    for (const input of inputs) {
      input.data.fill(NaN)
      ;(input.shape as number[]).fill(1)
    }
    const before = layer.stateDict()
    for (const { value } of layer.parameters()) value.data.fill(NaN)
    expect(differentBits(back(passes[1]!, other.gradient), alone[1]!)).toEqual([])
    expect(differentBits(back(passes[0]!, one.gradient), alone[0]!)).toEqual([])
    layer.loadStateDict(before)
  })

  test('add into the gradients, and a released one does no more', () => {
    const pass = layer.forward(f32(one.input, shape))
    const once = back(pass, one.gradient)
    pass.backward({ output: f32(one.gradient, [3, 5, 18]) })
    const twice = gradientsOf(layer)
    for (const [name, data] of Object.entries(twice)) {
      expect(Array.from(data)).toEqual(Array.from(once[name as keyof typeof once], (x) => x + x))
    }
    pass.release()
    pass.release()
    const symbol = layer.forward(f32(one.input, shape))
    symbol[Symbol.dispose]()
    for (const ended of [pass, symbol]) {
      expect(() => ended.backward({ output: f32(one.gradient, [3, 5, 18]) })).toThrow(StateError)
    }
    expect(differentBits(gradientsOf(layer), twice)).toEqual([])
    expect(differentBits({ output: pass.output.data }, { output: once.output })).toEqual([])
  })
})
