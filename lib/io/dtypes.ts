/** The number formats of safetensors files, and their conversion to float32. Stored little-endian. */
import { endianness } from 'node:os'

/** Thrown by a conversion: the element that float32 cannot hold, or that is no value of its format. */
export class InexactElement extends Error {
  constructor(
    readonly index: number,
    readonly value: number | bigint,
  ) {
    super(`element ${index} is ${value}`)
  }
}

/** One format: the size of an element in bytes, and how its bytes (in this machine's order) become float32. */
export interface Dtype {
  readonly bytes: number
  /**
   * @param data at the start of its own buffer, so that every alignment holds
   * @throws InexactElement where an integer is not a float32
   */
  toFloat32(data: Uint8Array): Float32Array
}

/**
 * The formats that can be loaded. F32 is kept to the bit; F16 and BF16 are exact; F64 is rounded to the nearest
 * float32 (beyond its range: ±Infinity); integers and truth values must be exact.
 */
export const DTYPES: ReadonlyMap<string, Dtype> = new Map([
  ['F32', { bytes: 4, toFloat32: (data) => new Float32Array(data.buffer) }],
  ['F64', { bytes: 8, toFloat32: (data) => Float32Array.from(new Float64Array(data.buffer)) }],
  ['F16', { bytes: 2, toFloat32: (data) => Float32Array.from(new Uint16Array(data.buffer), halfToNumber) }],
  ['BF16', { bytes: 2, toFloat32: widenBfloat }],
  ['I8', integers(1, (data) => new Int8Array(data.buffer))],
  ['U8', integers(1, (data) => data)],
  ['I16', integers(2, (data) => new Int16Array(data.buffer))],
  ['U16', integers(2, (data) => new Uint16Array(data.buffer))],
  ['I32', integers(4, (data) => new Int32Array(data.buffer))],
  ['U32', integers(4, (data) => new Uint32Array(data.buffer))],
  ['I64', integers(8, (data) => new BigInt64Array(data.buffer))],
  ['U64', integers(8, (data) => new BigUint64Array(data.buffer))],
  [
    'BOOL',
    integers(
      1,
      (data) => data,
      (value) => value === 0 || value === 1,
    ),
  ],
] satisfies [string, Dtype][])

function integers(
  bytes: number,
  view: (data: Uint8Array<ArrayBuffer>) => ArrayLike<number | bigint>,
  holds: (value: number | bigint) => boolean = () => true,
): Dtype {
  return {
    bytes,
    toFloat32: (data) => {
      const values = view(data as Uint8Array<ArrayBuffer>)
      const result = new Float32Array(values.length)
      for (let i = 0; i < result.length; i++) {
        const value = values[i] as number | bigint
        const stored = Math.fround(Number(value))
        // A BigInt is compared as such: as a number it would be rounded first.
        const isExact = typeof value === 'bigint' ? BigInt(stored) === value : stored === value
        if (!isExact || !holds(value)) throw new InexactElement(i, value)
        result[i] = stored
      }
      return result
    },
  }
}

/** IEEE 754 binary16: 1 sign, 5 exponent and 10 fraction bits. */
function halfToNumber(bits: number): number {
  const sign = bits >> 15 ? -1 : 1
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25)
}

/** bfloat16 is the upper half of a float32. */
function widenBfloat(data: Uint8Array): Float32Array {
  const halves = new Uint16Array(data.buffer)
  const bits = new Uint32Array(halves.length)
  for (let i = 0; i < bits.length; i++) bits[i] = (halves[i] as number) << 16
  return new Float32Array(bits.buffer)
}

/** Turns little-endian elements into this machine's order, or back, in place. */
export function swapToNative(data: Uint8Array, bytes: number): void {
  if (endianness() === 'LE' || bytes === 1) return
  const buffer = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  if (bytes === 2) buffer.swap16()
  else if (bytes === 4) buffer.swap32()
  else buffer.swap64()
}
