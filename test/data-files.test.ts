/** One table as CSV, Arrow and Parquet gives the same series; what is wrong with a file is said by name. */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { readRows } from '../lib/data/read-rows'
import { ROOT } from './installed'
import { refusal } from './refusal'

const table = {
  day: ['2020-01-01', '2020-01-01', '2020-01-02', '2020-01-02', '2020-01-03', '2020-01-04', '2020-01-05'],
  y: [1.25, 10, null, 20.5, 3, 4, 30],
  count: [1, 2, 3, 4, 5, 6, 7],
  shop: ['a', 'b', 'a', 'b', 'a', 'a', 'b'],
}

const ms = (day: string): string => String(Date.parse(`${day}T00:00:00Z`))
const rowsOf = (shop: string): number[] => [...table.shop.keys()].filter((row) => table.shop[row] === shop)
const expected = ['a', 'b'].map((name) => ({
  name,
  y: rowsOf(name).map((row) => String(table.y[row] ?? Number.NaN)),
  count: rowsOf(name).map((row) => String(table.count[row])),
  day: rowsOf(name).map((row) => ms(table.day[row] as string)),
}))

describe('each format', () => {
  let folder: string
  let said: {
    found: Record<string, { blocks: number; dates: string[]; series: unknown[] }>
    failed: Record<string, [string, string]>
  }

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'gatewise-files-'))
    const child = join(__dirname, 'children', 'read-files.mjs')
    const args = [child, join(ROOT, 'dist'), folder, JSON.stringify(table)]
    said = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as typeof said
  })

  afterAll(() => rmSync(folder, { recursive: true }))

  test.each([
    // The last line has no end, and so comes for itself.
    ['rows.csv', 2],
    ['rows.arrow', 2],
    ['rows.feather', 2],
    ['rows-uncompressed.parquet', 2],
    ['rows-snappy.parquet', 2],
  ])('%s', (name, blocks) => {
    expect(said.found[name]).toEqual({ blocks, dates: ['day'], series: expected })
  })

  test.each([
    [
      'rows.arrow {"numbers":["z"]}',
      'DataError',
      'rows.arrow: no column "z"; there are "day", "y", "count", "shop"',
    ],
    ['rows-snappy.parquet {"numbers":["z"]}', 'DataError', 'rows-snappy.parquet: no column "z"'],
    [
      'rows.csv {"numbers":["shop"]}',
      'DataError',
      'rows.csv: column "shop", line 2: text "a" in a numeric column',
    ],
    [
      'rows.arrow {"numbers":["shop"]}',
      'DataError',
      'rows.arrow: column "shop", row 0: text "a" in a numeric column',
    ],
    [
      'rows-snappy.parquet {"numbers":["shop"]}',
      'DataError',
      'column "shop", row 0: text "a" in a numeric column',
    ],
    ['broken.arrow {}', 'DataError', 'broken.arrow: not a readable Arrow file'],
    ['broken.parquet {}', 'DataError', 'broken.parquet: not a readable Parquet file'],
    ['none.csv {}', 'FileError', 'readRows: cannot read "/none.csv": ENOENT'],
    ['none.arrow {}', 'FileError', 'readRows: cannot read "/none.arrow": ENOENT'],
    ['none.parquet {}', 'FileError', 'readRows: cannot read "/none.parquet": ENOENT'],
  ])('%s is a %s', (what, kind, message) => {
    expect(said.failed[what]?.[0]).toBe(kind)
    expect(said.failed[what]?.[1]).toContain(message)
  })
})

/** The package without the ones that a program installs for itself. */
test.each([
  ['rows.parquet', 'reading Parquet files needs the package hyparquet: npm install hyparquet'],
  ['rows.arrow', 'reading Arrow files needs the package apache-arrow: npm install apache-arrow'],
])('%s without its package is an error that says what to install', (name, message) => {
  const folder = mkdtempSync(join(tmpdir(), 'gatewise-bare-'))
  try {
    mkdirSync(join(folder, 'node_modules', 'gatewise'), { recursive: true })
    cpSync(join(ROOT, 'dist'), join(folder, 'node_modules', 'gatewise', 'dist'), { recursive: true })
    cpSync(join(ROOT, 'package.json'), join(folder, 'node_modules', 'gatewise', 'package.json'))
    symlinkSync(join(ROOT, 'node_modules', 'csv-parse'), join(folder, 'node_modules', 'csv-parse'), 'dir')
    writeFileSync(join(folder, name), '')
    const program = `
      const { readRows } = require('gatewise')
      readRows('${name}', { numbers: ['y'] }).next()
        .catch(({ code, message }) => console.log(JSON.stringify({ code, message })))`
    const said = execFileSync(process.execPath, ['-e', program], { cwd: folder, encoding: 'utf8' })
    expect(JSON.parse(said)).toEqual({ code: 'ERR_GATEWISE_MISSING_PACKAGE', message })
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('a name that says nothing of the format is refused', async () => {
  const error: unknown = await readRows('rows.xlsx', { numbers: ['y'] })
    .next()
    .catch((caught: unknown) => caught)
  expect(
    refusal(() => {
      throw error
    }),
  ).toContain('path: expected a file that ends in one of .csv, .tsv')
})
