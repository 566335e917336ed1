/** The name of this machine among prebuilt binaries. */
import { closeSync, openSync, readSync } from 'node:fs'

/** `linux-x64`, `linux-arm64-musl`, `darwin-arm64`, `win32-x64` …: Node's names, and the C library where it is not glibc. */
export function platformName(): string {
  const libc = process.platform === 'linux' && usesMusl(process.execPath) ? '-musl' : ''
  return `${process.platform}-${process.arch}${libc}`
}

/**
 * Whether a program runs on musl. Its ELF header names the loader that starts it, near its beginning; what lies about in
 * `/lib` says less, since glibc systems may have musl beside.
 */
export function usesMusl(program: string): boolean {
  const head = Buffer.alloc(8192)
  try {
    const file = openSync(program, 'r')
    try {
      readSync(file, head, 0, head.length, 0)
    } finally {
      closeSync(file)
    }
  } catch {
    return false // unreadable: then the commoner one
  }
  return head.includes('/ld-musl-')
}
