/** What goes from thread to thread: copies of batches, errors in words, and the buffers that are handed over. */
import type { Batch, ClassTargets } from '../data/batch.js'
import { ArgumentError, DataError, EngineError, FileError, GatewiseError, StateError } from '../errors.js'
import type { Workspace } from '../memory/workspace.js'
import { isFloat32Array } from '../shapes.js'

/** A copy of a batch, all of whose numbers are its own, in spare memory: a source may use its memory again. */
export function copyBatch({ input, target, lengths }: Batch, spare: Workspace): Batch {
  return {
    input: { data: copyFloats(input.data, spare), shape: [...input.shape] },
    target: copyTarget(target, spare),
    ...(lengths === undefined ? {} : { lengths: Int32Array.from(lengths) }),
  }
}

function copyFloats(data: Float32Array, spare: Workspace): Float32Array {
  const copy = spare.take(data.length)
  copy.set(data)
  return copy
}

function copyTarget(target: Batch['target'], spare: Workspace): Batch['target'] {
  if (!('data' in target)) return copyClasses(target)
  const { data, shape } = target
  return { data: isFloat32Array(data) ? copyFloats(data, spare) : copyClasses(data), shape: [...shape] }
}

/** Numbers that are not integers stay as they are: the loss, not the way to it, is to refuse them. */
function copyClasses(classes: ArrayLike<number>): Exclude<ClassTargets, { shape: unknown }> {
  return Float64Array.from(classes)
}

/** The buffers of a batch's copy, to be handed over. */
export function buffersOf({ input, target, lengths }: Batch): ArrayBuffer[] {
  return bufferList([input.data, 'data' in target ? target.data : target, lengths])
}

/** The buffers of arrays that are to be handed over. */
export function bufferList(arrays: readonly unknown[]): ArrayBuffer[] {
  return arrays.filter((array) => ArrayBuffer.isView(array)).map(({ buffer }) => buffer as ArrayBuffer)
}

/** An error as a message has it: structured clones forget classes and fields. */
export interface PackedError {
  readonly name: string
  readonly message: string
  readonly stack: string | undefined
  readonly fields: Readonly<Record<string, unknown>>
}

const CLASSES = { ArgumentError, DataError, EngineError, FileError, GatewiseError, StateError }

export function packError(error: unknown): PackedError {
  if (!(error instanceof Error))
    return { name: 'Error', message: String(error), stack: undefined, fields: {} }
  const plain = (value: unknown): boolean => typeof value !== 'object' && typeof value !== 'function'
  const fields = Object.entries(error).filter(([, value]) => plain(value))
  const { name, message, stack } = error
  return { name, message, stack, fields: Object.fromEntries(fields) }
}

/** An error of the class and with the fields of the one that was packed. */
export function unpackError({ name, message, stack, fields }: PackedError): Error {
  const Class = Object.hasOwn(CLASSES, name) ? CLASSES[name as keyof typeof CLASSES] : Error
  const error = Object.create(Class.prototype, {
    message: { value: message, configurable: true, writable: true },
    stack: { value: stack, configurable: true, writable: true },
  }) as Error
  return Object.assign(error, { name }, fields)
}
