// Streams ten million rows of a CSV file as shuffled batches of windows: rows and windows per second, and resident memory
// every million rows.
//
//     node benchmarks/stream-rows.mjs [rows] [folder]
import { once } from 'node:events'
import { createWriteStream, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readRows, Scaler, streamWindows } from '../dist/index.mjs'

const rows = Number(process.argv[2] ?? 10_000_000)
const folder = mkdtempSync(join(process.argv[3] ?? tmpdir(), 'gatewise-rows-'))
const file = join(folder, 'rows.csv')
const [window, horizon] = [24, 4]

const megabytes = (bytes) => `${(bytes / 2 ** 20).toFixed(0)} MB`
const since = (start) => (performance.now() - start) / 1000

async function write() {
  const out = createWriteStream(file)
  out.write('time,y,x\n')
  for (let row = 0; row < rows; row += 10_000) {
    const lines = Array.from({ length: Math.min(10_000, rows - row) }, (_, at) => {
      const t = row + at
      return `${t},${(20 + 8 * Math.sin(t / 24) + Math.sin(t * t)).toFixed(3)},${t % 24}`
    })
    if (!out.write(`${lines.join('\n')}\n`)) await once(out, 'drain')
  }
  out.end()
  await once(out, 'close')
}

try {
  await write()
  console.log(`${rows.toLocaleString('en-US')} rows of three columns, ${megabytes(statSync(file).size)}`)

  let start = performance.now()
  const scaler = await Scaler.fitRows(readRows(file, { numbers: ['y', 'x'] }))
  console.log(
    `scaler: ${since(start).toFixed(1)} s, ${Math.round(rows / since(start)).toLocaleString('en-US')} rows/s`,
  )

  const source = streamWindows(() => readRows(file, { numbers: ['y', 'x'] }), {
    window,
    horizon,
    target: 'y',
    past: ['y', 'x'],
    batchSize: 256,
    scaler,
  })
  start = performance.now()
  let windows = 0
  let mark = rows / 10
  for await (const { input } of source.batches(0)) {
    windows += input.shape[1]
    if (windows < mark) continue
    mark += rows / 10
    console.log(
      `${windows.toLocaleString('en-US').padStart(12)} windows: ${megabytes(process.memoryUsage.rss())} resident`,
    )
  }
  const rate = Math.round(windows / since(start)).toLocaleString('en-US')
  console.log(
    `${windows.toLocaleString('en-US')} windows of ${window} rows in ${since(start).toFixed(1)} s: ${rate} a second`,
  )
  console.log(`peak ${megabytes(process.resourceUsage().maxRSS * 1024)}`)
} finally {
  rmSync(folder, { recursive: true })
}
