/** The addon's own door: its exports are those that TypeScript knows, and garbage is an error, never a crash. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import type {
  NativeBinding,
  NativeLinearStream,
  NativeScan,
  NativeStream,
  ScanArguments,
} from '../lib/native/binding'
import { native } from '../lib/native/load'

// An export without a key here is an error of the test, a key without an export one of the type check.
const EXPORTS = {
  Scan: true,
  Stream: true,
  LinearStream: true,
  gatherRows: true,
  scatterRows: true,
  linearForward: true,
  linearBackward: true,
  elementLosses: true,
  updateParameters: true,
  sumOfSquares: true,
  scaleArrays: true,
  clampArrays: true,
  chooseIsa: true,
  setThreads: true,
  state: true,
  adviseHugePages: true,
  beforeLine: true,
  activation: true,
} satisfies Record<keyof NativeBinding, true>
const SCAN = {
  tapeSize: true,
  chainSize: true,
  suitsGroups: true,
  suitsTiles: true,
  inferSize: true,
  forward: true,
  infer: true,
  backward: true,
} satisfies Record<keyof NativeScan, true>
const STREAM = { load: true, step: true, read: true, write: true } satisfies Record<keyof NativeStream, true>
const LINEAR_STREAM = { load: true, step: true } satisfies Record<keyof NativeLinearStream, true>

const form = (cell: ScanArguments[0]): ScanArguments => [cell, 2, 3, 3, true, Infinity, 0, 0]

const methodsOf = (object: object): string[] =>
  Object.getOwnPropertyNames(Object.getPrototypeOf(object)).filter((name) => name !== 'constructor')

const newScan = (): NativeScan => new (native().Scan)(...form('lstm'))

test('exports and methods are those of the declaration', () => {
  expect(Object.keys(native()).sort()).toEqual(Object.keys(EXPORTS).sort())
  expect(Object.values(native()).every((value) => typeof value === 'function')).toBe(true)
  const scan = newScan()
  expect(methodsOf(scan).sort()).toEqual(Object.keys(SCAN).sort())
  expect(methodsOf(new (native().Stream)(...form('gru'), 1, 2, 'float32')).sort()).toEqual(
    Object.keys(STREAM).sort(),
  )
  const head = new (native().LinearStream)(2, 3, 1)
  expect(methodsOf(head).sort()).toEqual(Object.keys(LINEAR_STREAM).sort())
})

test('state tells what chooseIsa and setThreads set', () => {
  const before = native().state()
  expect(native().chooseIsa('scalar')).toBe(true)
  native().setThreads(3)
  expect(native().state()).toEqual({ ...before, isa: 'scalar', threads: 3 })
  expect(native().chooseIsa('nonsense')).toBe(false)
  expect(native().state().isa).toBe('scalar')
  expect(native().chooseIsa('')).toBe(true)
  expect(native().state().isa).toBe(before.isas.at(-1))
  expect(native().chooseIsa(before.isa)).toBe(true)
  native().setThreads(before.threads)
})

test('garbage throws and does not crash', () => {
  const program = join(__dirname, 'children', 'binding-garbage.cjs')
  const addon = process.env['GATEWISE_BINARY'] ?? join(__dirname, '..', 'build', 'Release', 'gatewise.node')
  const child = spawnSync(process.execPath, [program, addon], { encoding: 'utf8' })
  expect([child.status, child.signal, child.stderr]).toEqual([0, null, ''])
  const { calls, unexpected } = JSON.parse(child.stdout) as { calls: number; unexpected: string[] }
  expect(unexpected).toEqual([])
  expect(calls).toBeGreaterThan(1000)
})
