/** The package as a program beside it finds it: a folder with `gatewise` in its node_modules. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const ROOT = join(__dirname, '..')

/** Makes such a folder, hands it to the body, and removes it. What is linked are the built files of this checkout. */
export function withInstalled<T>(body: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'gatewise-installed-'))
  try {
    mkdirSync(join(folder, 'node_modules', '@types'), { recursive: true })
    symlinkSync(ROOT, join(folder, 'node_modules', 'gatewise'), 'dir')
    const types = ['node_modules', '@types', 'node']
    symlinkSync(join(ROOT, ...types), join(folder, ...types), 'dir')
    return body(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
