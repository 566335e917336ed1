/** Models as files: what was saved comes back to the bit, and files that are damaged or lie are refused. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  ArgumentError,
  DataError,
  GRU,
  Linear,
  loadModel,
  loadSafetensors,
  LSTM,
  RNN,
  saveModel,
  saveSafetensors,
  sequential,
  type LoadedModel,
} from '../lib'
import { f32 } from './layer-cases'
import { Rng } from './reference/rng'

const folder = mkdtempSync(join(tmpdir(), 'gatewise-models-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const path = join(folder, 'model.safetensors')

const input = f32(new Rng(1).normals(5 * 4 * 3), [5, 4, 3])

const MODELS: Record<string, () => LoadedModel['model']> = {
  'a layer': () =>
    new LSTM({ inputSize: 3, hiddenSize: 5, projSize: 2, cellClip: 2, numLayers: 2, init: 'keras' }),
  'a linear layer': () => new Linear({ inFeatures: 3, outFeatures: 2, bias: false }),
  'layers in sequence': () =>
    sequential(
      new GRU({ inputSize: 3, hiddenSize: 5, layerNorm: true, bidirectional: true }),
      new LSTM({
        inputSize: 10,
        hiddenSize: 4,
        coupledInputForget: true,
        peepholes: true,
        zoneoutCell: 0.2,
        zoneout: 0.3,
      }),
      new RNN({ inputSize: 4, hiddenSize: 3, nonlinearity: 'relu', bias: false }),
      new GRU({ inputSize: 3, hiddenSize: 3, resetAfter: false }),
      new Linear({ inFeatures: 3, outFeatures: 2 }),
    ),
  'batches first': () =>
    new GRU({ inputSize: 3, hiddenSize: 2, batchFirst: true, dropout: 0.1, numLayers: 2 }),
  'weights that are tied': () => {
    const layer = new GRU({ inputSize: 3, hiddenSize: 3, numLayers: 2 })
    layer.tie('weight_ih_l1', layer.parameters()[1]!)
    const second = new GRU({ inputSize: 3, hiddenSize: 3 })
    second.tie('bias_hh_l0', layer.parameters()[3]!)
    return sequential(layer, second)
  },
}

test.each(Object.entries(MODELS))('%s', (_, make) => {
  const model = make()
  const extras = {
    scaler: { mean: [1 / 3, -0], sd: [1e-300, Infinity] },
    features: ['a', '→'],
    horizon: 24,
    none: null,
  }
  saveModel(path, model, extras)
  const loaded = loadModel(path)
  expect(loaded.model.constructor.name).toBe(model.constructor.name)
  expect(loaded.model.stateDict()).toEqual(model.stateDict())
  expect(loaded.model.infer(input).output).toEqual(model.infer(input).output)
  expect(loaded.model.parameters().length).toBe(model.parameters().length)
  expect({ ...loaded.extras, scaler: 0 }).toEqual({ ...extras, scaler: 0 })
  expect(loaded.extras['scaler']).toEqual({ mean: [1 / 3, 0], sd: [1e-300, Infinity] })
  // Other programs find PyTorch's names.
  expect(Object.keys(loadSafetensors(path).tensors)).toEqual(Object.keys(model.stateDict()))
})

test('without extras there are none', () => {
  saveModel(path, MODELS['a layer']!())
  expect(loadModel(path).extras).toEqual({})
})

test('what cannot be saved is refused, and nothing is written', () => {
  class Mine extends GRU {}
  const own = new Mine({ inputSize: 1, hiddenSize: 1 })
  const circle: Record<string, unknown> = {}
  circle['self'] = circle
  const target = join(folder, 'never.safetensors')
  expect(() => saveModel(target, own)).toThrow(ArgumentError)
  expect(() => saveModel(target, {} as GRU)).toThrow(/saveModel: model: expected a layer of this package/)
  const layer = new GRU({ inputSize: 1, hiddenSize: 1 })
  expect(() => saveModel(target, layer, circle)).toThrow(/saveModel: extras/)
  expect(() => saveModel(target, layer, [] as never)).toThrow(/saveModel: extras/)
  expect(() => loadModel(target)).toThrow(/cannot read/)
})

describe('a file whose words are not a model’s', () => {
  const definition = (options: object, kind = 'GRU') => ({
    sequential: true,
    layers: [{ kind, options }],
    ties: [],
  })
  const good = { inputSize: 3, hiddenSize: 2 }
  const key = 'gatewise.model'
  const { tensors, metadata } = (() => {
    saveModel(path, sequential(new GRU(good)))
    return loadSafetensors(path)
  })()

  test('the true one is taken', () => {
    saveSafetensors(path, tensors, { [key]: JSON.stringify(definition(good)) })
    expect(loadModel(path).model.stateDict()).toEqual(tensors)
    expect(JSON.parse(metadata[key]!)).toEqual(definition(good))
  })

  test.each<[string, unknown]>([
    ['null', null],
    ['a number', 3],
    ['an array', []],
    ['nothing', {}],
    ['no layers', { ...definition(good), layers: [] }],
    ['layers that are none', { ...definition(good), layers: 'GRU' }],
    ['a layer that is none', { ...definition(good), layers: [null] }],
    ['an unknown kind', definition(good, 'constructor')],
    ['a kind that is inherited', definition(good, '__proto__')],
    ['an unknown option', definition({ ...good, size: 3 })],
    ['an option of a wrong type', definition({ ...good, bias: 'yes' })],
    ['no options', { ...definition(good), layers: [{ kind: 'GRU' }] }],
    ['another size', definition({ ...good, hiddenSize: 3 })],
    ['more layers than there are weights', definition({ ...good, numLayers: 1024 })],
    ['a layer that would need 64 GB', definition({ inputSize: 65536, hiddenSize: 65536 })],
    ['a linear layer that would need 8 GB', definition({ inFeatures: 65536, outFeatures: 32768 }, 'Linear')],
    ['ties of nothing', { ...definition(good), ties: [['0.weight_ih_l0', '1.weight_ih_l0']] }],
    ['ties that are none', { ...definition(good), ties: [3] }],
    ['ties of names that are none', { ...definition(good), ties: [[{}, null]] }],
    ['ties within a cell', { ...definition(good), ties: [['0.bias_ih_l0', '0.bias_hh_l0']] }],
    ['a word too many', { ...definition(good), more: 1 }],
  ])('%s', (_, value) => {
    saveSafetensors(path, tensors, { [key]: JSON.stringify(value) })
    expect(() => loadModel(path)).toThrow(DataError)
  })

  test('no JSON, no words, and extras that are none', () => {
    saveSafetensors(path, tensors, { [key]: '{' })
    expect(() => loadModel(path)).toThrow(/gatewise.model: not JSON/)
    saveSafetensors(path, tensors)
    expect(() => loadModel(path)).toThrow(/holds no model/)
    saveSafetensors(path, tensors, { ...metadata, 'gatewise.extras': '[1]' })
    expect(() => loadModel(path)).toThrow(/gatewise.extras: not an object/)
  })

  test('values that are missing, or too many', () => {
    const { '0.weight_ih_l0': _, ...fewer } = tensors
    saveSafetensors(path, fewer, metadata)
    expect(() => loadModel(path)).toThrow(DataError)
    saveSafetensors(path, { ...tensors, more: f32([1], [1]) }, metadata)
    expect(() => loadModel(path)).toThrow(DataError)
  })
})
