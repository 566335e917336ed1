/** The commands train, predict and info, as built: what they write, what they refuse, and Ctrl-C. */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { loadSafetensors } from '../lib/io/safetensors'
import { loadModel } from '../lib/train/model-file'
import { ROOT } from './installed'
import { Rng } from './reference/rng'

const MINUTE = 60_000
const CLI = join(ROOT, 'dist', 'cli.js')

let folder: string
const at = (name: string): string => join(folder, name)

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], {
    cwd: folder,
    encoding: 'utf8',
  })
  return { code: status, stdout, stderr }
}

const ROWS = 260
const random = new Rng(3)
const holiday = Array.from({ length: ROWS + 10 }, (_, row) => (row % 9 === 4 ? 1 : 0))
const sales = Array.from({ length: ROWS }, (_, row) =>
  Number((200 + 30 * Math.sin(row / 5) + 40 * (holiday[row] as number) + random.uniform()).toFixed(3)),
)
const day = (row: number): string => new Date(Date.UTC(2021, 0, 1 + row)).toISOString().slice(0, 10)
const lines = (rows: number, future = 0): string[] => [
  'day,sales,holiday',
  ...sales.slice(0, rows).map((value, row) => `${day(row)},${value},${holiday[row]}`),
  ...Array.from({ length: future }, (_, ahead) => `${day(rows + ahead)},,${holiday[rows + ahead]}`),
]

const SMALL = ['--window', '12', '--hidden', '6', '--batch', '16', '--epochs', '3', '--seed', '7']
const KNOWN = [
  'sales.csv',
  '--target',
  'sales',
  '--known',
  'holiday',
  '--time',
  'day',
  '--horizon',
  '3',
  ...SMALL,
]
const QUANTILES = ['--quantiles', '0.1,0.5,0.9']

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatewise-forecast-'))
  writeFileSync(at('sales.csv'), lines(ROWS).join('\n'))
  writeFileSync(at('ahead.csv'), lines(250, 3).join('\n'))
  writeFileSync(at('short.csv'), lines(250, 2).join('\n'))
  writeFileSync(at('few.csv'), lines(8, 3).join('\n'))
  writeFileSync(
    at('gap.csv'),
    lines(ROWS)
      .map((line, row) => (row === 40 ? `${day(39)},,0` : line))
      .join('\n'),
  )
  const shops = ['north', 'south, old'].flatMap((shop, s) =>
    sales.slice(0, 120).map((value) => `"${shop}",${value + 500 * s},${s}`),
  )
  writeFileSync(at('shops.csv'), ['shop,y,kind', ...shops].join('\n'))
  const trained = run(
    'train',
    ...KNOWN,
    ...QUANTILES,
    '--out',
    'known.safetensors',
    '--log',
    'log.jsonl',
    '--report',
    'report.html',
  )
  expect(trained).toMatchObject({ code: 0 })
  expect(trained.stderr).toMatch(
    /sales\.csv: 260 rows; 194 windows of 12 rows to train on and 38 to validate\./,
  )
  expect(trained.stderr).toMatch(/^100 % {2}epoch 3\/3 {2}loss \S+ {2}validation \S+ {2}0 s left$/m)
  expect(trained.stdout).toMatch(
    /Validation, sales: mean absolute error \S+ \(the\s+last value would have \S+\)/,
  )
  expect(trained.stdout).toMatch(/\nModel: known\.safetensors\nReport: report\.html\n$/)
}, MINUTE)

afterAll(() => rmSync(folder, { recursive: true }))

interface Form {
  readonly scaler: { readonly columns: Record<string, { readonly offset: number; readonly factor: number }> }
}

describe('predict', () => {
  test('gives what the model gives for the last window, on the target’s own scale', () => {
    const { code, stdout, stderr } = run('predict', 'known.safetensors', 'ahead.csv')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const [head, ...rows] = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(','))
    expect(head).toEqual(['time', 'step', 'q0.1', 'q0.5', 'q0.9'])
    expect(rows.map(([time, step]) => [time, step])).toEqual(
      [0, 1, 2].map((ahead) => [day(250 + ahead), `${ahead + 1}`]),
    )

    // The same by hand: rows 238 to 249, each with the holiday of its own row and of the three that follow.
    const { model, extras } = loadModel(at('known.safetensors'))
    const { columns } = (extras['forecast'] as Form).scaler
    const scaled = (name: string, value: number): number => {
      const { offset = 0, factor = 1 } = columns[name] ?? {}
      return (value - offset) / factor
    }
    const steps = Array.from({ length: 12 }, (_, t) => 238 + t)
    const input = steps.flatMap((row) => [
      scaled('sales', sales[row] as number),
      ...[0, 1, 2, 3].map((ahead) => scaled('holiday', holiday[row + ahead] as number)),
    ])
    const { output } = model.infer({ data: Float32Array.from(input), shape: [12, 1, 5] })
    const { offset = 0, factor = 1 } = columns['sales'] ?? {}
    const expected = Array.from(output.data.subarray(11 * 9), (value) => value * factor + offset)
    for (const [step, row] of rows.entries()) {
      const quantiles = expected.slice(3 * step, 3 * step + 3).sort((a, b) => a - b)
      for (const [q, value] of quantiles.entries()) expect(Number(row[2 + q])).toBeCloseTo(value, 3)
    }
  })

  test('takes fewer steps and some quantiles, and writes to a file', () => {
    const whole = run('predict', 'known.safetensors', 'ahead.csv').stdout.split('\n')
    const { code, stdout } = run(
      ...['predict', 'known.safetensors', 'ahead.csv'],
      ...['--horizon', '2', '--quantiles', '0.1,0.9', '--out', 'out.csv'],
    )
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
    const without = whole.slice(0, 3).map((line) =>
      line
        .split(',')
        .filter((_, column) => column !== 3)
        .join(),
    )
    expect(readFileSync(at('out.csv'), 'utf8')).toBe(`${without.join('\n')}\n`)
  })

  test('goes on with the times where the file ends', () => {
    expect(
      run('train', 'sales.csv', '--target', 'sales', '--time', 'day', ...SMALL, '--out', 'mean.safetensors')
        .code,
    ).toBe(0)
    expect(run('predict', 'mean.safetensors', 'sales.csv').stdout).toMatch(
      /^time,step,sales\n2021-09-18,1,[\d.]+\n$/,
    )
  })

  test('forecasts each of several series by its name', () => {
    const args = [
      'shops.csv',
      '--target',
      'y',
      '--series',
      'shop',
      '--static',
      'kind',
      '--horizon',
      '2',
      ...SMALL,
    ]
    expect(run('train', ...args, '--out', 'shops.safetensors').code).toBe(0)
    const { stdout } = run('predict', 'shops.safetensors', 'shops.csv')
    expect(stdout.split('\n').map((line) => line.replace(/,[^,]*$/, ''))).toEqual([
      'series,step',
      'north,1',
      'north,2',
      '"south, old",1',
      '"south, old",2',
      '',
    ])
  })
})

describe('what is not there is refused in one line', () => {
  const trainOn = (...args: string[]) => ['train', 'sales.csv', '--target', 'sales', ...args]
  test.each<[string[], number, string]>([
    [
      ['predict', 'known.safetensors', 'ahead.csv', '--horizon', '4'],
      2,
      '--horizon: expected a whole number from 1 to the model’s 3, received 4',
    ],
    [
      ['predict', 'known.safetensors', 'ahead.csv', '--quantiles', '0.2'],
      2,
      '--quantiles: expected some of the model’s 0.1, 0.5, 0.9, received 0.2',
    ],
    [
      ['predict', 'known.safetensors', 'ahead.csv', '--quantiles', '0.9,0.1'],
      2,
      '--quantiles: expected numbers between 0 and 1 in rising order, as 0.1,0.5,0.9, received 0.9,0.1',
    ],
    [
      ['predict', 'known.safetensors', 'short.csv'],
      1,
      'short.csv: column "holiday": a forecast needs its values in 3 rows behind the last value of the target; there are 2',
    ],
    [
      ['predict', 'known.safetensors', 'few.csv'],
      1,
      'few.csv: 8 rows up to the last value of sales; the model reads 12',
    ],
    [
      ['predict', 'known.safetensors', 'shops.csv'],
      1,
      'shops.csv: no column "sales"; there are "shop", "y", "kind"',
    ],
    [['predict', 'known.safetensors', 'none.csv'], 1, 'cannot read "none.csv": ENOENT'],
    [['predict', 'none.safetensors', 'ahead.csv'], 1, 'cannot read "none.safetensors": ENOENT'],
    [['predict', 'known.safetensors'], 2, "missing required argument 'data'"],
    [
      ['predict', 'known.safetensors', 'ahead.csv', '--out', 'no/where.csv'],
      1,
      '--out: cannot write "no/where.csv"',
    ],
    [['info', 'sales.csv'], 1, '"sales.csv": '],
    [['train', 'sales.csv'], 2, "required option '--target <column>' not specified"],
    [['train', 'sales.xls', '--target', 'y'], 2, 'data: expected a file that ends in one of .csv'],
    [trainOn('--epochs', 'ten'), 2, '--epochs: expected a whole number of at least 1, received "ten"'],
    [trainOn('--weight-decay', '-1'), 2, '--weight-decay: expected a number of at least 0, received -1'],
    [trainOn('--cell', 'rnn'), 2, `--cell: expected one of 'gru', 'lstm', received "rnn"`],
    [
      trainOn('--known', 'sales'),
      2,
      '--known: expected columns that no other option has, received "sales", which --target has',
    ],
    [trainOn('--resume'), 2, '--resume: expected a --checkpoint to go on with, received none'],
    [trainOn('--known', 'rain'), 1, 'sales.csv: no column "rain"; there are "day", "sales", "holiday"'],
    [
      trainOn('--features', 'day'),
      1,
      'sales.csv: column "day", line 2: text "2021-01-01" in a numeric column',
    ],
    [
      trainOn('--window', '250'),
      1,
      'sales.csv: the training part has 208 rows, and a window of 250 with horizon 1 needs 251',
    ],
    [['train', 'gap.csv', '--target', 'sales'], 1, 'gap.csv: column "sales", line 41: a value is missing'],
    [trainOn('--report', '.'), 1, '--report: cannot write "."'],
    [trainOn('--out', 'no/where.safetensors'), 1, '--out: cannot write "no/where.safetensors"'],
  ])('%j', (args, code, message) => {
    const said = run(...args)
    expect(said.stderr).toContain(`gatewise: ${message}`)
    expect(said.stderr.trimEnd().split('\n')).toHaveLength(1)
    expect(said).toMatchObject({ code, stdout: '' })
  })
})

test('a gap is dealt with as asked', () => {
  const args = ['train', 'gap.csv', '--target', 'sales', ...SMALL, '--out', 'gap.safetensors']
  expect(run(...args, '--missing', 'drop').stderr).toMatch(
    /183 windows of 12 rows to train on, 13 left out for missing/,
  )
  // Filled in, the gap is a target of none still.
  expect(run(...args, '--missing', 'forward').stderr).toMatch(
    /195 windows of 12 rows to train on, 1 left out/,
  )
})

test('a training that diverges says what to do about it', () => {
  const args = ['sales.csv', '--target', 'sales', ...SMALL, '--optimizer', 'sgd', '--lr', '1e30']
  const { code, stderr } = run('train', ...args, '--out', 'diverged.safetensors')
  expect(code).toBe(1)
  expect(stderr).toMatch(
    /^gatewise: the training diverged: lower --lr, now 1e\+30, or --clip, now 1 \(fit: epoch/m,
  )
  expect(existsSync(at('diverged.safetensors'))).toBe(false)
})

test('one quantile alone is a forecast too', () => {
  const args = ['sales.csv', '--target', 'sales', ...SMALL, '--quantiles', '0.9', '--out', 'one.safetensors']
  expect(run('train', ...args).code).toBe(0)
  expect(run('predict', 'one.safetensors', 'sales.csv').stdout).toMatch(/^step,q0\.9\n1,[\d.]+\n$/)
})

test('the report is a page of the run, named for its data', () => {
  expect(readFileSync(at('report.html'), 'utf8')).toMatch(/^<!doctype html>[^]*sales\.csv: sales[^]*<svg/i)
})

test('the log has a line for each epoch', () => {
  const log = readFileSync(at('log.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as object)
  const epochs = log.filter((line) => 'epoch' in line)
  expect(epochs).toMatchObject([0, 1, 2].map((epoch) => ({ event: 'epoch', epoch })))
})

describe('info', () => {
  test('says what the file holds, within 80 columns', () => {
    const { code, stdout } = run('info', 'known.safetensors')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^known\.safetensors: GRU → Linear, 297 parameters, [\d,]+ bytes\n/)
    expect(stdout).toMatch(/Forecasts the quantiles 0\.1, 0\.5, 0\.9 of sales, 3 rows ahead from 12\./)
    expect(stdout).toMatch(/Inputs: sales, holiday, holiday\+1, holiday\+2, holiday\+3\./)
    expect(stdout).toMatch(/^0\.weight_ih_l0 +18 × 5 +90$/m)
    expect(Math.max(...stdout.split('\n').map((line) => [...line].length))).toBeLessThanOrEqual(80)
  })

  test('and as JSON all of it', () => {
    const info = JSON.parse(run('info', 'known.safetensors', '--json').stdout) as Record<string, unknown>
    expect(info).toMatchObject({
      size: 297,
      layers: [{ kind: 'GRU' }, { kind: 'Linear' }],
      forecast: {
        layout: { window: 12, horizon: 3, target: ['sales'], known: ['holiday'] },
        quantiles: [0.1, 0.5, 0.9],
        outputs: ['q0.1', 'q0.5', 'q0.9'],
        training: { data: 'sales.csv', rows: 260, windows: 194, epochs: 3, stopped: 'finished' },
      },
    })
  })
})

describe('help', () => {
  test.each(['train', 'predict', 'info'])('%s has examples and fits 80 columns', (command) => {
    const { code, stdout } = run(command, '--help')
    expect(code).toBe(0)
    expect(stdout).toMatch(/Examples:\n {2}\$ gatewise /)
    expect(Math.max(...stdout.split('\n').map((line) => [...line].length))).toBeLessThanOrEqual(80)
  })
})

/** Starts a training, and sends it an interrupt when its output has the given text. */
function interrupted(
  text: string,
  ...args: string[]
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [CLI, ...args], { cwd: folder })
  let [stdout, stderr, sent] = ['', '', false]
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()))
  child.stderr.on('data', (data: Buffer) => {
    stderr += data.toString()
    if (sent || !stderr.includes(text)) return
    sent = true
    child.kill('SIGINT')
  })
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })))
}

test(
  'Ctrl-C leaves a model to forecast with and a checkpoint that ends in the same bits as if nothing had happened',
  async () => {
    const args = [...KNOWN, ...QUANTILES, '--epochs', '12', '--schedule', 'onecycle']
    expect(run('train', ...args, '--out', 'whole.safetensors').code).toBe(0)
    const stopped = await interrupted(
      'epoch 2/12',
      ...['train', ...args, '--out', 'stopped.safetensors', '--checkpoint', 'kept'],
    )
    expect(stopped.code).toBe(130)
    expect(stopped.stderr).toMatch(
      /Stopping; the model as it is by now follows\. Ctrl-C again quits at once\./,
    )
    expect(stopped.stdout).toMatch(/stopped; the model is as the last\s+batch left it/)
    for (const file of [
      'stopped.safetensors',
      join('kept', 'last.safetensors'),
      join('kept', 'best.safetensors'),
    ]) {
      expect(existsSync(at(file))).toBe(true)
      expect(run('predict', file, 'ahead.csv')).toMatchObject({ code: 0, stderr: '' })
    }
    const resumed = run('train', ...args, '--out', 'resumed.safetensors', '--checkpoint', 'kept', '--resume')
    expect(resumed.code).toBe(0)
    const [one, other] = ['whole', 'resumed'].map(
      (name) => loadSafetensors(at(`${name}.safetensors`)).tensors,
    )
    expect(other).toEqual(one)
    expect(loadSafetensors(at('stopped.safetensors')).tensors).not.toEqual(one)

    const changed = run('train', ...args, '--batch', '8', '--checkpoint', 'kept', '--resume')
    expect(changed).toMatchObject({ code: 2 })
    expect(changed.stderr).toContain(
      'gatewise: --batch: expected 16, as in the training that is resumed, received 8',
    )
    writeFileSync(at('other.csv'), lines(ROWS - 1).join('\n'))
    const elsewhere = ['train', 'other.csv', ...args.slice(1), '--checkpoint', 'kept', '--resume']
    expect(run(...elsewhere).stderr).toContain('the training there began with other data')
  },
  MINUTE,
)
