/** A parameter's value is a tensor like any other to who prints, copies or compares it, and notes who may write it. */
import { inspect } from 'node:util'
import { ParameterValue } from '../lib/layers/parameter-value'
import { tensor } from '../lib'

const numbers = tensor([1.5, -2, 3], [3])
const make = () => new ParameterValue(tensor([1.5, -2, 3], [3]))

test('prints, copies, serialises and compares as a tensor', () => {
  expect(inspect(make())).toBe(inspect({ ...numbers }))
  expect(inspect({ value: make() })).toBe(inspect({ value: { ...numbers } }))
  expect(Object.assign({}, make())).toEqual({ ...numbers })
  expect(make()).toEqual({ ...numbers })
  expect(JSON.stringify(make())).toBe(JSON.stringify(numbers))
  expect(structuredClone(make() as object)).toEqual({ ...numbers })
  expect(Object.keys(make())).toEqual(['data', 'shape'])
})

test('its array is always the same, and cannot be replaced', () => {
  const value = make()
  expect(value.data).toBe(value.data)
  expect(() => Object.assign(value, { data: new Float32Array(3) })).toThrow(TypeError)
  expect(() => Object.assign(value, { shape: [1] })).toThrow(TypeError)
})

test.each<[string, (value: ParameterValue) => unknown]>([
  ['read', ({ data }) => data],
  ['copied', (value) => Object.assign({}, value)],
  ['printed', (value) => inspect(value)],
  ['cloned', (value) => structuredClone(value as object)],
])('writes are no longer known once it was %s', (_, use) => {
  const value = make()
  const before = ParameterValue.writes(value)
  ParameterValue.read(value)
  ParameterValue.plain(value)
  expect(ParameterValue.writes(value)).toBe(before)
  ParameterValue.write(value)
  expect(ParameterValue.writes(value)).not.toBe(before)
  use(value)
  expect(ParameterValue.writes(value)).toBeUndefined()
})

test('any other tensor is read and written as it is, and nothing is known of its writes', () => {
  expect(ParameterValue.read(numbers)).toBe(numbers.data)
  expect(ParameterValue.write(numbers)).toBe(numbers.data)
  expect(ParameterValue.writes(numbers)).toBeUndefined()
  expect(ParameterValue.plain(numbers)).toBe(numbers)
  expect(ParameterValue.plain(undefined)).toBeUndefined()
})
