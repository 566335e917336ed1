/** A file that is read as a stream of windows takes the same memory however long it is. In a process of its own. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { ROOT } from './installed'

/**
 * The file has 24 MB of text. Its rows kept as numbers would be 18 MB more between the two measures, as text some 150 MB,
 * and every window kept 270 MB. The peak is about 150 MB, of which a process that does nothing has 40.
 */
test('what is held does not grow along a file of 400,000 rows, and the peak stays low', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatewise-stream-'))
  try {
    const child = join(__dirname, 'children', 'stream-rows.cjs')
    const args = ['--expose-gc', child, join(ROOT, 'dist'), join(folder, 'rows.csv'), '400000']
    const said = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as Record<
      string,
      number
    >
    // Every eighth start has a window, but where 24 rows and a target do not fit any more.
    expect(said['windows']).toBe(Math.floor((400_000 - 25) / 8) + 1)
    expect((said['late'] as number) - (said['early'] as number)).toBeLessThan(8)
    expect(said['peak']).toBeLessThan(220)
  } finally {
    rmSync(folder, { recursive: true })
  }
}, 120_000)
