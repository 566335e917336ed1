/**
 * The header of a safetensors file: 8 bytes with its length (unsigned, little-endian), then JSON that gives each
 * tensor's dtype, shape and place among the data (https://github.com/huggingface/safetensors, "Format"). All that
 * the rest of the program relies on is checked here.
 */
import { DataError } from '../errors.js'
import { describe, MAX_ELEMENTS } from '../shapes.js'
import type { ByteSource } from './byte-source.js'
import { DTYPES, type Dtype } from './dtypes.js'

/** Where a tensor lies in the file, and as what. */
export interface TensorEntry {
  readonly name: string
  readonly dtype: string
  readonly format: Dtype
  readonly shape: readonly number[]
  /** The first byte, counted from the start of the file, and the number of bytes. */
  readonly offset: number
  readonly bytes: number
}

/** A checked header. */
export interface Header {
  /** In the order of the data. */
  readonly entries: readonly TensorEntry[]
  readonly metadata: Readonly<Record<string, string>>
}

/** The key of the header that is no tensor. */
export const METADATA_KEY = '__metadata__'

/** The bytes before the header: its length. */
export const PREFIX_BYTES = 8

/** The longest header that the format allows: enough for a million tensors. */
export const MAX_HEADER_BYTES = 100_000_000

/**
 * Reads and checks the header: the data that it describes fill the rest of the file exactly, without gap or
 * overlap.
 *
 * @throws DataError that names the tensor where it is about one
 */
export function readHeader(source: ByteSource): Header {
  const fail = (message: string): never => {
    throw new DataError(`${source.name}: ${message}`)
  }
  if (source.size < PREFIX_BYTES) fail(`${source.size} bytes are too few for a safetensors file`)
  const prefix = new DataView(new ArrayBuffer(PREFIX_BYTES))
  source.read(0, new Uint8Array(prefix.buffer))
  const length = prefix.getBigUint64(0, true)
  const room = Math.min(source.size - PREFIX_BYTES, MAX_HEADER_BYTES)
  if (length > room) fail(`the header's length is ${length}, but at most ${room} bytes can be the header`)
  const json = parseJson(source, Number(length))
  if (!isObject(json)) return fail(`the header is ${describe(json)}, not an object`)

  const dataStart = PREFIX_BYTES + Number(length)
  const entries: TensorEntry[] = []
  let metadata: Readonly<Record<string, string>> = {}
  for (const [key, value] of Object.entries(json)) {
    if (key === METADATA_KEY) metadata = readMetadata(source, value)
    else entries.push(readEntry(source, key, value, dataStart))
  }
  // By place; of two at one place, the empty one comes first, so that it does not look like an overlap.
  entries.sort((a, b) => a.offset - b.offset || a.bytes - b.bytes)

  let end = dataStart
  for (const entry of entries) {
    if (entry.offset !== end) {
      const fault = entry.offset < end ? 'overlap those before them' : 'leave a gap before them'
      failAt(source, entry.name, `its data, from byte ${entry.offset - dataStart} on, ${fault}`)
    }
    end += entry.bytes
  }
  if (end !== source.size) fail(`the tensors' data end at byte ${end}, the file at byte ${source.size}`)
  return { entries, metadata }
}

/** Throws the error about one tensor. */
export function failAt(source: ByteSource, tensor: string, message: string): never {
  const shown = tensor.length > 200 ? `${tensor.slice(0, 200)}…` : tensor
  throw new DataError(`${source.name}: tensor ${JSON.stringify(shown)}: ${message}`)
}

function parseJson(source: ByteSource, length: number): unknown {
  const bytes = new Uint8Array(length)
  source.read(PREFIX_BYTES, bytes)
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
  } catch {
    // The parser's own message quotes the text, which may be anything.
    throw new DataError(`${source.name}: the header is not JSON in UTF-8`)
  }
}

function readMetadata(source: ByteSource, value: unknown): Readonly<Record<string, string>> {
  if (!isObject(value))
    throw new DataError(`${source.name}: ${METADATA_KEY} is ${describe(value)}, not an object`)
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') {
      throw new DataError(`${source.name}: ${METADATA_KEY}.${key} is ${describe(text)}, not a string`)
    }
  }
  return value as Readonly<Record<string, string>>
}

function readEntry(source: ByteSource, name: string, value: unknown, dataStart: number): TensorEntry {
  const fail = (message: string): never => failAt(source, name, message)
  if (!isObject(value)) return fail(`its entry is ${describe(value)}, not an object`)
  const { dtype, shape, data_offsets: offsets } = value

  if (typeof dtype !== 'string') return fail(`its dtype is ${describe(dtype)}, not a string`)
  const format = DTYPES.get(dtype)
  if (format === undefined) {
    return fail(`its dtype ${describe(dtype)} is not one of ${[...DTYPES.keys()].join(', ')}`)
  }
  if (!isSizes(shape)) return fail('its shape is not an array of whole numbers of at least 0')
  if (!isSizes(offsets) || offsets.length !== 2) return fail('its data_offsets are not two whole numbers')

  // Stops at the limit, so that no product of sizes loses digits.
  const count = shape.reduce((product, size) => Math.min(product * size, MAX_ELEMENTS + 1), 1)
  if (count > MAX_ELEMENTS)
    return fail(`its shape [${shape.join(', ')}] has more than ${MAX_ELEMENTS} elements`)
  const [begin, end] = offsets as [number, number]
  const bytes = count * format.bytes
  if (end - begin !== bytes) {
    return fail(
      `data_offsets [${begin}, ${end}] do not hold the ${bytes} bytes of shape [${shape.join(', ')}] in ${dtype}`,
    )
  }
  if (dataStart + end > source.size) {
    return fail(`its data end at byte ${dataStart + end}, the file at byte ${source.size}`)
  }
  return { name, dtype, format, shape: Object.freeze(shape), offset: dataStart + begin, bytes }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0)
}
