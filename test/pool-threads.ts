/** The core's own threads, which the system knows by name. */
import { readdirSync, readFileSync } from 'node:fs'

/** A thread's flag in its stat, from its last instruction on (PF_EXITING of Linux). */
const EXITING = 4

/**
 * Threads of the pool that there are now, beside the one that calls; undefined where the system does not tell. A pool
 * grows with a large enough pass, and shrinks with setThreads.
 */
export function poolThreads(): number | undefined {
  if (process.platform !== 'linux') return undefined
  return readdirSync('/proc/self/task').filter(isOfPool).length
}

/** The system still lists a thread for a while after it was joined; other threads go between the list and this question. */
function isOfPool(task: string): boolean {
  let stat: string
  try {
    stat = readFileSync(`/proc/self/task/${task}/stat`, 'utf8')
  } catch {
    return false
  }
  // "tid (name) state ppid pgrp session tty tpgid flags …"
  const flags = /^\d+ \(gatewise\) \w(?: -?\d+){5} (\d+)/.exec(stat)?.[1]
  return flags !== undefined && !(Number(flags) & EXITING)
}
