// Compiles lib/ to dist/ (CommonJS) and writes the ESM door beside it: index.mjs re-exports the CommonJS
// module, so that `import` and `require` give the same classes.
import { execFileSync } from 'node:child_process'
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleModules } from './bundle-modules.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const require = createRequire(import.meta.url)
const dist = join(root, 'dist')

rmSync(dist, { recursive: true, force: true })
execFileSync(process.execPath, [require.resolve('typescript/bin/tsc'), '-p', join(root, 'tsconfig.json')], {
  stdio: 'inherit',
})
await bundleModules(dist)

// cjs is evaluated here only for its list of names; loading it must not need the native addon.
const names = Object.keys(require(join(dist, 'index.js'))).filter((name) => name !== 'default')
writeFileSync(
  join(dist, 'index.mjs'),
  `import gatewise from './index.js'\nexport const { ${names.join(', ')} } = gatewise\nexport default gatewise\n`,
)
writeFileSync(
  join(dist, 'index.d.mts'),
  `${readFileSync(join(dist, 'index.d.ts'), 'utf8')}import * as gatewise from './index.js'\nexport default gatewise\n`,
)
chmodSync(join(dist, 'cli.js'), 0o755)
