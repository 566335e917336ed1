/**
 * Every place of the layers that takes a tensor, with what is none or does not fit: an error that says where, which
 * argument, what was expected and what arrived, and nothing is written.
 */
import type { LSTM } from '../lib'
import { Linear, zeros, type Tensor } from '../lib'
import { differentBits, draw, makeLayer, type Form, type Named } from './layer-cases'
import { NOTHINGS, refusal, revoked } from './refusal'

const form = { T: 2, B: 3, inputSize: 4, hiddenSize: 5 }
const lstm: Form = { ...form, kind: 'LSTM' }
const gru: Form = { ...form, kind: 'GRU', numLayers: 2, bidirectional: true }
const layer = makeLayer(draw(lstm)) as LSTM
const stacked = makeLayer(draw(gru))
const linear = new Linear({ inFeatures: 4, outFeatures: 6, seed: 1 })
const input = zeros([2, 3, 4])

/** How each place is called with a tensor, and what it expects. */
const PLACES: {
  place: string
  form: string
  shape: number[]
  call: (value: Tensor) => unknown
  optional?: true
}[] = [
  { place: 'LSTM.forward: input', form: '[T, B, 4]', shape: [2, 3, 4], call: (x) => layer.forward(x) },
  { place: 'GRU.infer: input', form: '[T, B, 4]', shape: [2, 3, 4], call: (x) => stacked.infer(x) },
  {
    place: 'LSTM.forward: options.h0',
    form: '[1, 3, 5]',
    shape: [1, 3, 5],
    call: (h0) => layer.forward(input, { h0 }),
    optional: true,
  },
  {
    place: 'LSTM.infer: options.c0',
    form: '[1, 3, 5]',
    shape: [1, 3, 5],
    call: (c0) => layer.infer(input, { c0 }),
    optional: true,
  },
  {
    place: 'GRU.forward: options.h0',
    form: '[4, 3, 5]',
    shape: [4, 3, 5],
    call: (h0) => stacked.forward(input, { h0 }),
    optional: true,
  },
  {
    place: 'LSTM.backward: gradients.output',
    form: '[2, 3, 5]',
    shape: [2, 3, 5],
    call: (output) => layer.forward(input).backward({ output }),
    optional: true,
  },
  {
    place: 'GRU.backward: gradients.hn',
    form: '[4, 3, 5]',
    shape: [4, 3, 5],
    call: (hn) => stacked.forward(input).backward({ hn }),
    optional: true,
  },
  {
    place: 'LSTM.backward: gradients.cn',
    form: '[1, 3, 5]',
    shape: [1, 3, 5],
    call: (cn) => layer.forward(input).backward({ cn }),
    optional: true,
  },
  { place: 'Linear.forward: input', form: '[…, 4]', shape: [2, 3, 4], call: (x) => linear.forward(x) },
  { place: 'Linear.infer: input', form: '[…, 4]', shape: [4], call: (x) => linear.infer(x) },
]
const LINEAR_BACK = {
  place: 'Linear.backward: gradients.output',
  form: '[2, 3, 6]',
  shape: [2, 3, 6],
  call: (output: Tensor) => linear.forward(input).backward({ output }),
}

describe.each([...PLACES, LINEAR_BACK])('$place', ({ place, form: wanted, shape, call, ...rest }) => {
  const size = shape.reduce((a, b) => a * b, 1)
  const [where, argument] = place.split(': ') as [string, string]
  const data = () => new Float32Array(size).fill(0.5)
  const withData = (value: unknown) => () => ({ data: value, shape })
  const withShape =
    (value: unknown, of: unknown = data()) =>
    () => ({ data: of, shape: value })
  const all = (): Named =>
    Object.fromEntries(
      [layer, stacked, linear].flatMap((one, index) =>
        one.parameters().flatMap(({ name, value, grad }) => [
          [`${index}.${name}`, value.data.slice()],
          [`${index}.d.${name}`, grad.data.slice()],
        ]),
      ),
    )

  const detached = (): Float32Array => {
    const taken = data()
    structuredClone(taken.buffer, { transfer: [taken.buffer] })
    return taken
  }
  const fail = (after: string, expected: string, received: string): string =>
    `${where}: ${argument}${after}: expected ${expected}, received ${received}`
  const tensorOf = `a tensor of shape ${wanted}`
  const last = shape.length - 1
  const cases: [string, () => unknown, string][] = [
    ...NOTHINGS.map(([name, make, received]): [string, () => unknown, string] => [
      name,
      make,
      fail('', tensorOf, received),
    ]),
    ['a bare array', data, fail('.data', 'a Float32Array', 'undefined')],
    [
      'doubles',
      withData(new Float64Array(size)),
      fail('.data', 'a Float32Array', `Float64Array of length ${size}`),
    ],
    ['a plain array', withData([...data()]), fail('.data', 'a Float32Array', `an array of length ${size}`)],
    ['a buffer', withData(data().buffer), fail('.data', 'a Float32Array', 'an ArrayBuffer')],
    [
      'integers that claim to be floats',
      withData(Object.defineProperty(new Int32Array(size), Symbol.toStringTag, { value: 'Float32Array' })),
      fail('.data', 'a Float32Array', `Int32Array of length ${size}`),
    ],
    [
      'a proxy of floats',
      withData(new Proxy(data(), {})),
      fail('.data', 'a Float32Array', 'an object that inherits from Float32Array, perhaps a proxy'),
    ],
    ['no data', withData(undefined), fail('.data', 'a Float32Array', 'undefined')],
    [
      'a detached buffer',
      () => ({ data: detached(), shape }),
      fail(
        '.data',
        `${size} elements for shape [${shape.join(', ')}]`,
        'Float32Array of length 0 (its buffer is empty or detached)',
      ),
    ],
    [
      'too few numbers',
      withData(new Float32Array(size - 1)),
      fail('.data', `${size} elements for shape [${shape.join(', ')}]`, `Float32Array of length ${size - 1}`),
    ],
    [
      'too many numbers',
      withData(new Float32Array(size + 1)),
      fail('.data', `${size} elements for shape [${shape.join(', ')}]`, `Float32Array of length ${size + 1}`),
    ],
    [
      'a length that lies',
      withData(Object.defineProperty(new Float32Array(size - 1), 'length', { value: size })),
      fail('.data', `${size} elements for shape [${shape.join(', ')}]`, `Float32Array of length ${size - 1}`),
    ],
    ['no shape', withShape(undefined), fail('.shape', 'an array of sizes', 'undefined')],
    [
      'a typed shape',
      withShape(Int32Array.from(shape)),
      fail('.shape', 'an array of sizes', `Int32Array of length ${shape.length}`),
    ],
    [
      'a negative size',
      withShape([...shape.slice(0, -1), -1]),
      fail(`.shape[${last}]`, 'a whole number of at least 0', '-1'),
    ],
    [
      'a size that is none',
      withShape([...shape.slice(0, -1), NaN]),
      fail(`.shape[${last}]`, 'a whole number of at least 0', 'NaN'),
    ],
    [
      'a size of text',
      withShape([...shape.slice(0, -1), '4']),
      fail(`.shape[${last}]`, 'a whole number of at least 0', '"4"'),
    ],
    [
      'a huge size',
      withShape([...shape.slice(0, -1), 2 ** 40]),
      fail('.shape', 'at most 34359738368 elements', `[${[...shape.slice(0, -1), 2 ** 40].join(', ')}]`),
    ],
    [
      'another last size',
      withShape([...shape.slice(0, -1), 3]),
      fail('', `shape ${wanted}`, `shape [${[...shape.slice(0, -1), 3].join(', ')}]`),
    ],
    ['a scalar', withShape([], new Float32Array(1)), fail('', `shape ${wanted}`, 'shape []')],
    [
      'no rows',
      withShape(
        [0, ...shape.slice(1)].map((n, i) => (shape.length === 1 ? 0 : i === 0 ? 0 : n)),
        new Float32Array(0),
      ),
      fail('', `shape ${wanted}`, `shape [${[0, ...shape.slice(1)].join(', ')}]`),
    ],
    ['a getter that throws', () => ({ get data() { throw new Error('no') }, shape }), fail('', tensorOf, 'an object that throws when it is read')], // prettier-ignore
    ['a revoked proxy', revoked, fail('', tensorOf, 'an object that throws when it is read')],
    [
      'a revoked shape',
      () => ({ data: data(), shape: revoked() }),
      fail('.shape', 'an array of sizes', 'an object that cannot be read'),
    ],
  ]
  if (!wanted.includes('…')) {
    cases.push([
      'another rank',
      withShape([...shape, 1]),
      fail('', `shape ${wanted}`, `shape [${[...shape, 1].join(', ')}]`),
    ])
  }
  if (!('optional' in rest)) cases.push(['undefined', () => undefined, ''])

  test('takes what it expects', () => {
    expect(refusal(() => call({ data: data(), shape }))).toBe('did not throw')
  })

  test.each(cases)('%s', (_, make, message) => {
    const before = all()
    const value = make()
    const said = refusal(() => call(value as Tensor))
    if (message === '')
      expect(said).toMatch(
        new RegExp(`^${where.replace('.', '\\.')}: ${argument}: expected a tensor.*received undefined$`),
      )
    else expect(said).toBe(message)
    expect(differentBits(all(), before)).toEqual([])
  })

  test('a shape and data that change from one reading to the next are read once', () => {
    let reads = 0
    const lying = {
      get data() { return reads++ === 0 ? data() : new Float32Array(1) }, // prettier-ignore
      get shape() { return reads++ <= 1 ? shape : [100, 100, 100] }, // prettier-ignore
    }
    expect(refusal(() => call(lying))).toBe('did not throw')
    expect(reads).toBe(2)
  })
})
