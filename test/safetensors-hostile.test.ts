/** Malformed safetensors files: each is refused with an error that names the fault; none brings the process down. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { DataError } from '../lib/errors'
import { loadSafetensors, saveSafetensors } from '../lib/io/safetensors'
import { entry, fileOf, sample } from './safetensors-files'

let folder: string
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'gatewise-'))))
afterEach(() => rmSync(folder, { recursive: true }))

describe('malformed files', () => {
  const good = entry('F32', [2], 0, 8)
  test.each([
    ['no bytes', Buffer.alloc(0), '0 bytes are too few'],
    ['only a length', Buffer.alloc(7), '7 bytes are too few'],
    [
      'a length beyond the file',
      Buffer.from([9, 0, 0, 0, 0, 0, 0, 0, 123, 125]),
      'length is 9, but at most 2',
    ],
    ['a length beyond all numbers', Buffer.alloc(16, 255), 'length is 18446744073709551615, but'],
    ['an empty header', Buffer.alloc(8), 'not JSON'],
    ['no JSON', fileOf('{"x": '), 'not JSON'],
    [
      'no UTF-8',
      fileOf(Buffer.from([123, 34, 255, 34, 58, 49, 125]).toString('latin1')).fill(255, 10, 12),
      'not JSON',
    ],
    ['JSON deep enough to exhaust a stack', fileOf('['.repeat(1e6)), 'not JSON'],
    ['an array', fileOf([]), 'the header is an array'],
    ['null', fileOf(null), 'the header is null'],
    ['metadata that are none', fileOf({ __metadata__: 3 }), '__metadata__ is 3, not an object'],
    ['metadata beyond strings', fileOf({ __metadata__: { a: 1 } }), '__metadata__.a is 1, not a string'],
    ['an entry that is none', fileOf({ x: 1 }), 'tensor "x": its entry is 1'],
    ['no dtype', fileOf({ x: { shape: [], data_offsets: [0, 4] } }, 4), 'tensor "x": its dtype is undefined'],
    [
      'an unknown dtype',
      fileOf({ x: entry('F8_E4M3', [8], 0, 8) }, 8),
      'tensor "x": its dtype "F8_E4M3" is not one',
    ],
    [
      'a dtype that objects have',
      fileOf({ x: entry('constructor', [8], 0, 8) }, 8),
      'its dtype "constructor"',
    ],
    ['no shape', fileOf({ x: { dtype: 'F32', data_offsets: [0, 8] } }, 8), 'its shape is not an array'],
    ['a negative size', fileOf({ x: entry('F32', [-1, -2], 0, 8) }, 8), 'its shape is not an array of whole'],
    ['half a size', fileOf({ x: entry('F32', [0.5, 4], 0, 8) }, 8), 'its shape is not an array of whole'],
    [
      'a size beyond digits',
      fileOf({ x: entry('F32', [2 ** 53], 0, 8) }, 8),
      'its shape is not an array of whole',
    ],
    [
      'an overflowing product',
      fileOf({ x: entry('F32', [2 ** 32, 2 ** 32], 0, 0) }),
      'more than 34359738368 elements',
    ],
    [
      'too little for the shape',
      fileOf({ x: entry('F32', [3], 0, 8) }, 8),
      'do not hold the 12 bytes of shape [3]',
    ],
    [
      'too much for the shape',
      fileOf({ x: entry('F16', [2], 0, 8) }, 8),
      'do not hold the 4 bytes of shape [2]',
    ],
    ['reversed offsets', fileOf({ x: entry('F32', [2], 8, 0) }, 8), 'do not hold the 8 bytes'],
    ['three offsets', fileOf({ x: { ...good, data_offsets: [0, 8, 8] } }, 8), 'not two whole numbers'],
    ['offsets of text', fileOf({ x: entry('F32', [2], '0', '8') }, 8), 'not two whole numbers'],
    ['offsets beyond digits', fileOf({ x: entry('F32', [2], 1e300, 1e300) }, 8), 'not two whole numbers'],
    ['data beyond the file', fileOf({ x: good }, 7), 'tensor "x": its data end at byte'],
    ['data left over', fileOf({ x: good }, 9), "the tensors' data end at byte"],
    [
      'an overlap',
      fileOf({ x: good, y: entry('F32', [2], 4, 12) }, 12),
      'tensor "y": its data, from byte 4 on, overlap',
    ],
    [
      'the same place twice',
      fileOf({ x: good, y: good }, 8),
      'tensor "y": its data, from byte 0 on, overlap',
    ],
    [
      'a gap',
      fileOf({ x: good, y: entry('F32', [1], 12, 16) }, 16),
      'tensor "y": its data, from byte 12 on, leave a gap',
    ],
    [
      'a gap before the first',
      fileOf({ x: entry('F32', [1], 4, 8) }, 8),
      'tensor "x": its data, from byte 4 on, leave',
    ],
  ])('%s', (_name, file, message) => {
    const path = join(folder, 'bad')
    writeFileSync(path, file)
    for (const from of [file, path]) {
      expect(() => loadSafetensors(from)).toThrow(DataError)
      expect(() => loadSafetensors(from)).toThrow(message)
    }
    expect(() => loadSafetensors(path)).toThrow(JSON.stringify(path))
  })
})

describe('damaged files', () => {
  /** Loads, or fails with the error that a malformed file must give. */
  const survives = (bytes: Buffer): 'loaded' | 'refused' => {
    try {
      const { tensors } = loadSafetensors(bytes)
      for (const { data, shape } of Object.values(tensors)) {
        expect(data.length).toBe(shape.reduce((a, b) => a * b, 1))
      }
      return 'loaded'
    } catch (error) {
      expect(error).toBeInstanceOf(DataError)
      return 'refused'
    }
  }

  const whole = (): Buffer => {
    const path = join(folder, 'x')
    saveSafetensors(path, sample, { format: 'pt' })
    return readFileSync(path)
  }

  test('cut off anywhere, they are refused', () => {
    const bytes = whole()
    for (let length = 0; length < bytes.length; length++)
      expect(survives(bytes.subarray(0, length))).toBe('refused')
    expect(survives(bytes)).toBe('loaded')
  })

  test('with any bytes changed, they are loaded or refused', () => {
    const bytes = whole()
    const header = 8 + Number(bytes.readBigUInt64LE(0))
    const seen = { loaded: 0, refused: 0 }
    const change = fc.record({ at: fc.nat(header - 1), to: fc.nat(255) })
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const damaged = Buffer.from(bytes)
        for (const { at, to } of changes) damaged[at] = to
        seen[survives(damaged)]++
      }),
      { numRuns: 3000, seed: 2 },
    )
    expect(seen.refused).toBeGreaterThan(1000)
    expect(seen.loaded).toBeGreaterThan(20)
  })

  test('with any JSON for a header, they are loaded or refused', () => {
    const number = fc.oneof(fc.nat(20), fc.double(), fc.maxSafeInteger(), fc.constantFrom(4, 8, 16))
    const value = fc.record(
      {
        dtype: fc.oneof(fc.constantFrom('F32', 'F64', 'F16', 'BOOL', 'I64'), fc.jsonValue()),
        shape: fc.oneof(fc.array(number, { maxLength: 3 }), fc.jsonValue()),
        data_offsets: fc.oneof(fc.tuple(number, number), fc.jsonValue()),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.oneof(value, fc.jsonValue())), fc.nat(40), (header, size) => {
        survives(fileOf(header, size))
      }),
      { numRuns: 3000, seed: 3 },
    )
  })
})
