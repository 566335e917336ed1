/** Safetensors: what is saved comes back, and other programs' files are read. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { ArgumentError, DataError, FileError } from '../lib/errors'
import { loadSafetensors, saveSafetensors } from '../lib/io/safetensors'
import { goldenNames, goldenPath, readGolden } from './reference/golden'
import { entry, fileOf, sample } from './safetensors-files'

let folder: string
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'gatewise-'))))
afterEach(() => rmSync(folder, { recursive: true }))

describe('saving', () => {
  test('everything comes back to the bit, in order, from the file and from its bytes', () => {
    const path = join(folder, 'model.safetensors')
    saveSafetensors(path, sample, { format: 'pt', 'a "quoted" key': 'line\nbreak' })
    const bytes = readFileSync(path)
    const inside = new Uint8Array(bytes.length + 3)
    inside.set(bytes, 3)
    const copy = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)
    for (const from of [path, bytes, inside.subarray(3), new DataView(inside.buffer, 3), copy]) {
      const { tensors, metadata } = loadSafetensors(from)
      expect(metadata).toEqual({ format: 'pt', 'a "quoted" key': 'line\nbreak' })
      expect(Object.keys(tensors).sort()).toEqual(Object.keys(sample).sort())
      for (const [name, { data, shape }] of Object.entries(sample)) {
        expect(tensors[name]!.shape).toEqual(shape)
        expect(new Uint32Array(tensors[name]!.data.buffer)).toEqual(new Uint32Array(data.buffer))
      }
    }
    expect(readdirSync(folder)).toEqual(['model.safetensors'])
  })

  test('the layout is the format’s: header padded to 8 bytes, tensors in the order given', () => {
    const path = join(folder, 'x')
    saveSafetensors(path, {
      b: { data: Float32Array.of(1, 2), shape: [2] },
      a: { data: Float32Array.of(3), shape: [1] },
    })
    const bytes = readFileSync(path)
    const length = Number(bytes.readBigUInt64LE(0))
    expect(length % 8).toBe(0)
    expect(bytes.toString('utf8', 8, 8 + length)).toMatch(/^\{.*\} {0,7}$/)
    expect(JSON.parse(bytes.toString('utf8', 8, 8 + length))).toEqual({
      b: { dtype: 'F32', shape: [2], data_offsets: [0, 8] },
      a: { dtype: 'F32', shape: [1], data_offsets: [8, 12] },
    })
    expect([0, 4, 8].map((at) => bytes.readFloatLE(8 + length + at))).toEqual([1, 2, 3])
    expect(bytes.length).toBe(8 + length + 12)
  })

  test('no tensors at all, and names that objects treat specially', () => {
    const path = join(folder, 'x')
    saveSafetensors(path, {})
    expect(loadSafetensors(path)).toEqual({ tensors: {}, metadata: {} })
    const special = JSON.parse('{"__proto__": null, "constructor": null, "7": null, "": null}') as object
    const tensors = Object.fromEntries(
      Object.keys(special).map((name, i) => [name, { data: Float32Array.of(i), shape: [1] }]),
    )
    saveSafetensors(path, tensors, JSON.parse('{"__proto__": "text"}') as Record<string, string>)
    const loaded = loadSafetensors(path)
    expect(Object.entries(loaded.tensors).sort()).toEqual(Object.entries(tensors).sort())
    expect(Object.entries(loaded.metadata)).toEqual([['__proto__', 'text']])
  })

  test('any tensors come back', () => {
    const path = join(folder, 'x')
    const tensor = fc.array(fc.nat(4), { maxLength: 3 }).chain((shape) => {
      const count = shape.reduce((a, b) => a * b, 1)
      return fc.record({
        data: fc.float32Array({ minLength: count, maxLength: count }),
        shape: fc.constant(shape),
      })
    })
    const name = fc.string({ unit: 'binary' }).filter((text) => text !== '__metadata__')
    fc.assert(
      fc.property(
        fc.dictionary(name, tensor),
        fc.dictionary(name, fc.string({ unit: 'binary' })),
        (tensors, metadata) => {
          saveSafetensors(path, tensors, metadata)
          const loaded = loadSafetensors(path)
          expect(Object.keys(loaded.tensors).sort()).toEqual(Object.keys(tensors).sort())
          for (const [key, { data, shape }] of Object.entries(tensors)) {
            expect(loaded.tensors[key]).toEqual({ data, shape })
          }
          expect(Object.entries(loaded.metadata).sort()).toEqual(Object.entries(metadata).sort())
        },
      ),
      { numRuns: 60, seed: 1 },
    )
  })

  test('an earlier file is replaced whole, and survives a save that fails', () => {
    const path = join(folder, 'model')
    saveSafetensors(path, sample)
    saveSafetensors(path, { scalar: sample.scalar })
    expect(Object.keys(loadSafetensors(path).tensors)).toEqual(['scalar'])
    const bad = { data: new Float32Array(3), shape: [2] }
    expect(() => saveSafetensors(path, { good: sample.a, bad })).toThrow(ArgumentError)
    expect(Object.keys(loadSafetensors(path).tensors)).toEqual(['scalar'])
    expect(readdirSync(folder)).toEqual(['model'])
  })

  test('wrong arguments are named, and nothing is written', () => {
    const path = join(folder, 'x')
    const argument = (...given: unknown[]): string => {
      try {
        saveSafetensors(...(given as Parameters<typeof saveSafetensors>))
      } catch (error) {
        return error instanceof ArgumentError ? error.argument : String(error)
      }
      return 'nothing was thrown'
    }
    expect(argument('', {})).toBe('path')
    expect(argument(7, {})).toBe('path')
    expect(argument(path, null)).toBe('tensors')
    expect(argument(path, [])).toBe('tensors')
    expect(argument(path, { w: [1, 2] })).toBe('tensors.w.shape')
    expect(argument(path, { w: { data: new Float64Array(2), shape: [2] } })).toBe('tensors.w.data')
    expect(argument(path, { __metadata__: sample.a })).toBe('tensors.__metadata__')
    expect(argument(path, { '\ud800': sample.a })).toBe('tensors key "\\ud800"')
    expect(argument(path, sample, { epoch: 3 })).toBe('metadata.epoch')
    expect(argument(path, sample, 'text')).toBe('metadata')
    expect(readdirSync(folder)).toEqual([])
  })

  test('a place that cannot be written: an error with Node’s own as its cause, and nothing left behind', () => {
    const path = join(folder, 'missing', 'x')
    expect(() => saveSafetensors(path, sample)).toThrow(FileError)
    expect(() => saveSafetensors(path, sample)).toThrow(/saveSafetensors: cannot write .*ENOENT/)
    // A folder in the file's place lets everything succeed but the last step.
    expect(() => saveSafetensors(folder, sample)).toThrow(FileError)
    expect(readdirSync(folder)).toEqual([])
  })
})

describe('loading', () => {
  test.each(goldenNames(/^(lstm-basic|gru-no-bias|train-gru-sgd|loss-cross-entropy)$/))(
    'PyTorch’s %s',
    (name) => {
      const golden = readGolden(name)
      const { tensors, metadata } = loadSafetensors(goldenPath(name))
      expect(JSON.parse(metadata.config!)).toEqual(golden.config)
      expect(Object.keys(tensors)).toEqual(golden.names)
      for (const key of golden.names) {
        const { data, shape } = golden.get(key)
        expect(tensors[key]).toEqual({ data: Float32Array.from(data), shape })
      }
    },
  )

  test.each([
    ['F64', Float64Array.of(0.1, -1e300, 5e-324), [Math.fround(0.1), -Infinity, 0]],
    [
      'F16',
      Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x8000, 0x7bff, 0xfc00),
      [1, -2, 2 ** -24, -0, 65504, -Infinity],
    ],
    ['BF16', Uint16Array.of(0x3f80, 0xc049, 0x0001, 0xff80), [1, -3.140625, 2 ** -133, -Infinity]],
    ['I8', Int8Array.of(-128, 127), [-128, 127]],
    ['U8', Uint8Array.of(0, 255), [0, 255]],
    ['I16', Int16Array.of(-32768, 5), [-32768, 5]],
    ['U16', Uint16Array.of(65535), [65535]],
    ['I32', Int32Array.of(-(2 ** 24), 2 ** 30), [-(2 ** 24), 2 ** 30]],
    ['U32', Uint32Array.of(2 ** 31), [2 ** 31]],
    ['I64', BigInt64Array.of(-100n, 2n ** 40n), [-100, 2 ** 40]],
    ['U64', BigUint64Array.of(2n ** 63n), [2 ** 63]],
    ['BOOL', Uint8Array.of(0, 1), [0, 1]],
  ])('%s becomes float32', (dtype, data, expected) => {
    const header = { x: entry(dtype, [expected.length], 0, data.byteLength) }
    const { tensors } = loadSafetensors(fileOf(header, data))
    expect(tensors.x!.data).toEqual(Float32Array.from(expected))
  })

  test('NaNs of the short formats', () => {
    for (const [dtype, bits] of [
      ['F16', 0x7e01],
      ['BF16', 0xffc1],
    ] as const) {
      const { tensors } = loadSafetensors(fileOf({ x: entry(dtype, [], 0, 2) }, Uint16Array.of(bits)))
      expect(tensors.x!.data[0]).toBeNaN()
    }
  })

  test.each([
    ['I32', Int32Array.of(1, 2 ** 24 + 1), 'element 1 is 16777217'],
    ['U32', Uint32Array.of(2 ** 32 - 1), 'element 0 is 4294967295'],
    ['I64', BigInt64Array.of(2n ** 62n + 1n), 'element 0 is 4611686018427387905'],
    ['U64', BigUint64Array.of(2n ** 64n - 1n), 'element 0 is 18446744073709551615'],
    ['BOOL', Uint8Array.of(1, 2), 'element 1 is 2'],
  ])('%s that float32 does not hold: an error, not another number', (dtype, data, message) => {
    const file = fileOf({ 'layer.x': entry(dtype, [data.length], 0, data.byteLength) }, data)
    expect(() => loadSafetensors(file)).toThrow(DataError)
    expect(() => loadSafetensors(file)).toThrow(`the buffer: tensor "layer.x": ${message}`)
  })

  test('the tensors may be listed in any order, with empty ones anywhere', () => {
    const header = {
      b: entry('F32', [1], 4, 8),
      none: entry('F32', [0], 4, 4),
      a: entry('F32', [], 0, 4),
      last: entry('U8', [3, 0], 8, 8),
    }
    const { tensors } = loadSafetensors(fileOf(header, Float32Array.of(1, 2)))
    expect([tensors.a!.data[0], tensors.b!.data[0]]).toEqual([1, 2])
    expect(tensors.last).toEqual({ data: new Float32Array(0), shape: [3, 0] })
  })

  test('wrong arguments', () => {
    const detached = new Uint8Array(8)
    structuredClone(detached.buffer, { transfer: [detached.buffer] })
    for (const value of [undefined, null, 3, {}, [1, 2, 3], detached, detached.buffer]) {
      expect(() => loadSafetensors(value as never)).toThrow(ArgumentError)
    }
  })

  test('a file that is not there, and a folder', () => {
    expect(() => loadSafetensors(join(folder, 'nowhere'))).toThrow(FileError)
    expect(() => loadSafetensors(join(folder, 'nowhere'))).toThrow(/loadSafetensors: cannot read .*ENOENT/)
    expect(() => loadSafetensors(folder)).toThrow(FileError)
  })

  test('a buffer of another realm', () => {
    const path = join(folder, 'x')
    saveSafetensors(path, sample)
    const foreign = runInNewContext('Uint8Array.from(bytes)', {
      bytes: [...readFileSync(path)],
    }) as Uint8Array
    expect(loadSafetensors(foreign)).toEqual(loadSafetensors(path))
    expect(loadSafetensors(foreign.buffer as ArrayBuffer)).toEqual(loadSafetensors(path))
  })
})
