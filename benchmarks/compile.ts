/** Compiles a C++ program of this folder on first use, and after a change. */
import { spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { BENCHMARKS } from './gatewise.js'

/**
 * @param source below benchmarks/
 * @param name of what is made, in benchmarks/build/
 * @returns its path, or undefined where no compiler makes it
 */
export function compile(source: string, name: string, flags: readonly string[]): string | undefined {
  const from = join(BENCHMARKS, source)
  const to = join(__dirname, name)
  if (existsSync(to) && statSync(to).mtimeMs > statSync(from).mtimeMs) return to
  const named = process.env['CXX']
  const compilers = [...(named === undefined ? [] : [named]), 'c++', 'g++', 'clang++']
  const works = (compiler: string): boolean =>
    spawnSync(compiler, ['-std=c++20', ...flags, from, '-o', to], { stdio: 'ignore' }).status === 0
  return compilers.some(works) ? to : undefined
}
