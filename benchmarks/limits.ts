/** What the machine can do at most, and what a row would take if it did. */
import { readFileSync } from 'node:fs'
import { gatesOf, stepsOf, type Mode, type Subject } from './cases.js'
import { compile } from './compile.js'
import { holdToCores } from './cores.js'
import { LineProcess } from './process.js'

/** Floating-point operations, and bytes read, per second. */
export interface Sample {
  readonly flops: number
  /** From as many bytes as a layer's W_hh has. */
  readonly read: number
}

/** The program of limits/, compiled on first use and kept alive. */
export class Limits {
  private constructor(private readonly process: LineProcess) {}

  /** Undefined where there is no compiler. */
  static start(): Limits | undefined {
    const flags = ['-O3', '-march=native', '-ffp-contract=fast', '-pthread']
    const program = compile('limits/limits.cc', 'limits-of-this-machine', flags)
    return program === undefined ? undefined : new Limits(new LineProcess([program], 60))
  }

  /** Measures what follows on the cores of a row. */
  holdToCores(threads: number): void {
    holdToCores(this.process.pid, threads)
  }

  async flops(threads: number): Promise<number> {
    return Number(await this.process.ask(`flops ${threads}`))
  }

  async read(threads: number, bytes: number): Promise<number> {
    return Number(await this.process.ask(`read ${threads} ${bytes}`))
  }

  async sample(subject: Subject, threads: number): Promise<Sample> {
    const flops = await this.flops(threads)
    return { flops, read: await this.read(threads, stateBytes(subject)) }
  }

  close(): void {
    this.process.close()
  }
}

/** Bytes of W_hh of a layer and direction: what every step reads. */
export function stateBytes(subject: Subject): number {
  return 4 * gatesOf(subject) * subject.H * subject.H
}

/** Sizes of a core's caches in bytes, as far as the system says. */
export function cacheBytes(level: 2 | 3): number | undefined {
  for (let index = 0; index < 8; index++) {
    const folder = `/sys/devices/system/cpu/cpu0/cache/index${index}`
    try {
      if (readFileSync(`${folder}/level`, 'utf8').trim() !== String(level)) continue
      return Number.parseInt(readFileSync(`${folder}/size`, 'utf8')) * 1024
    } catch {
      return undefined
    }
  }
  return undefined
}

export interface Shares {
  /** Of the peak of multiply-adds: the row's operations, over its time. */
  readonly flops: number
  /** Of the bandwidth: W_hh once for every step and way, over its time. */
  readonly read: number
  /** The least time that the machine's limits allow, over the time it took. */
  readonly bound: number
  /** Which limit the most of that least time is for. */
  readonly by: 'FMA' | 'read'
}

/**
 * A row's shares of a machine that does `limits`. The least time is a sum over what must follow one another: the products
 * that have all steps at once, which the multiply-adds bind, and the steps, each of which does its multiply-adds and reads
 * W_hh, and takes the longer of the two. Forward has the input's product and the steps; backward has the steps again, and
 * the products for dx, dW_ih and dW_hh. Activations, and reading anything but W_hh, are taken to be free.
 */
export function sharesOf(subject: Subject, mode: Mode, seconds: number, limits: Sample): Shares {
  const { T, I, H, layers, bidirectional } = subject
  const directions = bidirectional ? 2 : 1
  const gates = gatesOf(subject) * H
  const rows = stepsOf(subject)
  const ways = mode === 'train' ? 2 : 1
  const recurrent = 2 * rows * gates * H
  const byFlops = recurrent / limits.flops
  const byReads = (T * stateBytes(subject)) / limits.read

  let [least, products, flops] = [0, 0, 0]
  for (let layer = 0; layer < layers; layer++) {
    const inputs = 2 * rows * gates * (layer === 0 ? I : directions * H)
    const together = mode === 'train' ? 3 * inputs + recurrent : inputs
    products += (directions * together) / limits.flops
    least += directions * (together / limits.flops + ways * Math.max(byFlops, byReads))
    flops += directions * (together + ways * recurrent)
  }
  const reads = layers * directions * ways * byReads
  return {
    flops: flops / limits.flops / seconds,
    read: reads / seconds,
    bound: least / seconds,
    by: byReads > byFlops && reads > products ? 'read' : 'FMA',
  }
}
