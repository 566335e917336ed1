/**
 * Which core a process computes on. Those of a shared machine differ, as a neighbour that uses half of one takes up to a third of
 * its speed; and where the system left a process at its start it may stay for the whole run. So in rows on one thread everybody
 * has the same one.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** The cores that this process may use, as `taskset` writes them. */
function allowedCores(): string | undefined {
  try {
    return /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
  } catch {
    return undefined
  }
}

function taskset(...args: readonly string[]): boolean {
  return spawnSync('taskset', args, { stdio: 'ignore' }).status === 0
}

const all = allowedCores()
const [first] = all?.split(/[-,]/) ?? []

/** Whether there is a way to say so. */
export const holdsToCores = all !== undefined && taskset('--version')

/**
 * Holds the thread in which a process computes by itself, its first, to one core, or lets it go to all again. JavaScript's
 * compiler and collector have threads of their own beside it, here as elsewhere.
 */
export function holdToCores(pid: number | undefined, threads: number): void {
  if (!holdsToCores || pid === undefined) return
  taskset('-p', '-c', `${threads === 1 ? first : all}`, `${pid}`)
}
