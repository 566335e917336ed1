/**
 * What a step allocates in the steady state, as a line of JSON: by the addon, counted by ../allocations/count.cc where that is
 * preloaded, and in typed arrays, counted here, beside those that the caller is handed.
 */
import { openSync, readFileSync, readSync, writeSync } from 'node:fs'
import type * as Gatewise from '../../lib/index.js'
import { gatewiseFrom } from '../gatewise.js'
import type { Allocation } from '../result.js'

const WARM_STEPS = 60
const STEPS = 40

/** Bytes of all typed arrays made since. */
let arrays = 0
const counted = [Float32Array, Float64Array, Int32Array, Uint32Array, Uint8Array, ArrayBuffer] as const
for (const Type of counted) {
  const wrapped = new Proxy(Type, {
    construct(target, args: unknown[], newTarget) {
      const made = Reflect.construct(target, args, newTarget) as { byteLength: number }
      // One on memory that is there already makes none.
      if (typeof args[0] !== 'object' || !(args[0] instanceof ArrayBuffer)) arrays += made.byteLength
      return made
    },
  })
  Object.defineProperty(globalThis, Type.name, { value: wrapped, writable: true, configurable: true })
}

const { GRU, LSTM, setThreads, tensor } = gatewiseFrom()
type Tensor = Gatewise.Tensor

const path = process.env['GATEWISE_ALLOCATIONS']
const file = path === undefined ? undefined : openSync(path, 'r+')

/** Tells the counter where the addon, which is loaded by now, has its code. */
function nameAddon(to: number): void {
  const [, begin = '0', end = '0'] =
    /^([0-9a-f]+)-([0-9a-f]+) r-xp .*gatewise\.node$/m.exec(readFileSync('/proc/self/maps', 'utf8')) ?? []
  writeSync(to, BigUint64Array.of(BigInt(`0x${begin}`), BigInt(`0x${end}`)), 0, 16, 0)
}

function native(): { calls: number; bytes: number } | undefined {
  if (file === undefined) return undefined
  const found = Buffer.alloc(16)
  readSync(file, found, 0, 16, 16)
  return { calls: Number(found.readBigUInt64LE(0)), bytes: Number(found.readBigUInt64LE(8)) }
}

/** @param step gives the arrays that a caller is handed */
function measure(name: string, step: () => readonly Float32Array[]): Allocation {
  for (let i = 0; i < WARM_STEPS; i++) step()
  const before = native()
  const arraysBefore = arrays
  let handedOut = 0
  for (let i = 0; i < STEPS; i++) for (const { byteLength } of step()) handedOut += byteLength
  const after = native()
  const per = (total: number): number => Math.round((100 * total) / STEPS) / 100
  return {
    name,
    ...(before === undefined || after === undefined
      ? {}
      : { native: { calls: per(after.calls - before.calls), bytes: per(after.bytes - before.bytes) } }),
    arrays: per(arrays - arraysBefore),
    handedOut: per(handedOut),
  }
}

const values = (count: number): Float32Array => Float32Array.from({ length: count }, (_, i) => Math.sin(i))

function training(
  Layer: typeof LSTM | typeof GRU,
  layers: number,
  bidirectional: boolean,
  unequal: boolean,
): Allocation {
  const [T, B, I, H] = [30, 12, 5, 32]
  const layer = new Layer({ inputSize: I, hiddenSize: H, numLayers: layers, bidirectional, seed: 1 })
  const input = tensor(values(T * B * I), [T, B, I])
  const width = bidirectional ? 2 * H : H
  const output = tensor(values(T * B * width), [T, B, width])
  const options = unequal ? { lengths: Array.from({ length: B }, (_, b) => 1 + ((b * 7) % T)) } : {}
  const data = (some: object): Float32Array[] => Object.values(some).map((one) => (one as Tensor).data)
  const traits = [`${layers} × ${H}`, ...(bidirectional ? ['two ways'] : []), ...(unequal ? ['lengths'] : [])]
  return measure(`${Layer.name} ${traits.join(', ')}: training step`, () => {
    const pass = layer.forward(input, options)
    const gradients = pass.backward({ output })
    const states = [pass.output, pass.hn, ...('cn' in pass ? [pass.cn] : [])]
    pass.release()
    return [...data(states), ...data(gradients)]
  })
}

function stream(Layer: typeof LSTM | typeof GRU): Allocation {
  const running = new Layer({ inputSize: 8, hiddenSize: 32, seed: 1 }).stream()
  const [x, out] = [values(8), new Float32Array(32)]
  return measure(`${Layer.name} 32: step of a stream`, () => {
    running.step(x, out)
    return []
  })
}

setThreads(1)
if (file !== undefined) nameAddon(file)
const found = [LSTM, GRU].flatMap((Layer) => [
  training(Layer, 1, false, false),
  training(Layer, 2, true, true),
  stream(Layer),
])
process.stdout.write(`${JSON.stringify(found)}\n`)
