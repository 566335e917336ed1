/** A CSV file read in pieces gives what it gives as a whole, wherever the pieces end, with the same lines. */
import fc from 'fast-check'

import { parseCsv } from '../lib/data/csv'
import { openCsv } from '../lib/data/csv-records'
import { DataError } from '../lib/errors'

/** Text in pieces of the given sizes, as bytes, so that a character may be cut in two. */
function* pieces(text: string, sizes: readonly number[]): Generator<Uint8Array> {
  const bytes = Buffer.from(text)
  let at = 0
  for (let piece = 0; at < bytes.length; piece++) {
    const size = sizes[piece % sizes.length] as number
    yield bytes.subarray(at, at + size)
    at += size
  }
}

async function* asyncOf<T>(values: Iterable<T>): AsyncGenerator<T> {
  for (const value of values) yield await Promise.resolve(value)
}

async function read(text: string, sizes: readonly number[]) {
  const { header, blocks } = await openCsv(asyncOf(pieces(text, sizes)), 'a.csv')
  const records: (readonly string[])[] = []
  const lines: number[] = []
  for await (const block of blocks) {
    records.push(...block.records)
    lines.push(...block.lines)
  }
  return { header, records, lines }
}

const cell = fc.constantFrom('1', '-2.5', 'é', '', '"a,b"', '"two\nlines"', '"say ""x"""', '🙂')
const tables = fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 12 })

test('wherever the pieces end, and whatever ends the lines', async () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 })
  await fc.assert(
    fc.asyncProperty(
      tables,
      sizes,
      fc.constantFrom('\n', '\r\n'),
      fc.boolean(),
      async (rows, cuts, end, bom) => {
        const text = `${bom ? '\ufeff' : ''}${['a,b,c', ...rows.map((row) => row.join())].join(end)}${end}`
        const whole = await parseCsv(text, 'a.csv')
        expect(whole.rows).toHaveLength(rows.length)
        expect(await read(text, cuts)).toEqual({
          header: whole.header,
          records: whole.rows,
          lines: whole.lines,
        })
        // A row ends on the line that its line end stands on: one more for every value of two lines up to it.
        let line = 1
        for (const [at, row] of rows.entries()) {
          line += 1 + row.filter((value) => value.includes('\n')).length
          expect(whole.lines[at]).toBe(line)
        }
      },
    ),
  )
})

test('errors far into a file name its own line', async () => {
  const rows = Array.from({ length: 500 }, (_, row) => (row === 400 ? '1' : `${row},2`))
  const error = await read(['a,b', ...rows].join('\n'), [64]).catch((caught: unknown) => caught)
  expect(error).toBeInstanceOf(DataError)
  expect(error).toMatchObject({ line: 402, column: 'b' })
  const quoted = Array.from({ length: 500 }, (_, row) => (row === 400 ? '"x"y,1' : `${row},2`))
  await expect(read(['a,b', ...quoted].join('\n'), [64])).rejects.toMatchObject({ line: 402 })
  const hole = Array.from({ length: 500 }, (_, row) => (row === 400 ? '' : `${row},2`))
  await expect(read(['a,b', ...hole].join('\n'), [64])).rejects.toThrow('line 402: the line is empty')
})
