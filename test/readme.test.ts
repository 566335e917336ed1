/**
 * The scripts of README.md and of the pages in docs/, as printed: they run on the built package, and a strict
 * compiler takes them.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'

import { ROOT, withInstalled } from './installed'
import { complaints } from './typescript-check'

const MINUTE = 60_000

/** The scripts of a page, with the lines that they begin at. */
function scriptsOf(page: string): { name: string; code: string }[] {
  const text = readFileSync(join(ROOT, page), 'utf8')
  return [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(({ index, 1: code = '' }) => ({
    name: `${page}:${text.slice(0, index).split('\n').length}`,
    code,
  }))
}

const PAGES = [
  'README.md',
  'docs/recurrent-layers.md',
  'docs/losses-and-optimisers.md',
  'docs/training.md',
  'docs/data.md',
]
const scripts = PAGES.flatMap(scriptsOf)

test('all pages have scripts, and each imports the package', () => {
  expect(scripts.map(({ name }) => name.replace(/:.*/, ''))).toEqual(expect.arrayContaining(PAGES))
  expect(scripts.filter(({ code }) => !code.includes("from 'gatewise'"))).toEqual([])
})

test.each(scripts)(
  '$name runs',
  ({ code }) => {
    const { outputText } = ts.transpileModule(code, {
      compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
    })
    const said = withInstalled((folder) => {
      writeFileSync(join(folder, 'script.mjs'), outputText)
      return execFileSync(process.execPath, ['script.mjs'], {
        cwd: folder,
        encoding: 'utf8',
        timeout: MINUTE,
      })
    })
    expect(said).not.toMatch(/NaN|undefined|Infinity/)
  },
  MINUTE,
)

test(
  'a strict compiler takes them',
  () => {
    const errors = withInstalled((folder) =>
      complaints(
        ...scripts.map(({ code }, index) => {
          const file = join(folder, `script-${index}.mts`)
          writeFileSync(file, code)
          return file
        }),
      ),
    )
    expect(errors).toEqual([])
  },
  MINUTE,
)
