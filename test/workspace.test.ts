/** Arrays that serve again: of the length that is asked for, in the memory of one that was given back. */
import { Workspace } from '../lib/memory/workspace'

test('an array that was given back serves for its own length', () => {
  for (const length of [0, 1, 100, 256, 257, 100_003]) {
    const workspace = new Workspace(2)
    const first = workspace.take(length)
    expect(first.length).toBe(length)
    workspace.give(first)
    expect(workspace.take(length).buffer).toBe(first.buffer)
    expect(workspace.take(length).buffer).not.toBe(first.buffer)
  }
})

test('a long one serves for shorter ones, down to half, and again for its own length', () => {
  const workspace = new Workspace(2)
  const first = workspace.take(10_000)
  for (const [length, serves] of [
    [9_999, true],
    [5_200, true],
    [4_900, false],
    [10_000, true],
    [12_000, false],
  ] as const) {
    workspace.give(first)
    const next = workspace.take(length)
    expect([length, next.length, next.buffer === first.buffer]).toEqual([length, length, serves])
  }
})

test('short ones serve for their own length alone', () => {
  const workspace = new Workspace(2)
  const first = workspace.take(100)
  workspace.give(first)
  expect(workspace.take(99).buffer).not.toBe(first.buffer)
})

test('what is given back twice at once serves once', () => {
  const workspace = new Workspace(4)
  const first = workspace.take(5_000)
  workspace.giveAll([first, first, first.subarray(0, 10)])
  const [one, two] = [workspace.take(5_000), workspace.take(5_000)]
  expect(one.buffer).toBe(first.buffer)
  expect(two.buffer).not.toBe(first.buffer)
})

test('no more are kept than told, and at most an eighth is asked for in vain', () => {
  const workspace = new Workspace(1)
  const given = [workspace.take(70_001), workspace.take(70_001)]
  workspace.giveAll(given)
  const taken = [workspace.take(70_001), workspace.take(70_001)]
  expect(taken.filter(({ buffer }) => given.some((array) => array.buffer === buffer)).length).toBe(1)
  for (const { buffer } of given) expect(buffer.byteLength / 4).toBeLessThanOrEqual((9 / 8) * 70_001)
})
