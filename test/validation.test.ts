/** Bad options of layers and passes: an error that says where, which one, what was expected and what arrived. */
import { GRU, Linear, LSTM, zeros, type RecurrentOptions, type Tensor } from '../lib'
import {
  differentBits,
  draw,
  f32,
  forward,
  gradientsOf,
  makeLayer,
  outputGradients,
  type Form,
} from './layer-cases'
import { NOTHINGS, refusal, revoked } from './refusal'

describe('options of LSTM and GRU', () => {
  const good = { inputSize: 3, hiddenSize: 5 }
  const size = 'a whole number from 1 to 1048576'
  const cases: [string, unknown, string][] = [
    ['inputSize', undefined, `${size}, received undefined`],
    ['inputSize', 0, `${size}, received 0`],
    ['inputSize', -3, `${size}, received -3`],
    ['inputSize', 2.5, `${size}, received 2.5`],
    ['inputSize', NaN, `${size}, received NaN`],
    ['inputSize', '3', `${size}, received "3"`],
    ['inputSize', null, `${size}, received null`],
    ['inputSize', [3], `${size}, received an array of length 1`],
    ['hiddenSize', undefined, `${size}, received undefined`],
    ['hiddenSize', 2 ** 20 + 1, `${size}, received 1048577`],
    ['hiddenSize', Infinity, `${size}, received Infinity`],
    ['numLayers', 0, 'a whole number from 1 to 1024, received 0'],
    ['numLayers', null, 'a whole number from 1 to 1024, received null'],
    ['numLayers', NaN, 'a whole number from 1 to 1024, received NaN'],
    ['numLayers', 1025, 'a whole number from 1 to 1024, received 1025'],
    ['bias', 0, 'true or false, received 0'],
    ['bias', null, 'true or false, received null'],
    ['batchFirst', 'false', 'true or false, received "false"'],
    ['bidirectional', 1, 'true or false, received 1'],
    ['dropout', 1.1, 'a probability from 0 to 1, received 1.1'],
    ['dropout', -0.1, 'a probability from 0 to 1, received -0.1'],
    ['dropout', NaN, 'a probability from 0 to 1, received NaN'],
    ['dropout', null, 'a probability from 0 to 1, received null'],
    ['seed', -1, 'a whole number from 0 to 9007199254740991, received -1'],
    ['seed', NaN, 'a whole number from 0 to 9007199254740991, received NaN'],
    ['seed', 2 ** 53, 'a whole number from 0 to 9007199254740991, received 9007199254740992'],
  ]
  test.each(cases)('%s: %p', (name, value, message) => {
    for (const Cell of [LSTM, GRU]) {
      expect(refusal(() => new Cell({ ...good, [name]: value }))).toBe(
        `${Cell.name}: options.${name}: expected ${message}`,
      )
    }
  })

  test('an unknown name is answered with those that there are', () => {
    for (const [Cell, own] of [
      [LSTM, 'projSize'],
      [GRU, 'resetAfter'],
    ] as const) {
      const said = refusal(() => new Cell({ ...good, hiddensize: 5 } as never))
      expect(said).toMatch(
        new RegExp(
          `^${Cell.name}: options.hiddensize: expected one of inputSize, hiddenSize, .*\\b${own}\\b.*, received an unknown option$`,
        ),
      )
    }
  })

  test.each([
    ...NOTHINGS,
    ['undefined', () => undefined, 'undefined'],
    ['an array', () => [3, 5], 'an array of length 2'],
    ['numbers', () => new Float32Array(2), 'Float32Array of length 2'],
  ] as typeof NOTHINGS)('are %s', (_, make, received) => {
    for (const Cell of [LSTM, GRU]) {
      expect(refusal(() => new Cell(make() as RecurrentOptions))).toBe(
        `${Cell.name}: options: expected an object, received ${received}`,
      )
    }
  })

  test('too much for any memory', () => {
    const expected = 'LSTM: options: expected sizes that fit into memory, received a tensor of shape'
    expect(refusal(() => new LSTM({ inputSize: 1, hiddenSize: 2 ** 20 }))).toBe(
      `${expected} [4194304, 1048576]`,
    )
    expect(refusal(() => new LSTM({ inputSize: 1, hiddenSize: 70000 }))).toBe(`${expected} [280000, 70000]`)
    expect(refusal(() => new Linear({ inFeatures: 2 ** 20, outFeatures: 2 ** 20 }))).toBe(
      'Linear: options: expected sizes that fit into memory, received a tensor of shape [1048576, 1048576]',
    )
  })

  test('are read once, and what their getters throw is an error about them', () => {
    let reads = 0
    const layer = new LSTM({ inputSize: 3, get hiddenSize() { return reads++ === 0 ? 5 : -1 } }) // prettier-ignore
    expect(layer.parameters()[1]!.value.shape).toEqual([20, 5])
    const throwing = { inputSize: 3, get hiddenSize(): number { throw new Error('no') } } // prettier-ignore
    expect(refusal(() => new GRU(throwing))).toBe(
      'GRU: options: expected an object, received an object that throws when it is read',
    )
    expect(refusal(() => new GRU(revoked() as RecurrentOptions))).toMatch(
      /^GRU: options: expected an object, received an object that/,
    )
  })
})

test.each<[string, unknown, string]>([
  ['inFeatures', 0, 'a whole number from 1 to 1048576, received 0'],
  ['outFeatures', undefined, 'a whole number from 1 to 1048576, received undefined'],
  ['bias', 'yes', 'true or false, received "yes"'],
  ['seed', 1.5, 'a whole number from 0 to 9007199254740991, received 1.5'],
  ['features', 2, 'one of inFeatures, outFeatures, bias, seed, received an unknown option'],
])('options of Linear, %s: %p', (name, value, message) => {
  expect(refusal(() => new Linear({ inFeatures: 2, outFeatures: 3, [name]: value }))).toBe(
    `Linear: options.${name}: expected ${message}`,
  )
})

const form = { T: 2, B: 3, inputSize: 4, hiddenSize: 5 }
const lstm: Form = { ...form, kind: 'LSTM' }
const gru: Form = { ...form, kind: 'GRU', numLayers: 2, bidirectional: true }
const layer = makeLayer(draw(lstm)) as LSTM
const stacked = makeLayer(draw(gru))
const input = zeros([2, 3, 4])

describe('lengths', () => {
  const range = 'a whole number from 1 to 2 (the steps of the input)'
  test.each<[string, unknown, string]>([
    ['zero', [1, 0, 2], `options.lengths[1]: expected ${range}, received 0`],
    ['too long', [1, 2, 3], `options.lengths[2]: expected ${range}, received 3`],
    ['not whole', [1.5, 2, 2], `options.lengths[0]: expected ${range}, received 1.5`],
    ['NaN', [1, 2, NaN], `options.lengths[2]: expected ${range}, received NaN`],
    ['text', [1, '2', 2], `options.lengths[1]: expected ${range}, received "2"`],
    [
      'a hole',
      Object.assign(new Array(3), { 0: 1, 2: 1 }),
      `options.lengths[1]: expected ${range}, received undefined`,
    ],
    ['big integers', BigInt64Array.of(1n, 2n, 2n), `options.lengths[0]: expected ${range}, received bigint`],
    [
      'too few',
      [1, 2],
      'options.lengths: expected 3 whole numbers from 1 to 2, received an array of length 2',
    ],
    [
      'too many',
      Int32Array.of(1, 2, 1, 1),
      'options.lengths: expected 3 whole numbers from 1 to 2, received Int32Array of length 4',
    ],
    ['one number', 2, 'options.lengths: expected 3 whole numbers from 1 to 2, received 2'],
    ['null', null, 'options.lengths: expected 3 whole numbers from 1 to 2, received null'],
    ['letters', '112', 'options.lengths: expected 3 whole numbers from 1 to 2, received "112"'],
    [
      'a revoked proxy',
      revoked(),
      'options.lengths: expected 3 whole numbers from 1 to 2, received an object that throws when it is read',
    ],
  ])('%s', (_, lengths, message) => {
    for (const one of [layer, stacked]) {
      const call = () => one.forward(input, { lengths: lengths as number[] })
      expect(refusal(call)).toBe(`${one.constructor.name}.forward: ${message}`)
    }
  })

  test('an iterator that says something else is not asked', () => {
    const lengths = Object.assign([1, 2, 1], { [Symbol.iterator]: () => [9][Symbol.iterator]() })
    expect([...layer.infer(input, { lengths }).output.data]).toEqual([
      ...layer.infer(input, { lengths: [1, 2, 1] }).output.data,
    ])
  })
})

test.each<[string, () => unknown, string]>([
  [
    'c0 for a GRU',
    () => stacked.forward(input, { c0: zeros([4, 3, 5]) }),
    'GRU.forward: options.c0: expected one of h0, lengths, training, output, checkpointEvery, precision, received an unknown option',
  ],
  [
    'cn for a GRU',
    () => stacked.forward(input).backward({ cn: zeros([4, 3, 5]) }),
    'GRU.backward: gradients.cn: expected one of output, hn, received an unknown option',
  ],
  [
    'an unknown option',
    () => layer.infer(input, { length: [1, 2, 2] } as object),
    'LSTM.infer: options.length: expected one of h0, c0, lengths, training, output, checkpointEvery, precision, received an unknown option',
  ],
  [
    'training: null',
    () => layer.forward(input, { training: null as unknown as boolean }),
    'LSTM.forward: options.training: expected true or false, received null',
  ],
  [
    'null for options',
    () => layer.forward(input, null as unknown as object),
    'LSTM.forward: options: expected an object, received null',
  ],
  [
    'a function for options',
    () => layer.infer(input, (() => 1) as unknown as object),
    'LSTM.infer: options: expected an object, received a function',
  ],
  [
    'no gradients',
    () => layer.forward(input).backward(undefined as unknown as object),
    'LSTM.backward: gradients: expected an object, received undefined',
  ],
  [
    'a tensor for gradients',
    () => layer.forward(input).backward(zeros([2, 3, 5]) as object),
    'LSTM.backward: gradients.data: expected one of output, hn, cn, received an unknown option',
  ],
  [
    'input: 0',
    () => layer.forward(input).backward({}, { input: 0 as unknown as true }),
    'LSTM.backward: options.input: expected true or false, received 0',
  ],
  [
    'no dictionary',
    () => layer.loadStateDict(null as unknown as Record<string, Tensor>),
    'LSTM.loadStateDict: dict: expected an object, received null',
  ],
  [
    'a revoked dictionary',
    () => layer.loadStateDict(revoked() as Record<string, Tensor>),
    'LSTM.loadStateDict: dict: expected an object, received an object that throws when it is read',
  ],
])('%s', (_, call, message) => {
  expect(refusal(call)).toBe(message)
})

test.each(['value', 'grad'] as const)('a parameter whose %s was transferred to another thread', (part) => {
  const drawn = draw(lstm)
  const one = makeLayer(drawn)
  const pass = forward(one, drawn)
  const { data } = one.parameters()[2]![part]
  structuredClone(data.buffer, { transfer: [data.buffer as ArrayBuffer] })
  const said = `bias_ih_l0.${part}.data: expected 20 elements, received Float32Array of length 0 (its buffer is empty or detached)`
  const others = { parameters: () => one.parameters().filter((_, index) => index !== 2) }
  const before = gradientsOf(others)
  expect(refusal(() => one.forward(f32(drawn.input, [2, 3, 4])))).toBe(`LSTM.forward: ${said}`)
  expect(refusal(() => one.infer(f32(drawn.input, [2, 3, 4])))).toBe(`LSTM.infer: ${said}`)
  expect(refusal(() => pass.backward(outputGradients(drawn)))).toBe(`LSTM.backward: ${said}`)
  expect(refusal(() => one.loadStateDict(makeLayer(drawn).stateDict()))).toBe(`LSTM.loadStateDict: ${said}`)
  expect(differentBits(gradientsOf(others), before)).toEqual([])
})
