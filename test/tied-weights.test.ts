/** Parameters that layers share: one value, one gradient, one step of the optimiser. */
import { Adam, clipGradNorm, GRU, GRUCell, LBFGS, Linear, LSTM, LSTMCell, SGD, type Parameter } from '../lib'
import { differentBits, f32, gradientsOf, zeroGradients } from './layer-cases'
import { Rng } from './reference/rng'
import { failure, refusal } from './refusal'

const [rows, I, O] = [3, 5, 4]

const linear = (seed: number) => new Linear({ inFeatures: I, outFeatures: O, seed })

const named = (layer: { parameters(): Parameter[] }, name: string): Parameter =>
  layer.parameters().find((parameter) => parameter.name === name)!

/** Runs a pass of a layer forward and back with numbers of its own. */
function run(layer: Linear, seed: number) {
  const rng = new Rng(seed)
  const pass = layer.forward(f32(rng.normals(rows * I), [rows, I]))
  const { input } = pass.backward({ output: f32(rng.normals(rows * O), [rows, O]) })
  return { output: pass.output.data, input: input.data }
}

/** Two layers with one weight, and two with weights of the same numbers. */
function twoAndTwo() {
  const [a, b] = [linear(1), linear(2)]
  b.tie('weight', named(a, 'weight'))
  const [c, d] = [linear(1), linear(2)]
  named(d, 'weight').value.data.set(named(c, 'weight').value.data)
  return { a, b, c, d }
}

describe('two linear layers with one weight', () => {
  test('give what two with equal weights give, and its gradient is the sum', () => {
    const { a, b, c, d } = twoAndTwo()
    expect(named(b, 'weight')).toBe(named(a, 'weight'))
    expect(differentBits(run(a, 11), run(c, 11))).toEqual([])
    expect(differentBits(run(b, 12), run(d, 12))).toEqual([])
    const [ofC, ofD] = [gradientsOf(c), gradientsOf(d)]
    const sum = Float32Array.from(ofC['d.weight']!, (x, i) => x + ofD['d.weight']![i]!)
    expect(differentBits(gradientsOf(a), { 'd.weight': sum, 'd.bias': ofC['d.bias']! })).toEqual([])
    expect(differentBits(gradientsOf(b), { 'd.weight': sum, 'd.bias': ofD['d.bias']! })).toEqual([])
  })

  test('a value that is written in one is the other’s at the next call', () => {
    const { a, b } = twoAndTwo()
    const before = run(b, 12).output
    named(a, 'weight').value.data.fill(0)
    expect(run(b, 12).output).not.toEqual(before)
    expect(new Set(b.infer(f32(new Float32Array(I).fill(1), [1, I])).output.data)).toEqual(
      new Set(named(b, 'bias').value.data),
    )
  })

  test('an optimiser steps it once', () => {
    for (const make of [
      (p: Parameter[]) => new SGD(p, { lr: 0.1, momentum: 0.9 }),
      (p: Parameter[]) => new Adam(p, { lr: 0.1 }),
    ]) {
      const { a, b } = twoAndTwo()
      const [weight, biasOfA, biasOfB] = [named(a, 'weight'), named(a, 'bias'), named(b, 'bias')]
      // The same three in another layer each: what one step of each must be.
      const copies = [weight, biasOfA, biasOfB].map(({ name, value, grad }) => ({
        name,
        value: { data: value.data.slice(), shape: value.shape },
        grad: { data: grad.data, shape: grad.shape },
      }))
      const [optimiser, expected] = [make([...a.parameters(), ...b.parameters()]), make(copies)]
      expect(optimiser.parameters).toEqual([weight, biasOfA, biasOfB])
      expect(optimiser.parameters[0]).toBe(weight)
      for (let step = 0; step < 3; step++) {
        optimiser.zeroGrad()
        run(a, 13 + step)
        run(b, 23 + step)
        optimiser.step()
        expected.step()
        expect([weight, biasOfA, biasOfB].map(({ value }) => value)).toEqual(copies.map(({ value }) => value))
      }
      expect(optimiser.stateDict()).toEqual(expected.stateDict())
    }
  })

  test('L-BFGS takes it for one variable', () => {
    const { a, b } = twoAndTwo()
    const all = [...a.parameters(), ...b.parameters()]
    const target = new Rng(31).normals(2 * O + O * I)
    const minimise = (parameters: Parameter[]) => {
      const optimiser = new LBFGS(parameters, { lineSearch: 'strongWolfe' })
      optimiser.step(() => {
        let [loss, at] = [0, 0]
        for (const { value, grad } of new Set(parameters)) {
          for (let i = 0; i < value.data.length; i++) {
            grad.data[i] = value.data[i]! - target[at++]!
            loss += 0.5 * grad.data[i]! ** 2
          }
        }
        return loss
      })
      return optimiser
    }
    const optimiser = minimise(all)
    expect(optimiser.parameters).toHaveLength(3)
    expect(optimiser.stateDict().buffers.direction).toHaveLength(target.length)
    const found = optimiser.parameters.flatMap(({ value }) => [...value.data])
    for (const [i, x] of found.entries()) expect(Math.abs(x - target[i]!)).toBeLessThan(1e-5)
  })

  test('clipGradNorm counts and scales it once', () => {
    const { a, b } = twoAndTwo()
    const all = [...a.parameters(), ...b.parameters()]
    for (const [index, { grad }] of all.entries()) grad.data.fill(index % 2) // weight 0, biases 1
    named(a, 'weight').grad.data.fill(2)
    const norm = Math.sqrt(4 * O * I + 2 * O)
    expect(clipGradNorm(all, Infinity)).toBe(norm)
    expect(clipGradNorm(all, norm / 2)).toBe(norm)
    const factor = norm / 2 / (norm + 1e-6)
    expect([...new Set(named(b, 'weight').grad.data)]).toEqual([Math.fround(2 * factor)])
    expect([...new Set(named(b, 'bias').grad.data)]).toEqual([Math.fround(factor)])
  })

  test('a pass made before stays with the weight that it began with', () => {
    const [a, b] = [linear(1), linear(2)]
    const own = named(b, 'weight')
    const gradient = { output: f32(new Rng(9).normals(rows * O), [rows, O]) }
    const input = f32(new Rng(10).normals(rows * I), [rows, I])
    b.forward(input).backward(gradient)
    const expected = gradientsOf(b)
    zeroGradients(b)
    const pass = b.forward(input)
    b.tie('weight', named(a, 'weight'))
    pass.backward(gradient)
    expect(differentBits({ 'd.weight': own.grad.data, 'd.bias': expected['d.bias']! }, expected)).toEqual([])
    expect([...new Set(named(a, 'weight').grad.data)]).toEqual([0])
    // And is stopped where that one's memory, which is the layer's no more, was taken away.
    structuredClone(own.grad.data.buffer, { transfer: [own.grad.data.buffer as ArrayBuffer] })
    expect(refusal(() => pass.backward(gradient))).toBe(
      `Linear.backward: weight.grad.data: expected ${O * I} elements, received Float32Array of length 0 (its buffer is empty or detached)`,
    )
    expect(refusal(() => b.forward(input))).toBe('did not throw')
  })

  test('tying the first one again unties', () => {
    const [a, b] = [linear(1), linear(2)]
    const own = named(b, 'weight')
    const before = run(b, 12)
    b.tie('weight', named(a, 'weight'))
    expect(run(b, 12)).not.toEqual(before)
    b.tie('weight', own)
    expect(run(b, 12)).toEqual(before)
    expect(named(b, 'weight')).toBe(own)
  })
})

describe('names and values', () => {
  test('a cell with the weights of a layer keeps its names, and steps as the layer does', () => {
    for (const [layer, cell] of [
      [new LSTM({ inputSize: I, hiddenSize: O, seed: 3 }), new LSTMCell({ inputSize: I, hiddenSize: O })],
      [new GRU({ inputSize: I, hiddenSize: O, seed: 3 }), new GRUCell({ inputSize: I, hiddenSize: O })],
    ] as const) {
      for (const parameter of layer.parameters()) cell.tie(parameter.name.replace('_l0', ''), parameter)
      expect(cell.parameters()).toEqual(layer.parameters())
      for (const [p, parameter] of cell.parameters().entries()) expect(parameter).toBe(layer.parameters()[p])
      expect(Object.keys(cell.stateDict())).toEqual(['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh'])
      expect(Object.values(cell.stateDict())).toEqual(Object.values(layer.stateDict()))

      const x = new Rng(14).normals(rows * I)
      const dh = new Rng(15).normals(rows * O)
      const pass = layer.forward(f32(x, [1, rows, I]))
      const step = cell.forward(f32(x, [rows, I]))
      expect(step.h.data).toEqual(pass.output.data)
      pass.backward({ output: f32(dh, [1, rows, O]) })
      const once = gradientsOf(layer)
      step.backward({ h: f32(dh, [rows, O]) })
      const twice = Object.fromEntries(
        Object.entries(once).map(([name, grad]) => [name, Float32Array.from(grad, (x) => 2 * x)]),
      )
      expect(differentBits(gradientsOf(layer), twice)).toEqual([])

      const other = new LSTMCell({ inputSize: I, hiddenSize: O, seed: 4 }).stateDict()
      if (layer instanceof LSTM) {
        cell.loadStateDict(other)
        expect(Object.values(layer.stateDict())).toEqual(Object.values(other))
      }
    }
  })

  test('a stack whose second layer has the first one’s weights', () => {
    const stack = () => new LSTM({ inputSize: O, hiddenSize: O, numLayers: 2, seed: 6 })
    const layer = stack()
    const names = Object.keys(layer.stateDict())
    for (const kind of ['weight_hh', 'weight_ih', 'bias_ih'])
      layer.tie(`${kind}_l1`, named(layer, `${kind}_l0`))
    expect(layer.parameters().map(({ name }) => name)).toEqual([...names.slice(0, 4), 'bias_hh_l1'])
    const state = layer.stateDict()
    expect(Object.keys(state)).toEqual(names)
    expect(state.weight_hh_l1).toEqual(state.weight_hh_l0)
    expect(state.bias_hh_l1).not.toEqual(state.bias_hh_l0)

    // A copy without ties has the same values; of two that differ, the later one is the shared value.
    const copy = stack()
    copy.loadStateDict(state)
    expect(copy.stateDict()).toEqual(state)
    const fresh = new LSTM({ inputSize: O, hiddenSize: O, numLayers: 2, seed: 7 }).stateDict()
    layer.loadStateDict(fresh)
    expect(named(layer, 'weight_hh_l0').value).toEqual(fresh.weight_hh_l1)
    expect(named(layer, 'bias_hh_l0').value).toEqual(fresh.bias_hh_l0)
  })

  test('memory of a shared parameter that was taken away stops both, under the name that each has for it', () => {
    const layer = new LSTM({ inputSize: I, hiddenSize: O, seed: 3 })
    const cell = new LSTMCell({ inputSize: I, hiddenSize: O })
    cell.tie('weight_hh', named(layer, 'weight_hh_l0'))
    const { buffer } = named(layer, 'weight_hh_l0').grad.data
    structuredClone(buffer, { transfer: [buffer as ArrayBuffer] })
    const said = `.grad.data: expected ${4 * O * O} elements, received Float32Array of length 0 (its buffer is empty or detached)`
    expect(refusal(() => cell.forward(f32(new Float32Array(I), [1, I])))).toBe(
      `LSTMCell.forward: weight_hh${said}`,
    )
    expect(refusal(() => layer.forward(f32(new Float32Array(I), [1, 1, I])))).toBe(
      `LSTM.forward: weight_hh_l0${said}`,
    )
    expect(refusal(() => cell.loadStateDict(cell.stateDict()))).toBe(
      `LSTMCell.loadStateDict: weight_hh${said}`,
    )
  })
})

describe('refusals', () => {
  const layer = new LSTM({ inputSize: O, hiddenSize: O, numLayers: 2, bidirectional: true, seed: 1 })
  const other = named(new GRU({ inputSize: O, hiddenSize: O, seed: 2 }), 'weight_ih_l0')
  const weight = named(layer, 'weight_ih_l0')
  const square = `[${4 * O}, ${O}]`
  const doubles = { data: new Float64Array(4 * O * O), shape: [4 * O, O] }
  const hostile = Object.defineProperty({}, 'value', { get: () => { throw new Error('no') } }) // prettier-ignore
  const names = `one of 'weight_ih', 'weight_hh', 'bias_ih', 'bias_hh'`
  const apart = 'one that no other name of the same cell has'
  const cell = new LSTMCell({ inputSize: O, hiddenSize: O, seed: 3 })

  // prettier-ignore
  test.each<[string, string | undefined, unknown, string]>([
    ['an unknown name', 'weight_ih_l0', weight, `name: expected ${names}, received "weight_ih_l0"`],
    ['no name', undefined, weight, `name: expected ${names}, received undefined`],
    ['another shape', 'weight_ih', other, `.value: expected shape ${square}, received shape [${3 * O}, ${O}]`],
    ['another rank', 'bias_ih', weight, `.value: expected shape [${4 * O}], received shape ${square}`],
    ['nothing', 'weight_ih', null, ': expected a parameter, received null'],
    ['a name in its place', 'weight_ih', 'weight_hh', ': expected a parameter, received "weight_hh"'],
    ['a tensor', 'weight_ih', weight.value, `.value: expected a tensor of shape ${square}, received undefined`],
    ['no gradient', 'weight_ih', { value: weight.value }, `.grad: expected a tensor of shape ${square}, received undefined`],
    ['a gradient of another shape', 'weight_ih', { ...weight, grad: other.grad }, `.grad: expected shape ${square}, received shape [${3 * O}, ${O}]`],
    ['doubles', 'weight_ih', { ...weight, value: doubles }, `.value.data: expected a Float32Array, received Float64Array of length ${4 * O * O}`],
    ['a getter that throws', 'weight_ih', hostile, ': expected a parameter, received an object that throws when it is read'],
    ['its own cell’s other weight', 'weight_ih', named(cell, 'weight_hh'), `: expected ${apart}, received that of weight_hh`],
    ['the same in another guise', 'bias_hh', { ...named(cell, 'bias_ih') }, `: expected ${apart}, received that of bias_ih`],
  ])('%s', (_, name, parameter, message) => {
    const before = [cell.stateDict(), cell.parameters()]
    const said = message.startsWith('name') ? message : `parameter${message}`
    expect(refusal(() => cell.tie(name as string, parameter as Parameter))).toBe(`LSTMCell.tie: ${said}`)
    expect([cell.stateDict(), cell.parameters()]).toEqual(before)
  })

  test('only one direction of one layer is the same cell', () => {
    const tie = (name: string, from: string) => () => layer.tie(name, named(layer, from))
    expect(refusal(tie('weight_ih_l0', 'weight_hh_l0'))).toBe(
      `LSTM.tie: parameter: expected ${apart}, received that of weight_hh_l0`,
    )
    expect(refusal(tie('bias_ih_l1_reverse', 'bias_hh_l1_reverse'))).toMatch(/that of bias_hh_l1_reverse$/)
    expect(refusal(tie('weight_ih_l0', 'weight_ih_l0'))).toBe('did not throw')
    expect(refusal(tie('weight_hh_l0_reverse', 'weight_hh_l0'))).toBe('did not throw')
    expect(refusal(tie('weight_hh_l1', 'weight_hh_l0'))).toBe('did not throw')
    expect(refusal(tie('weight_ih_l0_reverse', 'weight_hh_l0'))).toMatch(/that of weight_hh_l0_reverse$/)
  })

  test('two parameters with one array are none that is shared', () => {
    const { a } = twoAndTwo()
    const list = [...a.parameters(), ...a.parameters(), { ...named(a, 'bias') }]
    for (const call of [() => new SGD(list), () => new LBFGS(list), () => clipGradNorm(list, 1)]) {
      expect(failure(call)).toBe('parameters[4]')
    }
    expect(refusal(() => new SGD(list))).toBe(
      'SGD: parameters[4]: expected each parameter once, received "bias" again',
    )
  })
})
