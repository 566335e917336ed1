/** The table of a result, and laying out text for terminals. */
import { table } from '../lib/cli/table'
import { wrap } from '../lib/cli/text'
import { duration } from '../lib/text'
import { statistic } from '../lib/compare/statistics'
import { cellWith, findingsWith, naiveWith } from './compare-fixtures'

const widest = (text: string): number => Math.max(...text.split('\n').map((line) => [...line].length))

describe('the table', () => {
  test('fits 80 columns with the longest numbers over many seeds', () => {
    const values = [1234567.8, 2345678.9, 0.00012345]
    const long = {
      parameters: 123456789,
      secondsPerEpoch: statistic(values),
      stepsPerSecond: statistic([123456789]),
      freeRunRmse: statistic(values),
      gradientFalloff: { lags: [0, 999], norms: [1, 1] },
    }
    const text = table(
      findingsWith(
        [cellWith('gru', values, long), cellWith('lstm', values, long)],
        [naiveWith('last value', 1234567.8), naiveWith('seasonal (period 100000)', 0.000123)],
      ),
      80,
    )
    expect(widest(text)).toBeLessThanOrEqual(80)
    expect(text).toContain('over 999 steps')
  })

  test('lines its columns up, the naive forecasts beside the cells', () => {
    const text = table(
      findingsWith([cellWith('gru', [1]), cellWith('lstm', [2])], [naiveWith('last value', 5)]),
    )
    const [head = '', rule = '', ...rows] = text.split('\n')
    expect(head).toMatch(/^ +GRU +LSTM +last value$/)
    expect(rule).toMatch(/^─+$/)
    const test = rows.find((row) => row.startsWith('test RMSE')) ?? ''
    expect(test).toMatch(/^test RMSE +1\.00 +2\.00 +5\.00$/)
    expect(test.length).toBe(head.length)
  })

  test('has the seconds of a closure where there was one', () => {
    const cells = [cellWith('gru', [1]), cellWith('lstm', [2])]
    const settings = { closureSecondsGRU: 0.2041, closureSecondsLSTM: 0.3052 }
    expect(table(findingsWith(cells, undefined, { settings }))).toMatch(
      /^seconds per closure +0\.204 +0\.305 +–$/m,
    )
    expect(table(findingsWith(cells))).not.toMatch(/closure/)
  })

  test('without a cell it still holds the naive forecasts', () => {
    expect(table(findingsWith([]))).toMatch(/test RMSE +5\.00/)
  })
})

test.each([
  [0.2, '1 s'],
  [59.1, '1 min 0 s'],
  [185, '3 min 5 s'],
  [4320, '1 h 12 min'],
])('%p seconds are %p', (seconds, text) => {
  expect(duration(seconds)).toBe(text)
})

test('text wraps at spaces, with an indent from the second line', () => {
  expect(wrap('one two three four', 9, '  ')).toBe('one two\n  three\n  four')
})
