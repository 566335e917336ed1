/** Parameter counts, and the hidden size that gives two cells equally many. */
import { matchedHiddenSize, parameterCount } from '../lib/compare/match'
import { ForecastModel } from '../lib/compare/model'

test.each([
  ['gru', 1, 51, 2, 24226],
  ['lstm', 1, 51, 2, 32284],
  ['gru', 4, 32, 1, 3681],
  ['lstm', 3, 5, 3, 686],
] as const)(
  '%s with %p inputs, %p units and %p layers trains %p numbers',
  (cell, inputSize, hiddenSize, numLayers, count) => {
    expect(parameterCount(cell, inputSize, hiddenSize, numLayers)).toBe(count)
    expect(new ForecastModel({ cell, inputSize, hiddenSize, numLayers }, 1).size).toBe(count)
  },
)

test.each([
  [1, 51, 2],
  [4, 32, 1],
  [7, 1, 1],
  [2, 300, 3],
])('no other size comes nearer (%p inputs, %p units, %p layers)', (inputSize, hidden, layers) => {
  const parameters = parameterCount('gru', inputSize, hidden, layers)
  const matched = matchedHiddenSize('lstm', parameters, inputSize, layers)
  const distance = (size: number) => Math.abs(parameterCount('lstm', inputSize, size, layers) - parameters)
  for (let size = 1; size <= hidden + 1; size++) expect(distance(matched)).toBeLessThanOrEqual(distance(size))
})

test('a cell matched with itself keeps its size', () => {
  expect(matchedHiddenSize('lstm', parameterCount('lstm', 3, 17, 2), 3, 2)).toBe(17)
})
