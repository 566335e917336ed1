/** The verdict: clear only where the numbers are, and never surer than the seeds allow. */
import { verdict } from '../lib/compare/verdict'
import { statistic } from '../lib/compare/statistics'
import { cellWith, findingsWith, naiveWith } from './compare-fixtures'

const wordsOf = (...given: Parameters<typeof findingsWith>) => verdict(findingsWith(...given))

describe('between two cells', () => {
  test('one seed is never a decision, however large the difference', () => {
    const [first, second] = wordsOf([cellWith('gru', [1]), cellWith('lstm', [4])])
    expect(first).toBe(
      'Undecided: the GRU’s test error is 75 % lower, but one seed cannot tell a difference from chance.',
    )
    expect(second).toMatch(/^Test RMSE with one seed: GRU 1\.00, LSTM 4\.00\. .*--seeds 5/)
  })

  test('a difference that holds over the seeds is a decision, with its interval', () => {
    const [first, second] = wordsOf([cellWith('gru', [2.0, 2.1, 1.9]), cellWith('lstm', [1.0, 1.2, 1.1])])
    // Differences 1.0, 0.9, 0.8 in shares of 2: mean 0.45, t(2) = 4.303, so 0.45 ± 4.303 · 0.05 / √3.
    expect(first).toBe(
      'The LSTM serves this data better: its test error is 45 % lower (95 % interval 33 % to 57 %).',
    )
    expect(second).toBe('Mean test RMSE over 3 seeds: LSTM 1.10, GRU 2.00.')
  })

  test('pairs decide: a spread that both cells share does not hide a difference', () => {
    const [first] = wordsOf([cellWith('gru', [1, 5, 9]), cellWith('lstm', [1.5, 5.5, 9.5])])
    expect(first).toMatch(/^The GRU serves this data better/)
  })

  test('a difference within the spread is none', () => {
    const [first] = wordsOf([cellWith('gru', [1.0, 2.0, 1.5]), cellWith('lstm', [1.4, 1.6, 1.4])])
    // Differences −0.4, 0.4, 0.1 in shares of 1.5: mean 0.022, sd 0.269, so ± 4.303 · 0.269 / √3 = 0.669.
    expect(first).toBe(
      'No difference shown: the LSTM’s test error is 2.2 % lower, with a 95 % interval from 65 % higher to 69 % lower.',
    )
  })

  test('after an interruption only seeds that both cells have count', () => {
    const words = wordsOf([cellWith('gru', [1, 1, 1]), cellWith('lstm', [2])], undefined, {
      interrupted: true,
    })
    expect(words[0]).toMatch(/^Undecided: the GRU’s test error is 50 % lower/)
    expect(words[1]).toMatch(/with one seed/)
    expect(words.at(-1)).toMatch(/interrupted/)
  })

  test('seeds are paired by their number, not their place', () => {
    const curves = [1, 2].map((seed) => ({ seed, train: [], validation: [], seconds: [] }))
    const [, second] = wordsOf([cellWith('gru', [9, 1, 2]), cellWith('lstm', [3, 4], { curves })])
    expect(second).toBe('Mean test RMSE over 2 seeds: GRU 1.50, LSTM 3.50.')
    const [none] = wordsOf([cellWith('gru', [9]), cellWith('lstm', [3, 4], { curves })])
    expect(none).toBe('No verdict: there is no seed with which both cells were trained.')
  })

  test('names what the interval covers and what it does not', () => {
    const several = wordsOf([cellWith('gru', [1, 2]), cellWith('lstm', [2, 3])])
    expect(several.join(' ')).toMatch(/over 2 seeds, paired: .* not other stretches of the series/)
    const one = wordsOf([cellWith('gru', [1]), cellWith('lstm', [2])])
    expect(one.join(' ')).toMatch(/Nothing here measures the chance/)
  })
})

describe('with fewer cells', () => {
  test('no cell is no verdict', () => {
    expect(wordsOf([], undefined, { interrupted: true })).toEqual([
      'No verdict: the run was interrupted before any cell had finished an epoch.',
    ])
  })

  test.each([
    [true, /interrupted before another cell/],
    [false, /no other was asked for/],
  ])('one cell is held against the naive forecasts only (interrupted: %p)', (interrupted, why) => {
    const settings = { cells: interrupted ? 'lstm, gru' : 'lstm' }
    const [first, second] = wordsOf([cellWith('lstm', [2])], undefined, { interrupted, settings })
    expect(first).toMatch(/^No verdict between cells: only the LSTM was trained/)
    expect(first).toMatch(why)
    expect(second).toBe('The LSTM beats the naive forecast (last value, RMSE 5.00): by 60 %.')
  })
})

describe('against the naive forecasts', () => {
  const sentences = (gru: number[], lstm: number[]) =>
    wordsOf(
      [cellWith('gru', gru), cellWith('lstm', lstm)],
      [naiveWith('last value', 5), naiveWith('seasonal (period 7)', 4)],
    ).filter((sentence) => sentence.includes('naive'))

  test('the better one is what counts', () => {
    expect(sentences([2], [3])).toEqual([
      'Both cells beat the better naive forecast (seasonal (period 7), RMSE 4.00): the GRU by 50 %, the LSTM by 25 %.',
    ])
  })

  test('neither cell, or only one', () => {
    expect(sentences([4.5], [6])).toEqual([
      'Neither cell beats the better naive forecast (seasonal (period 7), RMSE 4.00), which needs no training.',
    ])
    expect(sentences([2], [6])).toEqual([
      'The GRU beats the better naive forecast (seasonal (period 7), RMSE 4.00): by 50 %.',
      'The LSTM does not beat the better naive forecast (seasonal (period 7), RMSE 4.00), which needs no training.',
    ])
  })

  test('over seeds, a mean that is lower by chance does not beat it', () => {
    expect(sentences([3, 4.9, 3.8], [2.0, 2.1, 2.2])).toEqual([
      'The LSTM beats the better naive forecast (seasonal (period 7), RMSE 4.00): by 48 %.',
      'The GRU cannot be told apart from the better naive forecast (seasonal (period 7), RMSE 4.00).',
    ])
  })
})

test('cost is told by steps per second, and how the sizes were matched', () => {
  const cells = [
    cellWith('gru', [1], { stepsPerSecond: statistic([3000]), secondsPerEpoch: statistic([9]) }),
    cellWith('lstm', [1], { stepsPerSecond: statistic([2000]), secondsPerEpoch: statistic([1]) }),
  ]
  expect(wordsOf(cells).join(' ')).toContain(
    'The GRU trains 1.5 times as fast as the LSTM; the same hidden size for both: GRU 300 (8 units) and LSTM 400 (8 units) parameters.',
  )
  expect(wordsOf(cells, undefined, { settings: { match: 'params' } }).join(' ')).toContain(
    'sizes matched by parameters',
  )
})

test('free running is told beside the naive forecasts, over the steps that are not context', () => {
  expect(wordsOf([cellWith('gru', [1]), cellWith('lstm', [1])]).join(' ')).toContain(
    'Left to itself for 3 steps, each output fed back, the RMSE is: GRU 1.00, LSTM 1.00, last value 2.00.',
  )
})
