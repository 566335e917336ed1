/** The model on the real core: its gradients, its forecasts, and how its gradient falls off with the lag. */
import { Evaluation } from '../lib/compare/evaluate'
import { gradientFalloff, halfLife } from '../lib/compare/gradient-falloff'
import { ForecastModel, initial } from '../lib/compare/model'
import type { ModelState } from '../lib/compare/model'
import { IDENTITY } from '../lib/data/scaler'
import { Windows } from '../lib/data/windows'
import { Random } from '../lib/random'
import { tensor } from '../lib/tensor'
import type { Tensor } from '../lib/tensor'
import { noisyWave, smallTask } from './compare-fixtures'

const random = new Random(7)
const randomTensor = (...shape: number[]): Tensor =>
  tensor(
    Array.from({ length: shape.reduce((size, extent) => size * extent, 1) }, () => random.uniform() * 2 - 1),
    shape,
  )

const forms = (['gru', 'lstm'] as const).map((cell) => ({ cell, inputSize: 3, hiddenSize: 5, numLayers: 2 }))

/** Larger weights than the initial ones, so that gradients stand well above float32's rounding. */
const modelOf = (form: (typeof forms)[number]): ForecastModel => {
  const model = new ForecastModel(form, 11)
  for (const { value } of model.parameters()) {
    for (const at of value.data.keys()) value.data[at] = (value.data[at] ?? 0) * 1.7
  }
  return model
}

describe.each(forms)('$cell', (form) => {
  test.each([
    ['every step', [6, 4, 1]],
    ['the last step', [4, 1]],
  ])('the gradient of the loss at %s agrees with finite differences', (_, targets) => {
    const model = modelOf(form)
    const batch = { inputs: randomTensor(6, 4, 3), targets: randomTensor(...targets) }
    const everyStep = targets.length === 3
    const lossAt = (): number => {
      const { data } = model.predict(batch.inputs, everyStep)
      return (
        data.reduce((sum, value, at) => sum + (value - (batch.targets.data[at] ?? 0)) ** 2, 0) / data.length
      )
    }
    const before = lossAt()
    expect(model.addGradients(batch)).toBeCloseTo(before, 5)
    for (const { value, grad } of model.parameters()) {
      for (const at of [0, value.data.length - 1]) {
        const origin = value.data[at] ?? 0
        const step = 1e-2
        value.data[at] = origin + step
        const above = lossAt()
        value.data[at] = origin - step
        const difference = (above - lossAt()) / (2 * step)
        value.data[at] = origin
        expect(Math.abs((grad.data[at] ?? 0) - difference)).toBeLessThan(1e-3)
      }
    }
  })

  test('one step at a time with the state carried gives what the whole sequence gives', () => {
    const model = modelOf(form)
    const inputs = randomTensor(5, 2, 3)
    const whole = model.run(inputs).outputs
    let state: ModelState | undefined
    for (let step = 0; step < 5; step++) {
      const next = model.run({ data: inputs.data.slice(step * 6, step * 6 + 6), shape: [1, 2, 3] }, state)
      for (const b of [0, 1]) expect(next.outputs.data[b]).toBeCloseTo(whole.data[step * 2 + b] ?? 0, 5)
      state = next.state
    }
    const all = Array.from(model.predict(inputs, true).data)
    expect(all).toEqual(Array.from(whole.data))
    for (const b of [0, 1]) expect(model.predict(inputs, false).data[b]).toBeCloseTo(all[8 + b] ?? 0, 6)
  })

  test('the fall-off is the norm of the output’s derivative by each earlier state', () => {
    const model = modelOf(form)
    const inputs = randomTensor(8, 1, 3)
    const norms = gradientFalloff(model, inputs)
    expect(norms).toHaveLength(8)
    expect(norms[0]).toBe(1)
    const headNorm = Math.hypot(...(model.head.parameters()[0]?.value.data ?? []))
    for (const lag of [1, 2, 4]) {
      const { state } = model.run({ data: inputs.data.slice(0, (8 - lag) * 3), shape: [8 - lag, 1, 3] })
      const rest = { data: inputs.data.slice((8 - lag) * 3), shape: [lag, 1, 3] }
      const outputWith = (unit: number, change: number): number => {
        const h = { data: state.h.data.slice(), shape: state.h.shape }
        h.data[unit] = (h.data[unit] ?? 0) + change
        return model.run(rest, { ...state, h }).outputs.data.at(-1) ?? 0
      }
      const derivatives = Array.from(
        state.h.data.keys(),
        (unit) => (outputWith(unit, 1e-2) - outputWith(unit, -1e-2)) / 2e-2,
      )
      expect((norms[lag] ?? 0) * headNorm).toBeCloseTo(Math.hypot(...derivatives), 3)
    }
  })

  test('the fall-off leaves no gradient behind that a later step would take', () => {
    const model = modelOf(form)
    gradientFalloff(model, randomTensor(4, 2, 3))
    for (const { grad } of model.parameters()) expect(Math.max(...grad.data.map(Math.abs))).toBe(0)
  })

  test('the state dict has PyTorch’s names under rnn and head', () => {
    const names = Object.keys(new ForecastModel(form, 1).stateDict())
    expect(names).toContain('rnn.weight_ih_l0')
    expect(names).toContain('rnn.bias_hh_l1')
    expect(names).toContain('head.weight')
    expect(names).toHaveLength(10)
  })
})

test('the options of a first state have a cell state only where there is one', () => {
  const h = tensor([1], [1, 1, 1])
  expect(initial(undefined)).toEqual({})
  expect(initial({ h })).toEqual({ h0: h })
  expect(initial({ h, c: h })).toEqual({ h0: h, c0: h })
})

test('the half-life is the first lag below half', () => {
  expect(halfLife([1, 0.8, 0.5, 0.4, 0.9])).toBe(3)
  expect(halfLife([1, 0.9])).toBeUndefined()
  expect(halfLife([])).toBeUndefined()
})

describe('Evaluation', () => {
  const task = smallTask([noisyWave(100), noisyWave(100, 2)], 4, 2)
  const model = new ForecastModel({ cell: 'gru', inputSize: 2, hiddenSize: 4, numLayers: 1 }, 1)

  test('errors are in the target’s units, the loss in normalised ones', () => {
    const evaluation = new Evaluation(task.parts.test)
    const forecasts = evaluation.forecasts(model, task.scale)
    const errors = Array.from(
      forecasts,
      (value, at) => value - (task.truth[task.parts.test.targetRow(at, 0)] ?? 0),
    )
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
    const { loss, rmse, mae } = evaluation.errors(model, task.scale)
    expect(rmse).toBeCloseTo(Math.sqrt(mean(errors.map((error) => error ** 2))), 4)
    expect(mae).toBeCloseTo(mean(errors.map(Math.abs)), 4)
    expect(loss).toBeCloseTo((rmse / task.scale.factor) ** 2, 6)
  })

  test('forecasts of every step come window after window, however they were batched', () => {
    const values = Float32Array.from({ length: 60_001 }, (_, row) => row)
    const read = (ahead: number) => ({ values, ahead, scale: IDENTITY })
    // 20,000 steps a window, so that a batch takes six of these eight.
    const form = { window: 20_000, lead: 1, horizon: 1, everyStep: true }
    const starts = Int32Array.of(0, 40_000, 7, 20_000, 9, 11, 30_000, 13)
    const windows = new Windows([{ inputs: [read(0)], targets: [read(1)], starts }], form)
    const sizes: number[] = []
    const echo = {
      predict: (inputs: Tensor) => {
        sizes.push(inputs.shape[1] ?? 0)
        return inputs
      },
    }
    const forecasts = new Evaluation(windows).forecasts(echo, { offset: 1, factor: 2 })
    expect(sizes).toEqual([6, 2])
    for (const [window, start] of starts.entries()) {
      for (const step of [0, 1, 19_999])
        expect(forecasts[window * 20_000 + step]).toBe((start + step) * 2 + 1)
    }
  })
})
