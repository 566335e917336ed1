/** The training script of README.md, as printed: it runs on the built package, and a strict compiler takes it. */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'

import { ROOT, withInstalled } from './installed'
import { complaints } from './typescript-check'

const MINUTE = 60_000

function script(): string {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
  const blocks = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = '']) => code)
  const found = blocks.find((code) => code.includes("from 'gatewise'"))
  if (found === undefined) throw new Error("README.md has no ```ts block that imports from 'gatewise'")
  return found
}

test(
  'it runs, and says something',
  () => {
    const { outputText } = ts.transpileModule(script(), {
      compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
    })
    const said = withInstalled((folder) => {
      writeFileSync(join(folder, 'train.mjs'), outputText)
      return execFileSync(process.execPath, ['train.mjs'], { cwd: folder, encoding: 'utf8', timeout: MINUTE })
    })
    expect(said.trim()).not.toBe('')
    expect(said).not.toMatch(/NaN|undefined|Infinity/)
  },
  MINUTE,
)

test(
  'a strict compiler takes it',
  () => {
    const errors = withInstalled((folder) => {
      const file = join(folder, 'train.mts')
      writeFileSync(file, script())
      return complaints(file)
    })
    expect(errors).toEqual([])
  },
  MINUTE,
)
