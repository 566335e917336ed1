/** Making tensors: from nested arrays and from flat ones of every kind. */
import { ArgumentError, tensor, zeros, type NestedNumbers } from '../lib'

describe('tensor', () => {
  test('takes its shape from nested arrays', () => {
    expect(
      tensor([
        [1, 2, 3],
        [4, 5, 6],
      ]),
    ).toEqual({ data: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [2, 3] })
    expect(
      tensor([
        [[1], [2]],
        [[3], [4]],
        [[5], [6]],
      ]).shape,
    ).toEqual([3, 2, 1])
    expect(tensor(3)).toEqual({ data: Float32Array.of(3), shape: [] })
    expect(tensor([])).toEqual({ data: new Float32Array(0), shape: [0] })
    expect(tensor([[], []]).shape).toEqual([2, 0])
  })

  test('takes any array of numbers', () => {
    const expected = { data: Float32Array.of(1, 2, 3), shape: [3] }
    expect(tensor([1, 2, 3])).toEqual(expected)
    expect(tensor(Float64Array.of(1, 2, 3))).toEqual(expected)
    expect(tensor(Uint8Array.of(1, 2, 3))).toEqual(expected)
    expect(tensor({ length: 3, 0: 1, 1: 2, 2: 3 })).toEqual(expected)
    expect(tensor([Float32Array.of(1, 2), Float32Array.of(3, 4)] as unknown as NestedNumbers).shape).toEqual([
      2, 2,
    ])
  })

  test('takes another shape where one is told, of as many numbers', () => {
    expect(tensor([1, 2, 3, 4, 5, 6], [3, 2])).toEqual({
      data: Float32Array.of(1, 2, 3, 4, 5, 6),
      shape: [3, 2],
    })
    expect(
      tensor(
        [
          [1, 2, 3],
          [4, 5, 6],
        ],
        [6],
      ).shape,
    ).toEqual([6])
    expect(tensor([7], []).shape).toEqual([])
    expect(() => tensor([1, 2, 3], [2, 2])).toThrow(
      'tensor: values: expected 4 numbers for shape [2, 2], received 3 numbers',
    )
  })

  test('copies', () => {
    const from = Float32Array.of(1, 2)
    const shape = [2, 1]
    const made = tensor(from, shape)
    from[0] = shape[0] = 9
    expect(made).toEqual({ data: Float32Array.of(1, 2), shape: [2, 1] })
  })

  test('keeps NaN, infinities and negative zero, and rounds to float32', () => {
    expect([...tensor([NaN, Infinity, -Infinity, -0, 0.1]).data]).toEqual([
      NaN,
      Infinity,
      -Infinity,
      -0,
      Math.fround(0.1),
    ])
  })

  const itself: unknown[] = []
  itself.push(itself)
  test.each<[string, unknown, string]>([
    [
      'unequal lengths',
      [[1, 2], [3]],
      'values, axis 1: expected arrays of equal length 2, received one of length 1',
    ],
    ['unequal depth', [[1, 2], 3], 'values, axis 1: expected arrays of equal length 2, received 3'],
    ['too deep', [1, [2]], 'values, element 1: expected a number, received an array of length 1'],
    ['a hole', [1, , 3], 'values, element 1: expected a number, received undefined'], // eslint-disable-line no-sparse-arrays
    ['text', '12', 'values, element 0: expected a number, received "12"'],
    ['text inside', [1, '2'], 'values, element 1: expected a number, received "2"'],
    ['null', null, 'values, element 0: expected a number, received null'],
    ['undefined', undefined, 'values, element 0: expected a number, received undefined'],
    ['a function', () => 1, 'values, element 0: expected a number, received a function'],
    ['an object', {}, 'values: expected arrays of numbers, received an object'],
    ['big integers', BigInt64Array.of(1n, 2n), 'values, element 0: expected a number, received bigint'],
    ['a DataView', new DataView(new ArrayBuffer(8)), 'values: expected arrays of numbers, received DataView'],
    ['a negative length', { length: -1 }, 'values: expected arrays of numbers, received an object'],
    ['a huge length', { length: 2 ** 50 }, 'values: expected at most'],
    ['an array in itself', itself, 'values: expected at most 64 sizes'],
  ])('refuses %s', (_, values, message) => {
    expect(() => tensor(values as NestedNumbers)).toThrow(ArgumentError)
    expect(() => tensor(values as NestedNumbers)).toThrow(`tensor: ${message}`)
  })
})

describe('zeros', () => {
  test('of every rank', () => {
    expect(zeros([2, 3])).toEqual({ data: new Float32Array(6), shape: [2, 3] })
    expect(zeros([])).toEqual({ data: new Float32Array(1), shape: [] })
    expect(zeros([3, 0]).data).toHaveLength(0)
  })

  // A function, since a message with four milliards of holes would not end.
  test.each<[() => unknown, string]>([
    [() => undefined, 'shape: expected an array of sizes, received undefined'],
    [() => 3, 'shape: expected an array of sizes, received 3'],
    [() => Int32Array.of(2), 'shape: expected an array of sizes, received Int32Array of length 1'],
    [() => [2, -1], 'shape[1]: expected a whole number of at least 0, received -1'],
    [() => [1.5], 'shape[0]: expected a whole number of at least 0, received 1.5'],
    [() => [NaN], 'shape[0]: expected a whole number of at least 0, received NaN'],
    [() => ['2'], 'shape[0]: expected a whole number of at least 0, received "2"'],
    [() => [2 ** 30, 2 ** 30], 'shape: expected at most'],
    [() => [2 ** 1023, 4], 'shape: expected at most'],
    [() => [2 ** 34], 'shape: expected sizes that fit into memory, received a tensor of shape [17179869184]'],
    [
      () => new Array<number>(2 ** 32 - 1),
      'shape[0]: expected a whole number of at least 0, received undefined',
    ],
  ])('refuses %s', (shape, message) => {
    expect(() => zeros(shape() as number[])).toThrow(ArgumentError)
    expect(() => zeros(shape() as number[])).toThrow(`zeros: ${message}`)
  })
})
