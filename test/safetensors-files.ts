/** What the tests of safetensors files share: tensors to save, and files made by hand. */
import { Rng } from './reference/rng'

const rng = new Rng(51)
/** Tensors with everything that could get lost. */
export const sample = {
  weight_hh_l0: { data: Float32Array.from(rng.normals(15)), shape: [3, 5] },
  'Ünïcødé 名前': { data: Float32Array.from(rng.normals(2)), shape: [2, 1, 1] },
  scalar: { data: Float32Array.of(-0), shape: [] },
  empty: { data: new Float32Array(0), shape: [4, 0] },
  a: { data: Float32Array.of(NaN, Infinity, -Infinity, 1e-45, 3.4e38), shape: [5] },
}

/** The bytes of a file: its header as given, its data as given. */
export function fileOf(header: unknown, data: ArrayBufferView | number = 0): Buffer {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header), 'utf8')
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(json.length))
  const bytes =
    typeof data === 'number'
      ? Buffer.alloc(data)
      : Buffer.from(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength)
  return Buffer.concat([length, json, bytes])
}

/** A tensor's entry in a header. */
export const entry = (dtype: string, shape: unknown, begin: unknown, end: unknown) => ({
  dtype,
  shape,
  data_offsets: [begin, end],
})
