/** The exponential moving average: its formula to the bit, in place of the weights and back, states, wrong arguments. */
import { ExponentialMovingAverage, StateError } from '../lib'
import type { Parameter } from '../lib/layers/parameter'
import { native } from '../lib/native/load'
import { Rng } from './reference/rng'
import { failure } from './refusal'

const { fround: f } = Math
const best = native().state()
afterAll(() => void native().chooseIsa(best.isa))

const sizes = [3, 37, 1]
function randomParameters(rng: Rng): Parameter[] {
  return sizes.map((size, index) => ({
    name: `p${index}`,
    value: { data: Float32Array.from(rng.normals(size)), shape: [size] },
    grad: { data: new Float32Array(size), shape: [size] },
  }))
}
const change = (parameters: readonly Parameter[], rng: Rng): void => {
  for (const { value } of parameters) value.data.set(rng.normals(value.data.length))
}
const valuesOf = (parameters: readonly Parameter[]): number[] =>
  parameters.flatMap(({ value }) => [...value.data])
const meanOf = (average: ExponentialMovingAverage): number[] =>
  average.average().flatMap(({ value }) => [...value.data])

describe.each(best.isas)('%s', (isa) => {
  beforeAll(() => expect(native().chooseIsa(isa)).toBe(true))

  test.each([false, true])('is the formula in float32, warm-up %s', (warmUp) => {
    const rng = new Rng(91)
    const parameters = randomParameters(rng)
    const average = new ExponentialMovingAverage(parameters, { decay: 0.7, warmUp })
    average.update()
    const expected = valuesOf(parameters)
    expect(meanOf(average)).toEqual(expected)
    for (let n = 1; n < 40; n++) {
      change(parameters, rng)
      average.update()
      const share = f(1 - (warmUp ? Math.min(0.7, (1 + n) / (10 + n)) : 0.7))
      valuesOf(parameters).forEach((x, i) => {
        expected[i] = f(expected[i]! + f(share * f(x - expected[i]!)))
      })
      expect(meanOf(average)).toEqual(expected)
    }
  })
})

test('stands in for the weights, and gives them back', () => {
  const rng = new Rng(92)
  const parameters = randomParameters(rng)
  const average = new ExponentialMovingAverage(parameters, { decay: 0.5 })
  const before = valuesOf(parameters)
  average.apply()
  expect(valuesOf(parameters)).toEqual(before)
  average.restore()
  average.update()
  change(parameters, rng)
  average.update()
  const weights = valuesOf(parameters)
  average.apply()
  expect(valuesOf(parameters)).toEqual(meanOf(average))
  expect(valuesOf(parameters)).not.toEqual(weights)
  expect(() => average.update()).toThrow(StateError)
  expect(() => average.apply()).toThrow(StateError)
  average.restore()
  expect(valuesOf(parameters)).toEqual(weights)
  expect(() => average.restore()).toThrow(StateError)
  expect(average.average().map(({ name, value }) => [name, ...value.shape])).toEqual([
    ['p0', 3],
    ['p1', 37],
    ['p2', 1],
  ])
})

test('goes on from its state to the bit', () => {
  const rng = new Rng(93)
  const parameters = randomParameters(rng)
  const average = new ExponentialMovingAverage(parameters, { decay: 0.9, warmUp: true })
  for (let n = 0; n < 3; n++) {
    average.update()
    change(parameters, rng)
  }
  const copy = new ExponentialMovingAverage(parameters)
  copy.loadStateDict(structuredClone(average.stateDict()))
  for (const each of [average, copy]) each.update()
  expect(meanOf(copy)).toEqual(meanOf(average))
  expect(copy.stateDict()).toEqual(average.stateDict())

  const good = average.stateDict()
  const refuse = (part: object, argument: string): void => {
    expect(failure(() => average.loadStateDict({ ...good, ...part }))).toBe(argument)
    expect(average.stateDict()).toEqual(good)
  }
  refuse({ optimizer: 'SGD' }, 'state.optimizer')
  refuse({ scalars: { updates: -1 } }, 'state.scalars.updates')
  refuse({ buffers: {} }, 'state.buffers.mean.0')
  refuse({ groups: [{ options: { decay: 2, warmUp: false }, parameters: 3 }] }, 'options.decay')
  refuse({ groups: [{ options: good.groups[0]!.options, parameters: 2 }] }, 'state.groups[0].parameters')
})

test('wrong arguments are named', () => {
  const parameters = randomParameters(new Rng(94))
  expect(failure(() => new ExponentialMovingAverage([]))).toBe('parameters')
  expect(failure(() => new ExponentialMovingAverage(null as never))).toBe('parameters')
  for (const decay of [NaN, -0.1, 1.1, '1' as never]) {
    expect(failure(() => new ExponentialMovingAverage(parameters, { decay }))).toBe('options.decay')
  }
  expect(failure(() => new ExponentialMovingAverage(parameters, { warmUp: 1 as never }))).toBe(
    'options.warmUp',
  )
  const average = new ExponentialMovingAverage(parameters)
  const { buffer } = parameters[1]!.value.data
  structuredClone(buffer, { transfer: [buffer as ArrayBuffer] })
  for (const method of ['update', 'apply'] as const) {
    expect(failure(() => average[method]())).toBe('parameters[1].value.data')
  }
})
