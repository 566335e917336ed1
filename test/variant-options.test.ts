/** Options of the variants: what is refused and how it is said, and what first values they lead to. */
import { GRU, LSTM, RNN, zeros, type LSTMOptions, type RNNOptions, type Tensor } from '../lib'
import { Random } from '../lib/random'
import { refusal, revoked } from './refusal'

const good = { inputSize: 3, hiddenSize: 5 }
type Layers = typeof LSTM | typeof GRU | typeof RNN

/** What a layer with these options is refused with. `refusal` also checks the error's class and code. */
const said = (Cell: Layers, options: object): string => refusal(() => new Cell({ ...good, ...options }))

const probability = 'a probability from 0 to 1'
const finite = 'a number that is finite in float32'

describe('wrong types and ranges', () => {
  const ofAll = (['recurrentDropout', 'zoneout', 'dropConnect'] as const).flatMap((name) =>
    [LSTM, GRU, RNN].flatMap((Cell): [Layers, object, string][] => [
      [Cell, { [name]: 1.1 }, `${name}: expected ${probability}, received 1.1`],
      [Cell, { [name]: -0.1 }, `${name}: expected ${probability}, received -0.1`],
      [Cell, { [name]: NaN }, `${name}: expected ${probability}, received NaN`],
      [Cell, { [name]: null }, `${name}: expected ${probability}, received null`],
      [Cell, { [name]: '0.5' }, `${name}: expected ${probability}, received "0.5"`],
      [Cell, { [name]: true }, `${name}: expected ${probability}, received true`],
    ]),
  )
  test.each<[Layers, object, string]>([
    ...ofAll,
    [LSTM, { zoneoutCell: 2 }, `zoneoutCell: expected ${probability}, received 2`],
    [LSTM, { projSize: 5 }, 'projSize: expected a whole number from 0 to 4, received 5'],
    [LSTM, { projSize: -1 }, 'projSize: expected a whole number from 0 to 4, received -1'],
    [LSTM, { projSize: 1.5 }, 'projSize: expected a whole number from 0 to 4, received 1.5'],
    [LSTM, { projSize: null }, 'projSize: expected a whole number from 0 to 4, received null'],
    [LSTM, { projSize: '2' }, 'projSize: expected a whole number from 0 to 4, received "2"'],
    [LSTM, { projSize: 1, hiddenSize: 1 }, 'projSize: expected 0 for a single unit, received 1'],
    [
      LSTM,
      { projSize: 2, hiddenSize: 0 },
      'hiddenSize: expected a whole number from 1 to 1048576, received 0',
    ],
    [
      LSTM,
      { projSize: 2, hiddenSize: undefined },
      'hiddenSize: expected a whole number from 1 to 1048576, received undefined',
    ],
    [LSTM, { cellClip: 0 }, 'cellClip: expected a finite number above 0, received 0'],
    [LSTM, { cellClip: -1 }, 'cellClip: expected a finite number above 0, received -1'],
    [LSTM, { cellClip: Infinity }, 'cellClip: expected a finite number above 0, received Infinity'],
    [LSTM, { cellClip: NaN }, 'cellClip: expected a finite number above 0, received NaN'],
    [LSTM, { cellClip: 1e-60 }, 'cellClip: expected a finite number above 0, received 1e-60'], // 0 in float32
    [LSTM, { cellClip: null }, 'cellClip: expected a finite number above 0, received null'],
    [LSTM, { peepholes: 1 }, 'peepholes: expected true or false, received 1'],
    [LSTM, { coupledInputForget: 'yes' }, 'coupledInputForget: expected true or false, received "yes"'],
    [LSTM, { layerNorm: null }, 'layerNorm: expected true or false, received null'],
    [LSTM, { forgetBias: '1' }, `forgetBias: expected ${finite}, received "1"`],
    [LSTM, { forgetBias: NaN }, `forgetBias: expected ${finite}, received NaN`],
    [LSTM, { forgetBias: 1e39 }, `forgetBias: expected ${finite}, received 1e+39`],
    [GRU, { resetAfter: 0 }, 'resetAfter: expected true or false, received 0'],
    [GRU, { resetAfter: null }, 'resetAfter: expected true or false, received null'],
    [GRU, { layerNorm: 'no' }, 'layerNorm: expected true or false, received "no"'],
    [RNN, { nonlinearity: 'sigmoid' }, `nonlinearity: expected one of 'tanh', 'relu', received "sigmoid"`],
    [RNN, { nonlinearity: null }, `nonlinearity: expected one of 'tanh', 'relu', received null`],
    [
      RNN,
      { init: 'torch' },
      `init: expected 'pytorch', 'keras' or an object with input, recurrent and bias, received "torch"`,
    ],
    [GRU, { init: { bias: 'ones' } }, `init.bias: expected one of 'uniform', 'zeros', received "ones"`],
    [LSTM, { weights: 3 }, 'weights: expected an object, as stateDict gives it, received 3'],
    [LSTM, { weights: null }, 'weights: expected an object, as stateDict gives it, received null'],
  ])('%p %p', (Cell, options, message) => {
    expect(said(Cell, options)).toBe(`${Cell.name}: options.${message}`)
  })
})

test.each<[Layers, object, string]>([
  [
    LSTM,
    { layerNorm: true, peepholes: true },
    'peepholes: expected no peepholes beside layerNorm, received true',
  ],
  [
    LSTM,
    { layerNorm: true, coupledInputForget: true },
    'coupledInputForget: expected no coupled gates beside layerNorm, received true',
  ],
  [LSTM, { layerNorm: true, projSize: 2 }, 'projSize: expected no projection beside layerNorm, received 2'],
  [
    LSTM,
    { projSize: 2, zoneout: 0.1 },
    'zoneout: expected no zoneout of h beside a projection, received 0.1',
  ],
  [LSTM, { forgetBias: 1, bias: false }, 'forgetBias: expected none without biases, received 1'],
  [
    LSTM,
    { forgetBias: 1, coupledInputForget: true },
    'forgetBias: expected none for coupled gates, which have no forget gate of their own, received 1',
  ],
  [LSTM, { forgetBias: 1, weights: {} }, 'forgetBias: expected none beside weights, received 1'],
  [RNN, { init: 'keras', weights: {} }, 'init: expected none beside weights, received "keras"'],
  [GRU, { layerNorm: true, resetAfter: false }, 'resetAfter: expected true beside layerNorm, received false'],
])('do not go together: %p %p', (Cell, options, message) => {
  expect(said(Cell, options)).toBe(`${Cell.name}: options.${message}`)
})

test('what goes together', () => {
  const all = { recurrentDropout: 0.1, dropConnect: 0.2, dropout: 0.3, numLayers: 2, bidirectional: true }
  const variants: LSTMOptions[] = [
    {
      ...good,
      ...all,
      projSize: 2,
      peepholes: true,
      coupledInputForget: true,
      cellClip: 3,
      zoneoutCell: 0.4,
    },
    { ...good, ...all, layerNorm: true, cellClip: 3, forgetBias: 1, zoneout: 0.1, zoneoutCell: 1 },
    { ...good, ...all, projSize: 0, layerNorm: true, zoneout: 1 }, // no projection
    { ...good, projSize: 2, zoneout: 0 }, // no zoneout
    { ...good, layerNorm: true, peepholes: false, coupledInputForget: false, bias: false },
  ]
  for (const options of variants) expect(() => new LSTM(options)).not.toThrow()
  expect(() => new GRU({ ...good, ...all, layerNorm: true, resetAfter: true, zoneout: 0.5 })).not.toThrow()
  expect(() => new RNN({ ...good, ...all, nonlinearity: 'relu', zoneout: 0.5, stateful: true })).not.toThrow()
})

test('options of other layers are unknown, to the compiler too', () => {
  const ofLstm = ['projSize', 'peepholes', 'coupledInputForget', 'cellClip', 'forgetBias', 'zoneoutCell']
  const unknown: [Layers, string[]][] = [
    [LSTM, ['resetAfter', 'nonlinearity', 'proj_size']],
    [GRU, [...ofLstm, 'nonlinearity', 'resetBefore']],
    [RNN, [...ofLstm, 'resetAfter', 'layerNorm']],
  ]
  for (const [Cell, names] of unknown) {
    for (const name of names) {
      expect(said(Cell, { [name]: 1 })).toMatch(
        RegExp(
          `^${Cell.name}: options\\.${name}: expected one of inputSize, .*, received an unknown option$`,
        ),
      )
    }
  }
  const programs = [
    // @ts-expect-error -- a GRU has no projection
    () => new GRU({ ...good, projSize: 1 }),
    // @ts-expect-error -- nor a cell state
    () => new GRU({ ...good, zoneoutCell: 0.1 }),
    // @ts-expect-error -- nor a forget gate
    () => new GRU({ ...good, forgetBias: 1 }),
    // @ts-expect-error -- an LSTM has no reset gate
    () => new LSTM({ ...good, resetAfter: false }),
    // @ts-expect-error -- an RNN has nothing to normalise
    () => new RNN({ ...good, layerNorm: true }),
    // @ts-expect-error -- two words, and no other
    () => new RNN({ ...good, nonlinearity: 'sigmoid' } satisfies RNNOptions),
    // @ts-expect-error -- a word too many
    () => new LSTM({ ...good, init: { input: 'keras' } }),
    // @ts-expect-error -- an RNN has no c0
    () => new RNN(good).infer(zeros([1, 1, 3]), { c0: zeros([1, 1, 5]) }),
  ]
  for (const program of programs) expect(refusal(program)).not.toBe('did not throw')
})

describe('first values', () => {
  const namesOf = (layer: LSTM | GRU | RNN) =>
    Object.fromEntries(layer.parameters().map(({ name, value }) => [name, value]))

  test('parameters and their shapes', () => {
    const shapes = (layer: LSTM | GRU | RNN) =>
      Object.entries(namesOf(layer)).map(([name, { shape }]) => `${name} ${shape.join('x')}`)
    const base = (gates: number, R = 5) => [
      `weight_ih_l0 ${5 * gates}x3`,
      `weight_hh_l0 ${5 * gates}x${R}`,
      `bias_ih_l0 ${5 * gates}`,
      `bias_hh_l0 ${5 * gates}`,
    ]
    expect(shapes(new RNN(good))).toEqual(base(1))
    expect(shapes(new GRU({ ...good, resetAfter: false }))).toEqual(base(3))
    expect(shapes(new GRU({ ...good, layerNorm: true }))).toEqual([
      ...base(3),
      'norm_weight_ih_l0 15',
      'norm_weight_hh_l0 15',
    ])
    expect(shapes(new LSTM({ ...good, layerNorm: true }))).toEqual([
      ...base(4),
      'norm_weight_ih_l0 20',
      'norm_weight_hh_l0 20',
      'norm_weight_c_l0 5',
      'norm_bias_c_l0 5',
    ])
    expect(shapes(new LSTM({ ...good, projSize: 2, peepholes: true }))).toEqual([
      ...base(4, 2),
      'weight_hr_l0 2x5',
      'weight_peephole_l0 15',
    ])
    const stacked = shapes(new LSTM({ ...good, projSize: 2, coupledInputForget: true, peepholes: true, bidirectional: true, numLayers: 2, bias: false })) // prettier-ignore
    expect(stacked).toEqual(
      ['l0', 'l0_reverse', 'l1', 'l1_reverse'].flatMap((at) => [
        `weight_ih_${at} 15x${at.startsWith('l0') ? 3 : 4}`,
        `weight_hh_${at} 15x2`,
        `weight_hr_${at} 2x5`,
        `weight_peephole_${at} 10`,
      ]),
    )
  })

  test.each<[string, Partial<LSTMOptions>]>([
    ['plain', {}],
    ['layer norm', { layerNorm: true }],
    ['projection and peepholes', { projSize: 2, peepholes: true }],
    ['keras', { init: 'keras' }],
    ['two directions', { bidirectional: true }],
  ])('forgetBias is the forget gate’s whole bias, and nothing else changes: %s', (_, options) => {
    const [plain, told] = [undefined, 2.5].map((forgetBias) =>
      namesOf(new LSTM({ ...good, ...options, seed: 8, ...(forgetBias !== undefined && { forgetBias }) })),
    )
    for (const [name, { data }] of Object.entries(told!)) {
      const expected = plain![name]!.data.slice()
      if (name.startsWith('bias_')) expected.fill(name.startsWith('bias_ih') ? 2.5 : 0, 5, 10)
      expect([name, data]).toEqual([name, expected])
    }
  })

  test('keras gives no forget bias where there is no forget gate, and norms begin as no more than norms', () => {
    const layers = [new GRU({ ...good, init: 'keras', layerNorm: true }), new LSTM({ ...good, init: 'keras', coupledInputForget: true }), new RNN({ ...good, init: 'keras' })] // prettier-ignore
    for (const layer of layers) {
      const { bias_ih_l0, bias_hh_l0 } = namesOf(layer)
      expect([...bias_ih_l0!.data, ...bias_hh_l0!.data].every((b) => b === 0)).toBe(true)
    }
    const { norm_weight_c_l0, norm_bias_c_l0, norm_weight_hh_l0 } = namesOf(
      new LSTM({ ...good, layerNorm: true }),
    )
    expect([...norm_weight_c_l0!.data, ...norm_weight_hh_l0!.data].every((gain) => gain === 1)).toBe(true)
    expect(norm_bias_c_l0!.data.every((shift) => shift === 0)).toBe(true)
  })
})

describe('weights', () => {
  const options = { ...good, projSize: 2, peepholes: true, numLayers: 2, bidirectional: true }
  const source = new LSTM({ ...options, seed: 9 })

  test('are what loadStateDict takes, copied, and nothing is drawn', () => {
    const given = source.stateDict()
    const drawing = jest.spyOn(Random.prototype, 'uniform')
    const layer = new LSTM({ ...options, weights: given })
    expect(drawing).not.toHaveBeenCalled()
    expect(new LSTM(options).stateDict()).not.toEqual(source.stateDict())
    expect(drawing).toHaveBeenCalled()
    drawing.mockRestore()
    for (const { data } of Object.values(given)) data.fill(NaN)
    expect(layer.stateDict()).toEqual(source.stateDict())
    const input = zeros([3, 2, 3])
    input.data.fill(0.5)
    expect(layer.infer(input)).toEqual(source.infer(input))
  })

  test.each<[string, (dict: Record<string, Tensor>) => unknown, string]>([
    ['none', () => ({}), 'weight_ih_l0: expected a tensor of shape [20, 3], received no such entry'],
    [
      'one too few',
      ({ weight_peephole_l1: _, ...rest }) => rest,
      'weight_peephole_l1: expected a tensor of shape [15], received no such entry',
    ],
    [
      'another shape',
      (dict) => ({ ...dict, weight_hr_l0: zeros([5, 2]) }),
      'weight_hr_l0: expected shape [2, 5], received shape [5, 2]',
    ],
    ['revoked', revoked, 'dict: expected an object, received an object that throws when it is read'],
  ])('refuses what loadStateDict would: %s', (_, change, message) => {
    const weights = change(source.stateDict()) as Record<string, Tensor>
    expect(refusal(() => new LSTM({ ...options, weights }))).toBe(`LSTM.loadStateDict: ${message}`)
  })

  test('refuses an entry that it has no place for', () => {
    const weights = { ...source.stateDict(), norm_weight_c_l0: zeros([5]) }
    expect(refusal(() => new LSTM({ ...options, weights }))).toMatch(
      /^LSTM\.loadStateDict: norm_weight_c_l0: expected only weight_ih_l0, .*, received an unknown entry$/,
    )
  })
})
