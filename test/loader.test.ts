/** Where the addon is looked for, in which order, and what is said where it is not found or does not load. */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { platformName, usesMusl } from '../lib/native/platform'
import { ROOT } from './installed'

const FILE = 'gatewise.node'
const addon = join(ROOT, 'build', 'Release', FILE)
const platform = platformName()

/** An installed copy of the package without a binary, in a project of its own. */
const project = mkdtempSync(join(realpathSync(tmpdir()), 'gatewise-loader-'))
const installed = join(project, 'node_modules', 'gatewise')

beforeAll(() => {
  for (const part of ['dist', 'package.json', join('native', 'build.txt')]) {
    cpSync(join(ROOT, part), join(installed, part), { recursive: true })
  }
})
afterAll(() => rmSync(project, { recursive: true, force: true }))

/** What the engine is in that project, or the error of its first use. */
function engine(environment: Record<string, string> = {}): Record<string, string> {
  const program = `
    const { engine } = require('gatewise')
    try { console.log(JSON.stringify({ isa: engine().isa })) }
    catch ({ name, code, message }) { console.log(JSON.stringify({ name, code, message })) }`
  const { GATEWISE_BINARY: _binary, ...inherited } = process.env
  const said = execFileSync(process.execPath, ['-e', program], {
    cwd: project,
    env: { ...inherited, ...environment },
    encoding: 'utf8',
  })
  return JSON.parse(said) as Record<string, string>
}

/** From the last to be looked at to the first. */
const PLACES = [
  join(project, 'node_modules', '@gatewise', platform, FILE),
  join(installed, 'prebuilds', platform, FILE),
  join(installed, 'build', 'Debug', FILE),
  join(installed, 'build', 'Release', FILE),
  join(project, 'elsewhere.node'),
]

test('without a binary: one error, which names one command', () => {
  expect(engine()).toEqual({
    name: 'EngineError',
    code: 'ERR_GATEWISE_ENGINE',
    message: `gatewise has no binary for ${platform}. To compile one for this machine, run: npx gatewise build`,
  })
  expect(engine({ GATEWISE_BINARY: '' })).toEqual(engine())
})

// Each place in turn gets the addon, which then is found before those below, and is then spoilt for the next round.
test.each(PLACES.map((path, index) => ({ place: path.slice(project.length + 1), path, index })))(
  '$place serves, and goes before those below',
  ({ path, index }) => {
    const told: Record<string, string> = index === 4 ? { GATEWISE_BINARY: path } : {}
    mkdirSync(dirname(path), { recursive: true })
    cpSync(addon, path)
    expect(typeof engine(told)['isa']).toBe('string')
    rmSync(path)
    writeFileSync(path, 'no addon')
    const { name, message } = engine(told)
    expect(name).toBe('EngineError')
    expect(message).toMatch(`gatewise cannot load its binary ${path}: `)
    expect(message).toMatch(/ To compile one for this machine, run: npx gatewise build$/)
  },
)

describe('the name of the platform', () => {
  test("is Node's names, and those of prebuilds/", () => {
    expect(platform).toMatch(new RegExp(`^${process.platform}-${process.arch}(-musl)?$`))
  })

  test("asks a program's own loader for its C library", () => {
    const loaderOf = (loader: string): string => {
      const program = join(project, 'program')
      writeFileSync(program, `\x7fELF${'\0'.repeat(700)}${loader}\0${'x'.repeat(20000)}`)
      return program
    }
    expect(usesMusl(loaderOf('/lib/ld-musl-aarch64.so.1'))).toBe(true)
    expect(usesMusl(loaderOf('/lib64/ld-linux-x86-64.so.2'))).toBe(false)
    expect(usesMusl(join(project, 'not-there'))).toBe(false)
  })
})
