// Puts the modules that `import 'gatewise'` loads into one file, since a hundred small ones take most of its time. Each
// module's own file stays, and hands out what the bundle has, so that those which load later meet the same classes.
import { accessSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative, sep } from 'node:path'
import { build } from 'esbuild'

const BUNDLE = 'bundle/modules.js' // as deep as native/root.js, which looks for the package above itself

/** What stands in `import()` stays a file of its own, loaded on first use: its path as seen from the bundle. */
function loadedLater(dist) {
  return {
    name: 'loaded-later',
    setup({ onResolve }) {
      onResolve({ filter: /^\.\.?\// }, ({ kind, path, resolveDir }) => {
        if (kind !== 'dynamic-import') return undefined
        const from = join(dist, relative(join(dist, '..', 'lib'), resolveDir), path)
        return { path: slashes(relative(join(dist, dirname(BUNDLE)), from)), external: true }
      })
    },
  }
}

/**
 * Gives back the names of classes that the bundler calls otherwise, as _Scaler where one speaks of itself, as they are printed.
 * esbuild's own `keepNames` would name every closure anew each time that it is made, a sixth of what a small call costs.
 */
const NAMES = `for (const part of Object.values(module.exports)) {
  for (const [name, value] of Object.entries(part)) {
    if (typeof value === 'function' && value.name !== name && value.name.replace(/^_|\\d+$/g, '') === name) {
      Object.defineProperty(value, 'name', { value: name, configurable: true })
    }
  }
}`

const slashes = (path) => path.split(sep).join('/')

/** Rewrites what the compiler left in `dist`, of the sources in `lib` beside it. */
export async function bundleModules(dist) {
  const lib = join(dist, '..', 'lib')
  const shared = {
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    packages: 'external',
    plugins: [loadedLater(dist)],
    absWorkingDir: lib,
    logLevel: 'warning',
    legalComments: 'none',
  }
  const { metafile } = await build({
    ...shared,
    entryPoints: ['index.ts'],
    metafile: true,
    write: false,
    outfile: join(dist, BUNDLE),
  })
  const modules = Object.keys(metafile.inputs).map((path) => path.replace(/\.ts$/, ''))
  const nameOf = (module) => module.replace(/\W/g, '_')
  await build({
    ...shared,
    stdin: {
      contents: modules.map((module) => `export * as ${nameOf(module)} from './${module}.js'`).join('\n'),
      resolveDir: lib,
    },
    footer: { js: NAMES },
    outfile: join(dist, BUNDLE),
  })
  const bundled = createRequire(import.meta.url)(join(dist, BUNDLE))
  for (const module of modules) {
    const file = join(dist, `${module}.js`)
    accessSync(file) // what is replaced is what the compiler has written
    const bundle = slashes(relative(dirname(file), join(dist, BUNDLE)))
    const exported = bundled[nameOf(module)]
    // Node finds the names that `import()` gives by reading the text: in the last line they are, in so many words. Where
    // the first assigned what it requires, all of the bundle would be read for them.
    writeFileSync(
      file,
      `const exported = require('${bundle.startsWith('.') ? bundle : `./${bundle}`}').${nameOf(module)}
module.exports = exported
0 && (module.exports = { ${Object.keys(exported).join(', ')} })
`,
    )
  }
}
