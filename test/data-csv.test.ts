/** Reading CSV: what is taken, and that every refusal names the column and the line. */
import { numericColumn, parseCsv, readCsv, timeColumn } from '../lib/data/csv'
import { seriesOf } from '../lib/data/table-series'
import { DataError, FileError } from '../lib/errors'

const caught = async (run: () => unknown): Promise<DataError> => {
  try {
    await run()
  } catch (error) {
    expect(error).toBeInstanceOf(DataError)
    return error as DataError
  }
  throw new Error('expected a DataError')
}

const numbersOf = async (text: string, column: string) => numericColumn(await parseCsv(text, 'a.csv'), column)

describe('parseCsv', () => {
  test('gives the header, the rows and their lines, past a byte order mark and trailing empty lines', async () => {
    const table = await parseCsv('\ufeffday, "t, max" ,w\n1,2.5,a\n2,3,b\n\n\n', 'a.csv')
    expect(table.header).toEqual(['day', 't, max', 'w'])
    expect(table.rows).toEqual([
      ['1', '2.5', 'a'],
      ['2', '3', 'b'],
    ])
    expect(table.lines).toEqual([2, 3])
  })

  test('counts the lines of quoted values that span several', async () => {
    const table = await parseCsv('note,y\n"two\nlines",1\nx,oops\n', 'a.csv')
    const error = await caught(() => numericColumn(table, 'y'))
    expect(error.line).toBe(4)
  })

  test.each([
    [';', 'a;b\n1;2\n'],
    ['tab', 'a\tb\n1\t2\n'],
  ])('takes %s as the separator where the header has no comma', async (_, text) => {
    expect(Array.from(await numbersOf(text, 'b'))).toEqual([2])
  })

  test.each([
    ['an empty file', '', /empty/, undefined, 1],
    ['a duplicate name', 'a,b,a\n1,2,3\n', /column "a" stands twice/, 'a', 1],
    ['a column without a name', 'a,,c\n1,2,3\n', /column 2 has no name/, undefined, 1],
    ['no header', '1,2\n3,4\n', /expected a header/, undefined, 1],
    ['a row that is too short', 'a,b,c\n1,2,3\n4,5\n', /line 3: 2 values .* 3 .*column "c"/, 'c', 3],
    ['a row that is too long', 'a,b\n1,2\n3,4,5\n', /line 3: 3 values .* 2/, undefined, 3],
    ['an empty line in between', 'a\n1\n\n2\n', /column "a", line 3: the line is empty/, 'a', 3],
    ['a quote that never closes', 'a,b\n1,2\n3,"4\n', /not well-formed/, undefined, 3],
  ])('refuses %s', async (_, text, message, column, line) => {
    const error = await caught(() => parseCsv(text, 'a.csv'))
    expect(error.message).toMatch(message)
    expect(error.message).toMatch(/^a\.csv: /)
    expect(error.column).toBe(column)
    expect(error.line).toBe(line)
  })

  test('a file that is not there is a FileError with its path', async () => {
    await expect(readCsv('no/such.csv')).rejects.toThrow(FileError)
    await expect(readCsv('no/such.csv')).rejects.toThrow(/no\/such\.csv/)
  })
})

describe('numericColumn', () => {
  test('takes decimal notation only', async () => {
    const text = 'y\n1\n-2.5\n+.5\n3.\n1e-3\n 7 \n'
    expect(Array.from(await numbersOf(text, 'y'))).toEqual([1, -2.5, 0.5, 3, 1e-3, 7])
  })

  test.each(['abc', '0x10', '1_000', '1,5', '12 kg', '1e999', 'Infinity'])(
    'refuses %p as text',
    async (cell) => {
      const error = await caught(() => numbersOf(`x,y\n1,2\n2,"${cell}"\n`, 'y'))
      expect(error.message).toBe(`a.csv: column "y", line 3: text "${cell}" in a numeric column`)
      expect([error.column, error.line]).toEqual(['y', 3])
    },
  )

  test.each(['', 'NA', 'NaN', 'null', '?', '-'])('calls %p a missing value', async (cell) => {
    const error = await caught(() => numbersOf(`x,y\n1,2\n2,3\n3,${cell}\n`, 'y'))
    expect(error.message).toMatch(/^a\.csv: column "y", line 4: a value is missing/)
    expect([error.column, error.line]).toEqual(['y', 4])
  })

  test('names the columns that there are where one is unknown', async () => {
    const error = await caught(() => numbersOf('x,y\n1,2\n', 'z'))
    expect(error.message).toBe('a.csv: line 1: no column "z"; the header has "x", "y"')
    expect([error.column, error.line]).toEqual(['z', 1])
  })
})

describe('timeColumn', () => {
  const timesOf = async (cells: string[]) =>
    timeColumn(await parseCsv(['t,y', ...cells.map((cell) => `"${cell}",1`)].join('\n'), 'a.csv'), 't')

  test('reads numbers as they are', async () => {
    expect(await timesOf(['1', '2.5', '10'])).toEqual({ values: Float64Array.of(1, 2.5, 10), dates: false })
  })

  test.each([
    ['2020-03-01', Date.UTC(2020, 2, 1)],
    ['2020-03-01 06:30', Date.UTC(2020, 2, 1, 6, 30)],
    ['2020-03-01T06:30:15', Date.UTC(2020, 2, 1, 6, 30, 15)],
    ['2020-03-01T06:30:00+02:00', Date.UTC(2020, 2, 1, 4, 30)],
    ['Mar 1 2020', Date.UTC(2020, 2, 1)],
    ['3/1/2020', Date.UTC(2020, 2, 1)],
  ])('reads %p the same in every time zone', async (cell, milliseconds) => {
    expect(await timesOf([cell])).toEqual({ values: Float64Array.of(milliseconds), dates: true })
  })

  test.each([
    [['2020-01-02', '2020-01-02'], /line 3: time "2020-01-02" does not come after/],
    [['2020-01-02', '2020-01-01'], /line 3: time "2020-01-01" does not come after/],
    [['3', '1'], /line 3: time "1" does not come after/],
    [['2020-01-01', 'soon'], /line 3: "soon" is not a date/],
    [['1', '2020-01-01'], /line 3: "2020-01-01" is not a number/],
    [['1', ''], /line 3: a value is missing/],
  ])('refuses %p', async (cells, message) => {
    const error = await caught(() => timesOf(cells))
    expect(error.message).toMatch(message)
    expect(error.message).toMatch(/^a\.csv: column "t"/)
    expect([error.column, error.line]).toEqual(['t', 3])
  })
})

describe('seriesOf', () => {
  test('puts the target first, once, and keeps the time', async () => {
    const table = await parseCsv('day,a,b,c\n2020-01-01,1,2,3\n2020-01-02,4,5,6\n', 'a.csv')
    const series = seriesOf(table, { target: 'b', features: ['c', 'b', 'a'], time: 'day' })
    expect(series.features).toEqual(['b', 'c', 'a'])
    expect(series.columns).toEqual([Float64Array.of(2, 5), Float64Array.of(3, 6), Float64Array.of(1, 4)])
    expect(series.positions).toEqual(Float64Array.of(Date.UTC(2020, 0, 1), Date.UTC(2020, 0, 2)))
  })

  test('takes the only numeric column as the target, and asks where there are several', async () => {
    const one = await parseCsv('day,y,kind\n2020-01-01,1,x\n', 'a.csv')
    expect(seriesOf(one, {}).features).toEqual(['y'])
    const two = await parseCsv('y,z\n1,2\n', 'a.csv')
    const error = await caught(() => seriesOf(two, {}))
    expect(error.message).toMatch(/--target; it could be "y", "z"/)
    expect(seriesOf(two, { time: 'y' }).features).toEqual(['z'])
  })
})
