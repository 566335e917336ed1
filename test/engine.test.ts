/** Which core runs and on how many threads: what the environment asks for, and what setThreads takes. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { ArgumentError, engine, setThreads } from '../lib'
import { MAX_THREADS } from '../lib/native/load'
import { version } from '../lib/version'

const dist = join(__dirname, '..', 'dist')

/** The engine of a process with such an environment, or the error that its first use throws. */
function engineIn(environment: Record<string, string>): Record<string, unknown> {
  const program = `
    const { engine, LSTM } = require(process.argv[1])
    const told = (use) => { try { return use() } catch ({ name, code, message }) { return { name, code, message } } }
    const first = told(engine)
    console.log(JSON.stringify({ ...first, again: told(() => new LSTM({ inputSize: 1, hiddenSize: 1 })).message }))`
  const { GATEWISE_ISA: _isa, GATEWISE_THREADS: _threads, ...inherited } = process.env
  const child = spawnSync(process.execPath, ['-e', program, dist], {
    env: { ...inherited, ...environment },
    encoding: 'utf8',
  })
  expect([child.status, child.stderr]).toEqual([0, ''])
  return JSON.parse(child.stdout) as Record<string, unknown>
}

const all = ['scalar', 'sse2', 'avx2', 'avx512', 'amx', 'neon']

test('engine() tells version, instruction sets and threads', () => {
  const { isa, isas, threads, ...rest } = engine()
  expect(rest).toEqual({ version })
  expect(isas).toContain(isa)
  expect(isas[0]).toBe('scalar')
  expect(isas).toEqual(all.filter((known) => isas.includes(known)))
  expect(Number.isInteger(threads) && threads >= 1 && threads <= MAX_THREADS).toBe(true)
})

test('unless told, it is the best instruction set and a thread for each processor', () => {
  const { isa, isas, threads } = engineIn({ GATEWISE_ISA: '', GATEWISE_THREADS: '' })
  expect(isa).toBe((isas as string[]).at(-1))
  expect(threads).toBe(Number(engineIn({}).threads))
  expect(threads).toBeGreaterThanOrEqual(1)
})

test.each(engine().isas)('GATEWISE_ISA=%s forces it', (isa) => {
  expect(engineIn({ GATEWISE_ISA: isa })).toMatchObject({ isa, isas: engine().isas })
})

const absent = [
  ...all.filter((isa) => !engine().isas.includes(isa)),
  'nonsense',
  'AVX2',
  ' sse2',
  'avx',
  'default',
]
test.each(absent)('GATEWISE_ISA=%s fails, now and at every later use', (isa) => {
  const message = `GATEWISE_ISA: expected one of ${engine().isas.join(', ')} (those that this machine can run), received "${isa}"`
  const error = { name: 'EngineError', code: 'ERR_GATEWISE_ENGINE', message }
  expect(engineIn({ GATEWISE_ISA: isa })).toEqual({ ...error, again: message })
})

test.each([1, 2, 7, 1024])('GATEWISE_THREADS=%d', (threads) => {
  expect(engineIn({ GATEWISE_THREADS: String(threads) })).toMatchObject({ threads })
})

test.each(['0', '-1', '1.5', '1025', 'two', 'NaN', 'Infinity', ' '])(
  'GATEWISE_THREADS="%s" fails',
  (told) => {
    const { name, message, again } = engineIn({ GATEWISE_THREADS: told })
    expect(name).toBe('EngineError')
    expect(message).toBe(`GATEWISE_THREADS: expected a whole number from 1 to 1024, received "${told}"`)
    expect(again).toBe(message)
  },
)

describe('setThreads', () => {
  const before = engine().threads
  afterAll(() => setThreads(before))

  test('sets what engine() tells', () => {
    for (const threads of [3, 1, MAX_THREADS, 2]) {
      setThreads(threads)
      expect(engine().threads).toBe(threads)
    }
  })

  test.each<[unknown, string]>([
    [0, '0'],
    [-1, '-1'],
    [1025, '1025'],
    [1.5, '1.5'],
    [NaN, 'NaN'],
    [Infinity, 'Infinity'],
    [2n, 'bigint'],
    ['2', '"2"'],
    [null, 'null'],
    [undefined, 'undefined'],
    [[2], 'an array of length 1'],
    [{ valueOf: () => 2 }, 'an object'],
    [() => 2, 'a function'],
  ])('refuses %p', (threads, received) => {
    const now = engine().threads
    const expected = `setThreads: threads: expected a whole number from 1 to 1024, received ${received}`
    expect(() => setThreads(threads as number)).toThrow(
      new ArgumentError('setThreads', 'threads', 'a whole number from 1 to 1024', received),
    )
    expect(() => setThreads(threads as number)).toThrow(expected)
    expect(engine().threads).toBe(now)
  })
})
