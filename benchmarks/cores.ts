/**
 * Which cores a process runs on. Those of a shared machine differ, as a neighbour that uses half of one takes up to a third of
 * its speed; and where the system left a process at its start it may stay for the whole run. So in rows on one thread everybody
 * has the same core.
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

/** Holds a process to the first core, with all its threads and those that it will start, or lets it go to all again. */
export function holdToCores(pid: number | undefined, threads: number): void {
  if (!holdsToCores || pid === undefined) return
  taskset('-a', '-p', '-c', `${threads === 1 ? first : all}`, `${pid}`)
}
