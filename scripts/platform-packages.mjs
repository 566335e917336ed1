// Makes the packages of the platforms that the tarball has no binary for: node scripts/platform-packages.mjs FROM TO,
// with FROM/<platform>/gatewise.node for each, as the loader names platforms. Each gets a folder below TO, ready to publish.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const { version, license } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const [from, to] = process.argv.slice(2)

for (const platform of readdirSync(from)) {
  const [os, cpu, libc] = platform.split('-')
  const folder = join(to, platform)
  mkdirSync(folder, { recursive: true })
  copyFileSync(join(from, platform, 'gatewise.node'), join(folder, 'gatewise.node'))
  copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'))
  const manifest = {
    name: `@gatewise/${platform}`,
    version,
    description: `The native core of gatewise for ${platform}`,
    license,
    files: ['gatewise.node'],
    main: 'gatewise.node',
    os: [os],
    cpu: [cpu],
    ...(os === 'linux' && { libc: [libc ?? 'glibc'] }),
  }
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
  console.log(`${manifest.name}@${version}`)
}
