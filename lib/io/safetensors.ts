/** Loading and saving tensors in the safetensors format, which PyTorch, Keras, ONNX tools and others share. */
import { closeSync, fsyncSync, openSync, renameSync, unlinkSync, writeSync } from 'node:fs'
import { endianness } from 'node:os'
import { dirname, join } from 'node:path'
import { ArgumentError, FileError } from '../errors.js'
import { describe, requireAnyTensor } from '../shapes.js'
import type { Tensor } from '../tensor.js'
import { fileSource, memorySource, type ByteSource } from './byte-source.js'
import { InexactElement, swapToNative } from './dtypes.js'
import {
  failAt,
  MAX_HEADER_BYTES,
  METADATA_KEY,
  PREFIX_BYTES,
  readHeader,
  type TensorEntry,
} from './safetensors-header.js'

/** What a safetensors file holds. */
export interface Safetensors {
  /** The tensors by name, in the order of their data. */
  readonly tensors: Record<string, Tensor>
  /** The strings of `__metadata__`; none is `{}`. */
  readonly metadata: Record<string, string>
}

/**
 * Loads a safetensors file. F32 comes back to the bit; F16 and BF16 exactly; F64 is rounded to the nearest
 * float32; BOOL and integers (8 to 64 bits) must be numbers that float32 holds exactly.
 *
 * @param pathOrBuffer the file's path, or its content: a Buffer, another view on memory, or an ArrayBuffer
 * @returns new tensors, the caller's own; of a buffer nothing is kept
 * @throws ArgumentError where the argument is neither
 * @throws FileError where the file cannot be read
 * @throws DataError where the content is not a safetensors file, a tensor's dtype is not one of these, or an
 *   integer is no float32; it names the tensor
 */
export function loadSafetensors(pathOrBuffer: string | ArrayBufferView | ArrayBuffer): Safetensors {
  const source = openSource(pathOrBuffer)
  try {
    const { entries, metadata } = readHeader(source)
    // fromEntries, since an assignment to a name like __proto__ would not make an entry.
    const tensors = Object.fromEntries(entries.map((entry) => [entry.name, readTensor(source, entry)]))
    return { tensors, metadata: { ...metadata } }
  } finally {
    source.close()
  }
}

function openSource(value: unknown): ByteSource {
  if (typeof value === 'string') return fileSource('loadSafetensors', value)
  try {
    if (ArrayBuffer.isView(value)) return memorySource('the buffer', value)
    // The tag, not `instanceof`: the buffer may come from another realm.
    if (/^\[object (Shared)?ArrayBuffer\]$/.test(Object.prototype.toString.call(value))) {
      return memorySource('the buffer', new Uint8Array(value as ArrayBuffer))
    }
  } catch {
    // A detached buffer cannot be looked at; the error below says what arrived.
  }
  throw new ArgumentError('loadSafetensors', 'pathOrBuffer', 'a path or a buffer', describe(value))
}

function readTensor(source: ByteSource, entry: TensorEntry): Tensor {
  const bytes = new Uint8Array(entry.bytes)
  source.read(entry.offset, bytes)
  swapToNative(bytes, entry.format.bytes)
  try {
    return { data: entry.format.toFloat32(bytes), shape: entry.shape }
  } catch (error) {
    if (!(error instanceof InexactElement)) throw error
    return failAt(
      source,
      entry.name,
      `${error.message}, which ${entry.dtype} does not turn into an exact float32`,
    )
  }
}

/**
 * Saves tensors as a safetensors file of F32. The tensors stand in the file in the order in which `tensors` lists
 * them, so that equal calls write equal bytes. It is written under another name in the same folder, brought to
 * the disk and then renamed: whoever reads `path` sees the old file or the whole new one, never a part.
 *
 * @param path where to; a file there is replaced
 * @param tensors by name, of any shape
 * @param metadata strings to go with them
 * @throws ArgumentError where an argument is not what it must be; nothing is written then
 * @throws FileError where the file cannot be written; what stood at `path` stands there still
 */
export function saveSafetensors(
  path: string,
  tensors: Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>> = {},
): void {
  if (typeof path !== 'string' || path === '') {
    throw new ArgumentError('saveSafetensors', 'path', 'a path', describe(path))
  }
  const header = encodeHeader(tensors, metadata)
  // The global one: node:crypto would be loaded by whoever imports this package.
  const temporary = join(dirname(path), `.safetensors-${crypto.randomUUID()}.tmp`)
  let file: number | undefined
  try {
    file = openSync(temporary, 'wx')
    writeAll(file, header)
    for (const { data } of Object.values(tensors)) writeAll(file, littleEndianBytes(data))
    fsyncSync(file)
    closeSync(file)
    file = undefined
    renameSync(temporary, path)
  } catch (cause) {
    if (file !== undefined) closeSync(file)
    removeIfThere(temporary)
    throw new FileError('saveSafetensors', path, 'write', cause)
  }
}

/** Checks everything, and gives the bytes up to the data. */
function encodeHeader(tensors: unknown, metadata: unknown): Uint8Array {
  const header: [string, unknown][] = []
  const texts = requireRecord('metadata', metadata)
  for (const [key, text] of texts) {
    requireText(`metadata key ${JSON.stringify(key)}`, key)
    requireText(`metadata.${key}`, text)
  }
  if (texts.length > 0) header.push([METADATA_KEY, Object.fromEntries(texts)])

  let end = 0
  for (const [name, value] of requireRecord('tensors', tensors)) {
    requireText(`tensors key ${JSON.stringify(name)}`, name)
    if (name === METADATA_KEY) {
      throw new ArgumentError(
        'saveSafetensors',
        `tensors.${name}`,
        'another name',
        'the one kept for metadata',
      )
    }
    const { data, shape } = requireAnyTensor('saveSafetensors', `tensors.${name}`, value)
    const begin = end
    end += data.byteLength
    header.push([name, { dtype: 'F32', shape, data_offsets: [begin, end] }])
  }

  const json = Buffer.from(JSON.stringify(Object.fromEntries(header)), 'utf8')
  // Spaces to a multiple of 8, so that the data of a mapped file are aligned.
  const length = Math.ceil(json.length / 8) * 8
  if (length > MAX_HEADER_BYTES) {
    const expected = `names and metadata of at most ${MAX_HEADER_BYTES} bytes`
    throw new ArgumentError('saveSafetensors', 'tensors', expected, `${length} bytes`)
  }
  const bytes = Buffer.alloc(PREFIX_BYTES + length, ' ')
  bytes.writeBigUInt64LE(BigInt(length))
  json.copy(bytes, PREFIX_BYTES)
  return bytes
}

function requireRecord(argument: string, value: unknown): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ArgumentError('saveSafetensors', argument, 'an object', describe(value))
  }
  return Object.entries(value)
}

/** Checks that a value is a string that UTF-8 can hold: half a surrogate pair would make a file none can read. */
function requireText(argument: string, value: unknown): void {
  if (typeof value !== 'string' || Buffer.from(value, 'utf8').toString('utf8') !== value) {
    throw new ArgumentError('saveSafetensors', argument, 'a string of whole characters', describe(value))
  }
}

function littleEndianBytes(data: Float32Array): Uint8Array {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  if (endianness() === 'LE') return bytes
  const copy = bytes.slice()
  swapToNative(copy, 4)
  return copy
}

function writeAll(file: number, bytes: Uint8Array): void {
  const largestWrite = 2 ** 30
  for (let done = 0; done < bytes.length;) {
    done += writeSync(file, bytes, done, Math.min(bytes.length - done, largestWrite))
  }
}

function removeIfThere(path: string): void {
  try {
    unlinkSync(path)
  } catch {
    // It was never made, or cannot be removed: the error that led here is the one to report.
  }
}
