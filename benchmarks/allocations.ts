/** Runs drivers/allocations.ts, with the counter before malloc where the system has such a thing. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compile } from './compile.js'
import type { Allocation } from './result.js'

export function measureAllocations(): Allocation[] {
  const counter =
    process.platform === 'linux'
      ? compile('allocations/count.cc', 'count-allocations.so', ['-O2', '-shared', '-fPIC'])
      : undefined
  const folder = mkdtempSync(join(tmpdir(), 'gatewise-allocations-'))
  const counts = join(folder, 'counts')
  try {
    writeFileSync(counts, Buffer.alloc(32))
    const preload = counter === undefined ? {} : { LD_PRELOAD: counter, GATEWISE_ALLOCATIONS: counts }
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(__dirname, 'drivers', 'allocations.js')],
      { encoding: 'utf8', timeout: 60_000, env: { ...process.env, ...preload } },
    )
    if (status !== 0) throw new Error(`counting allocations: ${stderr}`)
    return JSON.parse(stdout) as Allocation[]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
