/** A test of somebody else's project, in jest's default environment: a vm context with arrays of its own. */
/* global test, expect */
'use strict'
const gatewise = require('gatewise')

test('trains', () => {
  expect(Math.max(...require('./program.cjs')(gatewise).losses)).toBeLessThan(0.05)
})

test('takes the arrays of this context, and gives what it knows', () => {
  const { output } = new gatewise.LSTM({ inputSize: 2, hiddenSize: 3 }).infer({
    data: Float32Array.from([1, 2, 3, 4]),
    shape: [2, 1, 2],
  })
  expect(output.shape).toEqual([2, 1, 3])
  expect(Array.from(output.data).every(Number.isFinite)).toBe(true)
})

test('its errors are errors', () => {
  expect(() => new gatewise.GRU({ inputSize: 0, hiddenSize: 3 })).toThrow(gatewise.ArgumentError)
})
