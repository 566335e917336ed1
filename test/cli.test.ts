/** The command line: help, refusals, a whole run, the display, and Ctrl-C. */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Io } from '../lib/cli/io'
import { main } from '../lib/cli/main'
import type { CompareResult } from '../lib/compare/result'
import { loadSafetensors } from '../lib/io/safetensors'
import { version } from '../lib/version'
import { noisyWave } from './compare-fixtures'

// The report's plots come from an ES module, which jest cannot load; report.test.ts and the signalled run below
// render it in a process of their own.
jest.mock('../lib/report/report', () => ({
  renderReport: (result: CompareResult) =>
    Promise.resolve(
      `<!doctype html>${result.cells.length} cells${result.interrupted ? ', interrupted' : ''}`,
    ),
}))

let directory: string
let file: string
const inDirectory = (name: string): string => join(directory, name)

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'gatewise-cli-'))
  file = inDirectory('wave.csv')
  writeFileSync(file, ['day,y', ...noisyWave(150).map((value, row) => `${row},${value}`)].join('\n'))
  writeFileSync(inDirectory('gap.csv'), 'y,z\n1,2\n2,\n3,4\n')
})

afterAll(() => rmSync(directory, { recursive: true }))

/** Surroundings that keep what is written; `onWrite` sees each piece of stderr. */
function surroundings(terminal: boolean, onWrite: (text: string, interrupt: () => void) => void = () => {}) {
  const said = { stdout: '', stderr: '', exits: [] as number[], listeners: [] as (() => void)[] }
  const interrupt = (): void => said.listeners.forEach((listener) => listener())
  const io: Io = {
    stdout: { write: (text) => (said.stdout += text), isTTY: terminal, columns: 80 },
    stderr: {
      write: (text) => {
        said.stderr += text
        onWrite(text, interrupt)
      },
      isTTY: terminal,
      columns: 80,
    },
    onInterrupt: (listener) => {
      said.listeners.push(listener)
      return () => said.listeners.splice(said.listeners.indexOf(listener), 1)
    },
    exit: (code) => said.exits.push(code),
  }
  return { io, said }
}

async function run(args: string[], terminal = false) {
  const { io, said } = surroundings(terminal)
  const code = await main(args, io)
  return { code, ...said }
}

/** What moves a terminal's cursor or clears its line. */
const ESCAPE = new RegExp(`${String.fromCharCode(27)}\\[[\\d;?]*[A-Za-z]`)

const widest = (text: string): number => Math.max(...text.split('\n').map((line) => [...line].length))
const small = () => [file, '--target', 'y', '--window', '5', '--hidden', '4', '--epochs', '2']
const report = (): string[] => ['--report', inDirectory('report.html')]

describe('help', () => {
  test('names every option, has examples, and fits 80 columns', async () => {
    const { code, stdout, stderr } = await run(['compare', '--help'])
    expect(code).toBe(0)
    expect(stderr).toBe('')
    for (const option of [
      'target features time window horizon hidden layers epochs batch lr cells match split period',
      'seeds seed full threads report json save',
    ].flatMap((names) => names.split(' '))) {
      expect(stdout).toMatch(new RegExp(`^  --${option}\\b`, 'm'))
    }
    expect(stdout).toMatch(/Examples:\n {2}\$ gatewise compare\n/)
    expect(widest(stdout)).toBeLessThanOrEqual(80)
  })

  test('the version is the package’s', async () => {
    expect(await run(['--version'])).toMatchObject({ code: 0, stdout: `${version}\n` })
  })

  test('no command shows the help and is misuse', async () => {
    const { code, stderr } = await run([])
    expect(code).toBe(2)
    expect(stderr).toMatch(/Usage: gatewise/)
  })
})

describe('refusals are one line that names the option', () => {
  test.each([
    [['--epochs', 'ten'], '--epochs: expected a whole number of at least 1, received "ten"'],
    [['--epochs', '1.5'], '--epochs: expected a whole number of at least 1, received 1.5'],
    [['--hidden', '-3'], '--hidden: expected a whole number from 1 to 8192, received -3'],
    [['--hidden', '0x10'], '--hidden: expected a whole number from 1 to 8192, received "0x10"'],
    [['--lr', 'NaN'], '--lr: expected a number above 0, received "NaN"'],
    [['--lr', '-1'], '--lr: expected a number above 0, received -1'],
    [['--seeds', ''], '--seeds: expected a whole number from 1 to 1000, received ""'],
    [['--threads', '0'], '--threads: expected a whole number from 1 to 1024, received 0'],
    [['--threads', 'all'], '--threads: expected a whole number from 1 to 1024, received "all"'],
    [['--cells', 'gru,cnn'], '--cells: expected one or more of gru, lstm, received "cnn"'],
    [['--match', 'time'], `--match: expected one of 'params', 'hidden', received "time"`],
    [
      ['--split', '0.7,0.3'],
      '--split: expected three shares above 0 that sum to 1, as 0.7,0.15,0.15, received 0.7,0.3',
    ],
    [['--full'], `--full: expected no file, as it belongs to the sine, received`],
    [['--epoch', '3'], "unknown option '--epoch' (Did you mean --epochs?)"],
    [['--epochs'], "option '--epochs <n>' argument missing"],
    [['second.csv'], "too many arguments for 'compare'. Expected 1 argument but got 2"],
  ])('%p', async (args, message) => {
    const { code, stdout, stderr } = await run(['compare', file, ...args])
    expect(code).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toContain(`gatewise: ${message}`)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  })

  test('without a file, what is for files is misuse', async () => {
    const { code, stderr } = await run(['compare', '--target', 'y'])
    expect(code).toBe(2)
    expect(stderr).toBe('gatewise: --target: expected a CSV file that it is for, received no file\n')
  })

  test('an unknown command is misuse', async () => {
    expect(await run(['learn'])).toMatchObject({ code: 2, stderr: "gatewise: unknown command 'learn'\n" })
  })
})

describe('data and files that are wrong end with 1, before anything is trained', () => {
  test.each([
    ['a missing value', ['gap.csv', '--target', 'z'], 'gap.csv: column "z", line 3: a value is missing'],
    [
      'an unknown column',
      ['wave.csv', '--target', 'q'],
      'wave.csv: line 1: no column "q"; the header has "day", "y"',
    ],
    ['no target among several', ['wave.csv'], 'wave.csv: line 1: name the column to forecast with --target'],
    [
      'too few rows',
      ['gap.csv', '--target', 'y'],
      'gap.csv: column "y", line 4: the file ends with too few rows (3)',
    ],
    ['no such file', ['none.csv', '--target', 'y'], 'compare: cannot read'],
    ['a report without a directory', ['wave.csv', '--report', 'no/where/r.html'], '--report: cannot write'],
    ['a report that is a directory', ['wave.csv', '--report', '.'], '--report: cannot write'],
    ['JSON without a directory', ['wave.csv', '--json', 'no/where/r.json'], '--json: cannot write'],
    ['weights where a file is', ['wave.csv', '--save', 'gap.csv'], '--save: cannot use as a directory'],
  ])('%s', async (_, [name = '', ...args], message) => {
    const paths = args.map((arg, at) =>
      ['--report', '--json', '--save'].includes(args[at - 1] ?? '') ? inDirectory(arg) : arg,
    )
    const { code, stdout, stderr } = await run(['compare', inDirectory(name), ...report(), ...paths])
    expect(code).toBe(1)
    expect(stdout).toBe('')
    expect(stderr).toContain(`gatewise: ${message}`)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  })
})

test('a run leaves the table, the verdict, the report, the numbers and the weights', async () => {
  const outputs = ['--json', inDirectory('result.json'), '--save', inDirectory('weights')]
  const { code, stdout, stderr, listeners } = await run([
    'compare',
    ...small(),
    '--time',
    'day',
    '--period',
    '25',
    '--seeds',
    '2',
    ...report(),
    ...outputs,
  ])
  expect(code).toBe(0)
  expect(widest(stdout)).toBeLessThanOrEqual(80 + directory.length)
  expect(stdout).toMatch(/GRU +LSTM +last value +seasonal 25/)
  expect(stdout).toMatch(/test RMSE +\S+ ±\S+ +\S+ ±\S+ +\S+ +\S+/)
  // In this order: the table, the verdict, where the files are.
  const places = [/test RMSE/, /Mean test RMSE over 2 seeds/, /Report: /].map((pattern) =>
    stdout.search(pattern),
  )
  expect(places).toEqual([...places].sort((a, b) => a - b))
  expect(places[0]).toBeGreaterThan(0)
  expect(stdout.trimEnd().endsWith(`Report: ${inDirectory('report.html')}`)).toBe(true)

  const result = JSON.parse(readFileSync(inDirectory('result.json'), 'utf8')) as CompareResult
  expect(result.cells.map(({ cell }) => cell)).toEqual(['gru', 'lstm'])
  expect(readFileSync(inDirectory('report.html'), 'utf8')).toBe('<!doctype html>2 cells')
  expect(readdirSync(inDirectory('weights')).sort()).toEqual([
    'gru-seed0.safetensors',
    'gru-seed1.safetensors',
    'lstm-seed0.safetensors',
    'lstm-seed1.safetensors',
  ])
  const { tensors, metadata } = loadSafetensors(inDirectory('weights/gru-seed1.safetensors'))
  expect(tensors['rnn.weight_hh_l0']?.shape).toEqual([12, 4])
  expect(metadata).toMatchObject({ cell: 'gru', seed: '1', window: '5' })

  // Plain lines elsewhere than on a terminal, the last of each training among them.
  expect(stderr).not.toContain('\u001b')
  expect(stderr).toMatch(/wave\.csv: 100 windows to train on/)
  expect(stderr).toMatch(/^ *25 % {2}GRU seed 0 {2}epoch 2\/2 {2}loss \S+ {2}\d+ s left$/m)
  expect(stderr).toMatch(/^ *100 % {2}LSTM seed 1 {2}epoch 2\/2/m)
  expect(listeners).toEqual([])
})

test('a terminal gets a bar with loss and time left that fits its line', async () => {
  const { code, stderr } = await run(['compare', ...small(), ...report()], true)
  expect(code).toBe(0)
  const frames = stderr.split(ESCAPE).filter((text) => /[█░]/.test(text))
  expect(frames.length).toBeGreaterThan(0)
  for (const frame of frames) {
    expect(frame).toMatch(/[█░]+ +\d+ % {2}(GRU|LSTM) seed 0 {2}epoch \d\/2 {2}loss \S+ {2}\d+ s left/)
    expect(widest(frame)).toBeLessThanOrEqual(80)
  }
})

describe('Ctrl-C', () => {
  test('once: ends the training, and leaves what there is', async () => {
    const path = inDirectory('interrupted.html')
    const { io, said } = surroundings(false, (text, interrupt) => {
      if (text.includes('50 %')) interrupt()
    })
    const code = await main(['compare', ...small(), '--report', path], io)
    expect(code).toBe(130)
    expect(said.exits).toEqual([])
    expect(said.stderr).toMatch(/Stopping; .* Ctrl-C again quits at once/)
    expect(said.stdout).toMatch(/No verdict between cells: only the GRU was trained/)
    expect(said.stdout).toMatch(/test RMSE/)
    expect(readFileSync(path, 'utf8')).toBe('<!doctype html>1 cells, interrupted')
    expect(said.listeners).toEqual([])
  })

  test('twice: quits at once', async () => {
    const { io, said } = surroundings(false, (text, interrupt) => {
      if (!text.includes('50 %')) return
      interrupt()
      interrupt()
    })
    await main(['compare', ...small(), ...report()], io)
    expect(said.exits).toEqual([130])
  })

  test('as a signal to the built command', async () => {
    const path = inDirectory('signalled.html')
    const cli = join(__dirname, '..', 'dist', 'cli.js')
    const child = spawn(process.execPath, [cli, 'compare', '--report', path], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (data: Buffer) => (stdout += data.toString()))
    child.stderr.on('data', (data: Buffer) => {
      stderr += data.toString()
      if (data.toString().includes('Training')) setTimeout(() => child.kill('SIGINT'), 500)
    })
    const code = await new Promise((resolve) => child.on('close', resolve))
    expect({ code, stderr }).toEqual({ code: 130, stderr: expect.stringContaining('Stopping') as string })
    expect(stdout).toMatch(/last value/)
    expect(stdout).toMatch(/Report: /)
    expect(readFileSync(path, 'utf8')).toMatch(/^<!doctype html>[^]*Interrupted/i)
  }, 60_000)
})
