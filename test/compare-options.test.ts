/** The options' one door: defaults by kind of run, and an error that names option, expectation and value. */
import { resolveOptions } from '../lib/compare/options'
import { ArgumentError } from '../lib/errors'

test('the defaults of a file, of the sine and of the full sine', () => {
  expect(resolveOptions({ file: 'a.csv' })).toMatchObject({
    kind: 'file',
    optimiser: 'adam',
    match: 'params',
    split: [0.7, 0.15, 0.15],
    cells: ['gru', 'lstm'],
    seeds: [0],
    period: undefined,
  })
  expect(resolveOptions({})).toMatchObject({
    kind: 'sine',
    hidden: 51,
    layers: 2,
    match: 'hidden',
    period: 126,
  })
  expect(resolveOptions({ full: true })).toMatchObject({
    kind: 'full',
    optimiser: 'lbfgs',
    lr: 0.8,
    epochs: 20,
    split: [197 / 200, 1 / 200, 2 / 200],
  })
})

test('what is given stands, and seeds follow the first', () => {
  const given = {
    file: 'a.csv',
    hidden: 7,
    cells: ['lstm'],
    features: ['a', 'b', 'a'],
    seed: 4,
    seeds: 3,
    lr: 0.5,
  }
  expect(resolveOptions(given)).toMatchObject({
    hidden: 7,
    cells: ['lstm'],
    features: ['a', 'b'],
    seeds: [4, 5, 6],
    lr: 0.5,
  })
})

const WHOLE = ['window', 'horizon', 'hidden', 'layers', 'epochs', 'batch', 'period', 'seeds']

test.each(WHOLE.flatMap((name) => [Number.NaN, Infinity, -1, 0, 1.5, '7'].map((value) => [name, value])))(
  '%s refuses %p',
  (name, value) => {
    const run = () => resolveOptions({ file: 'a.csv', [String(name)]: value })
    expect(run).toThrow(ArgumentError)
    expect(run).toThrow(new RegExp(`^compare: ${String(name)}: expected a whole number`))
  },
)

test.each([
  [{ lr: 0 }, 'lr', 'a number above 0', '0'],
  [{ lr: -0.1 }, 'lr', 'a number above 0', '-0.1'],
  [{ lr: Number.NaN }, 'lr', 'a number above 0', 'NaN'],
  [{ seed: -1 }, 'seed', 'a whole number of at least 0', '-1'],
  [{ cells: ['gru', 'rnn'] }, 'cells', 'one or more of gru, lstm', '"rnn"'],
  [{ cells: [] }, 'cells', 'one or more of gru, lstm', 'an array of length 0'],
  [{ match: 'size' }, 'match', "one of 'params', 'hidden'", '"size"'],
  [{ split: [0.5, 0.5] }, 'split', /three shares/, '0.5,0.5'],
  [{ split: [0.5, 0.6, 0.1] }, 'split', /sum to 1/, /sum 1\.2/],
  [{ split: [0.8, 0.2, 0] }, 'split', /above 0/, '0.8,0.2,0'],
  [{ split: [0.7, 'x', 0.3] }, 'split', /three shares/, '0.7,x,0.3'],
  [{ features: ['a', ''] }, 'features', /names/, /array/],
  [{ full: true }, 'full', /no file/, '"a.csv"'],
  [{ hidden: 1e9 }, 'hidden', 'a whole number from 1 to 8192', '1000000000'],
])('%p is refused, naming %s', (options, argument, expected, received) => {
  let error: unknown
  try {
    resolveOptions({ file: 'a.csv', ...options })
  } catch (caught) {
    error = caught
  }
  expect(error).toBeInstanceOf(ArgumentError)
  const { argument: named, expected: wanted, received: got } = error as ArgumentError
  expect(named).toBe(argument)
  expect(wanted).toEqual(expected instanceof RegExp ? expect.stringMatching(expected) : expected)
  expect(got).toEqual(received instanceof RegExp ? expect.stringMatching(received) : received)
})

test.each(['target', 'features', 'time', 'window', 'horizon', 'batch'])('%s needs a file', (option) => {
  expect(() => resolveOptions({ [option]: option === 'features' ? ['a'] : 3 })).toThrow(
    `compare: ${option}: expected a CSV file that it is for, received no file`,
  )
})
