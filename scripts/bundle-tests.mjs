// Bundles test files so that they run against an installed package, on processors for which the tools that compile
// TypeScript have no binary: node scripts/bundle-tests.mjs FOLDER NAME..., FOLDER having gatewise in its node_modules.
import { build } from 'esbuild'
import { cpSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'

const tests = join(dirname(fileURLToPath(import.meta.url)), '..', 'test')
const [folder, ...names] = process.argv.slice(2)

/** What stands in lib/ here is what the package has in dist/. A path passes by its `exports`. */
const installed = {
  name: 'installed',
  setup({ onResolve }) {
    onResolve({ filter: /^(\.\.\/)+lib(\/|$)/ }, ({ path }) => {
      const file = path.replace(/^(\.\.\/)+lib\/?/, '') || 'index'
      return { path: `${posix.join('../node_modules/gatewise/dist', file)}.js`, external: true }
    })
  },
}

await build({
  entryPoints: names.map((name) => join(tests, `${name}.test.ts`)),
  outdir: join(folder, 'tests'),
  bundle: true,
  platform: 'node',
  target: 'node20',
  plugins: [installed],
  logLevel: 'warning',
})
// Where test/reference/golden.ts, now a part of each test, looks for it.
cpSync(join(tests, 'golden'), join(folder, 'golden'), { recursive: true })
