/**
 * Writes one table as CSV, Arrow (file and stream) and Parquet (in row groups, plain and compressed) into a folder, reads
 * each with the built package, and prints what came back. The packages are ES modules, which jest does not load.
 */
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import * as arrow from 'apache-arrow'
import { parquetWriteBuffer } from 'hyparquet-writer'

const [, , dist, folder, table] = process.argv
const { collectSeries, readRows } = createRequire(import.meta.url)(dist)
const { day, y, count, shop } = JSON.parse(table)
const dates = day.map((text) => new Date(text))

const cells = day.map((text, row) => [text, y[row] ?? 'NA', count[row], shop[row]].join())
writeFileSync(join(folder, 'rows.csv'), ['day,y,count,shop', ...cells].join('\n'))

const part = (from, to) =>
  new arrow.Table({
    day: arrow.vectorFromArray(dates.slice(from, to), new arrow.DateMillisecond()),
    y: arrow.vectorFromArray(y.slice(from, to), new arrow.Float64()),
    count: arrow.vectorFromArray(count.slice(from, to).map(BigInt), new arrow.Int64()),
    shop: arrow.vectorFromArray(shop.slice(from, to), new arrow.Utf8()),
  })
const whole = part(0, 3).concat(part(3, day.length))
writeFileSync(join(folder, 'rows.arrow'), arrow.tableToIPC(whole, 'file'))
writeFileSync(join(folder, 'rows.feather'), arrow.tableToIPC(whole, 'stream'))

for (const codec of ['UNCOMPRESSED', 'SNAPPY']) {
  const buffer = parquetWriteBuffer({
    columnData: [
      { name: 'day', data: dates, type: 'TIMESTAMP' },
      { name: 'y', data: y, type: 'DOUBLE' },
      { name: 'count', data: count.map(BigInt), type: 'INT64' },
      { name: 'shop', data: shop, type: 'STRING' },
    ],
    codec,
    rowGroupSize: 4,
  })
  writeFileSync(join(folder, `rows-${codec.toLowerCase()}.parquet`), new Uint8Array(buffer))
}
writeFileSync(join(folder, 'broken.parquet'), 'PAR1 this is none')
writeFileSync(join(folder, 'broken.arrow'), 'neither is this')

const read = async (name, wanted) => {
  let blocks = 0
  const dated = []
  const rows = async function* () {
    for await (const block of readRows(join(folder, name), wanted)) {
      blocks++
      dated.push(...block.dates)
      yield block
    }
  }
  const list = await collectSeries(rows(), { series: 'shop', time: 'day' })
  return {
    blocks,
    dates: [...new Set(dated)],
    series: list.map((one) => ({
      name: one.name,
      ...Object.fromEntries(
        Object.entries(one.columns).map(([column, values]) => [column, [...values].map(String)]),
      ),
    })),
  }
}
const wanted = { numbers: ['y', 'count'], texts: ['shop'], times: ['day'] }
const files = ['rows.csv', 'rows.arrow', 'rows.feather', 'rows-uncompressed.parquet', 'rows-snappy.parquet']
const found = {}
for (const name of files) found[name] = await read(name, wanted)
const failed = {}
for (const [name, changes] of [
  ['rows.arrow', { numbers: ['z'] }],
  ['rows-snappy.parquet', { numbers: ['z'] }],
  ['rows.csv', { numbers: ['shop'] }],
  ['rows.arrow', { numbers: ['shop'] }],
  ['rows-snappy.parquet', { numbers: ['shop'] }],
  ['broken.arrow', {}],
  ['broken.parquet', {}],
  ['none.csv', {}],
  ['none.arrow', {}],
  ['none.parquet', {}],
]) {
  const error = await read(name, { ...wanted, ...changes }).catch((caught) => caught)
  failed[`${name} ${JSON.stringify(changes)}`] = [error.name, String(error.message).replaceAll(folder, '')]
}
console.log(JSON.stringify({ found, failed }))
