/** The core's own threads, which the system knows by name. */
import { readdirSync, readFileSync } from 'node:fs'

/**
 * Threads of the pool that there are now, beside the one that calls; undefined where the system does not tell. A pool
 * grows with a large enough pass, and shrinks with setThreads.
 */
export function poolThreads(): number | undefined {
  if (process.platform !== 'linux') return undefined
  return readdirSync('/proc/self/task').filter((task) => nameOf(task) === 'gatewise').length
}

/** Other threads of the process come and go, also between the list and this question. */
function nameOf(task: string): string {
  try {
    return readFileSync(`/proc/self/task/${task}/comm`, 'utf8').trim()
  } catch {
    return ''
  }
}
