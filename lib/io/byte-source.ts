/** Bytes to read from: a file of any size, piece by piece, or memory. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { FileError } from '../errors.js'

/** Something with a known number of bytes, any stretch of which can be read. */
export interface ByteSource {
  /** How error messages call it. */
  readonly name: string
  readonly size: number
  /** Copies the bytes from `offset` on into the whole of `target`; the caller has checked that they exist. */
  read(offset: number, target: Uint8Array): void
  close(): void
}

/** One call of the operating system may read this much at most; Node refuses 2 GiB and more. */
const LARGEST_READ = 2 ** 30

/** The bytes of a view on memory. Nothing is copied until it is read. */
export function memorySource(name: string, view: ArrayBufferView): ByteSource {
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
  return {
    name,
    size: bytes.length,
    read: (offset, target) => target.set(bytes.subarray(offset, offset + target.length)),
    close: () => undefined,
  }
}

/**
 * Opens a file.
 *
 * @param where the function on whose behalf, for errors
 * @throws FileError where it cannot be opened or is no plain file; later, from `read`, where it cannot be read or
 *   has become shorter
 */
export function fileSource(where: string, path: string): ByteSource {
  const attempt = <T>(action: () => T): T => {
    try {
      return action()
    } catch (cause) {
      throw new FileError(where, path, 'read', cause)
    }
  }
  const file = attempt(() => openSync(path, 'r'))
  try {
    const status = attempt(() => fstatSync(file))
    if (!status.isFile()) throw new FileError(where, path, 'read', 'it is not a file')
    return {
      name: JSON.stringify(path),
      size: status.size,
      read: (offset, target) => {
        for (let done = 0; done < target.length;) {
          const length = Math.min(target.length - done, LARGEST_READ)
          const count = attempt(() => readSync(file, target, done, length, offset + done))
          if (count === 0) throw new FileError(where, path, 'read', 'it has become shorter')
          done += count
        }
      },
      close: () => closeSync(file),
    }
  } catch (error) {
    closeSync(file)
    throw error
  }
}
