/** Padded batches: every sequence once, padding behind its end alone, and like lengths together. */
import type { Batch } from '../lib/data/batch'
import { sequences } from '../lib/data/sequences'
import type { Sequence } from '../lib/data/sequences'
import { refusal } from './refusal'
import { Rng } from './reference/rng'

const I = 3
const random = new Rng(9)
const lengths = Array.from({ length: 101 }, () => 1 + random.integer(40))
const inputs = lengths.map((L) => ({ data: Float32Array.from(random.normals(L * I)), shape: [L, I] }))

const kinds: Record<string, (at: number) => Sequence['target']> = {
  'a target of its own': (at) => ({ data: Float32Array.of(at, -at), shape: [2] }),
  'a target at each step': (at) => ({
    data: Float32Array.from({ length: (lengths[at] as number) * 2 }, (_, i) => at + i / 100),
    shape: [lengths[at] as number, 2],
  }),
  'a class': (at) => at % 7,
  'a class at each step': (at) => Array.from({ length: lengths[at] as number }, (_, t) => (at + t) % 5),
}

const listOf = (target: (at: number) => Sequence['target']): Sequence[] =>
  inputs.map((input, at) => ({ input, target: target(at) }))

/** Takes a batch apart again: the sequences' inputs and targets, after a look at the padding. */
function unpadded({ input, target, lengths: L = [] }: Batch, batchFirst: boolean) {
  const [first = 0, second = 0] = input.shape
  const [T, B] = batchFirst ? [second, first] : [first, second]
  const { data, shape } = target as { data: ArrayLike<number>; shape: readonly number[] }
  const isClass = data instanceof Int32Array
  const stepwise = shape.length === (isClass ? 2 : 3)
  const O = isClass ? 1 : (shape.at(-1) as number)
  const place = (b: number, t: number) => (batchFirst ? b * T + t : t * B + b)
  expect(Math.max(...Array.from(L))).toBe(T)
  return Array.from({ length: B }, (_, b) => {
    const steps = L[b] as number
    const values: number[] = []
    const targets: number[] = []
    for (let t = 0; t < T; t++) {
      for (let i = 0; i < I; i++) {
        const value = input.data[place(b, t) * I + i] as number
        if (t < steps) values.push(value)
        else expect(value).toBe(0)
      }
      for (let o = 0; stepwise && o < O; o++) {
        const value = data[place(b, t) * O + o] as number
        if (t < steps) targets.push(value)
        else expect(value).toBe(isClass ? -100 : 0)
      }
    }
    if (!stepwise) for (let o = 0; o < O; o++) targets.push(data[b * O + o] as number)
    return JSON.stringify([values, targets])
  })
}

const plain = (list: readonly Sequence[]): string[] =>
  list.map(({ input, target }) => {
    const numbers =
      typeof target === 'number'
        ? [target]
        : Array.from('data' in target ? (target as { data: Float32Array }).data : target)
    return JSON.stringify([Array.from(input.data), numbers])
  })

describe.each(Object.keys(kinds))('%s', (kind) => {
  const list = listOf(kinds[kind] as (at: number) => Sequence['target'])

  test.each([false, true])('comes back out of the batches, once each (batch first: %s)', (batchFirst) => {
    const source = sequences(list, { batchSize: 8, bucket: 3, seed: 1, batchFirst })
    const batches = [...source.batches(0)]
    expect(batches).toHaveLength(source.length)
    expect(batches.flatMap((batch) => unpadded(batch, batchFirst)).sort()).toEqual(plain(list).sort())
  })
})

describe('the order', () => {
  const list = listOf(kinds['a class'] as (at: number) => Sequence['target'])
  const order = (epoch: number, seed = 1) =>
    [...sequences(list, { batchSize: 8, seed }).batches(epoch)].flatMap((batch) => unpadded(batch, false))

  test('is that of the list where nothing is shuffled', () => {
    const batches = [...sequences(list, { batchSize: 8, shuffle: false }).batches(3)]
    expect(batches.flatMap((batch) => unpadded(batch, false))).toEqual(plain(list))
  })

  test('is the same for the same seed and epoch, another for another, and can be entered in between', () => {
    expect(order(2)).toEqual(order(2))
    expect(order(2)).not.toEqual(order(3))
    expect(order(2)).not.toEqual(order(2, 5))
    const source = sequences(list, { batchSize: 8, seed: 1 })
    expect([...source.batches(2, 4)]).toEqual([...source.batches(2)].slice(4))
  })

  test('leaves less than half of the padding that chance would, and short batches do not all come first', () => {
    const padding = (batches: readonly Batch[]) =>
      batches.reduce((sum, { input: { shape }, lengths: L = [] }) => {
        const used = Array.from(L).reduce((total, steps) => total + steps, 0)
        return sum + (shape[0] as number) * (shape[1] as number) - used
      }, 0)
    const bucketed = [...sequences(list, { batchSize: 8, seed: 1 }).batches(0)]
    expect(padding(bucketed)).toBeLessThan(
      padding([...sequences(list, { batchSize: 8, bucket: 1 }).batches(0)]) / 2,
    )
    const longest = bucketed.map(({ input }) => input.shape[0] as number)
    expect(longest).not.toEqual([...longest].sort((a, b) => a - b))
  })
})

test('refuses what is no sequence, or not one like the others', () => {
  const input = inputs[0] as Sequence['input']
  const other = { data: new Float32Array(4), shape: [2, 2] }
  const run = (list: unknown) => refusal(() => sequences(list as Sequence[]))
  expect(run([])).toContain('list: expected at least one sequence')
  expect(run([{ input, target: 1.5 }])).toContain('list[0].target: expected a whole number')
  expect(run([{ input, target: [1, 2] }])).toContain(
    `list[0].target: expected a tensor, a class or ${lengths[0]} classes`,
  )
  expect(
    run([
      { input, target: 1 },
      { input: other, target: 1 },
    ]),
  ).toContain('list[1].input: expected 3 features')
  expect(
    run([
      { input, target: 1 },
      { input, target: { data: new Float32Array(1), shape: [1] } },
    ]),
  ).toContain('list[1].target: expected one of the kind')
  expect(run([{ input: { data: new Float32Array(6), shape: [6] }, target: 1 }])).toContain(
    'expected shape [L, I]',
  )
})
