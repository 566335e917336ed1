/**
 * Renders reports in a process of their own. Plot exists as an ES module only, and `import()` does not work in
 * jest's vm; the sources are compiled for the child, so that a stale `dist` cannot pass for them.
 */

import { transformFileSync } from '@swc/core'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { serialize } from 'node:v8'

import type { CompareResult } from '../lib/compare/result.js'

const ROOT = join(__dirname, '..')

const CHILD = `
const { readFileSync, writeFileSync } = require('node:fs')
const { deserialize } = require('node:v8')
const { renderReport } = require('./report.js')
const results = deserialize(readFileSync('results.bin'))
Promise.all(results.map((result) => renderReport(result))).then((pages) => {
  pages.forEach((page, index) => writeFileSync(index + '.html', page))
})
`

/** The page of each result. The folder is inside the checkout, where the child finds the packages. */
export function renderReports(results: readonly CompareResult[]): string[] {
  const cache = join(ROOT, 'node_modules', '.cache')
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, 'gatewise-report-'))
  try {
    const sources = join(ROOT, 'lib', 'report')
    for (const file of readdirSync(sources)) {
      const { code } = transformFileSync(join(sources, file), {
        jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
        module: { type: 'commonjs', ignoreDynamic: true },
        configFile: false,
        swcrc: false,
      })
      writeFileSync(join(folder, basename(file, '.ts') + '.js'), code)
    }
    // Structured, not JSON: a result holds NaN and Infinity, which JSON does not have.
    writeFileSync(join(folder, 'results.bin'), serialize(results))
    writeFileSync(join(folder, 'child.js'), CHILD)
    execFileSync(process.execPath, ['child.js'], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
    return results.map((_, index) => readFileSync(join(folder, `${index}.html`), 'utf8'))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
