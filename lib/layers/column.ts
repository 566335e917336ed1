/**
 * One direction through one or more layers: the scans that can be run together piece by piece, since each needs only
 * those below it and its own past. A pass of a column keeps tapes of all steps, or, where it is cut into segments, the
 * states between segments and the tape of one, which backward makes anew for each (Chen et al. 2016).
 */
import type { Workspace } from '../memory/workspace.js'
import type { NativePlaces, NativePrecision, SequenceArguments } from '../native/binding.js'
import { applyDropout } from './dropout.js'
import type { LayerScan, ScanNoise } from './layer-scan.js'
import { ParameterValue } from './parameter-value.js'
import type { Parameter } from './parameter.js'
import { halfOf, type Segment } from './segments.js'

/** One layer of a column. */
export interface ColumnLayer {
  readonly scan: LayerScan
  readonly parameters: readonly Parameter[]
  readonly noise: ScanNoise
  /** Of the dropout of its input; undefined for none. */
  readonly dropout: { readonly p: number; readonly key: number } | undefined
  /** First states, [B, R] and [B, H], or null for zeros. */
  readonly h0: Float32Array | null
  readonly c0: Float32Array | null
  /** Where its last states go. */
  readonly hn: Float32Array
  readonly cn: Float32Array | null
}

/** Rows in the order of the core, or in the places where the caller has them. */
export interface PlacedRows {
  readonly data: Float32Array
  readonly places: NativePlaces
}

/** Rows of a pass from which on its sequences may go in groups: the gradients' sums of each are then little beside the steps. */
const WORTH_GROUPING = 1024

const NO_ROWS = { data: null, places: null } as const

/** What a pass of a column is told. */
export interface ColumnCall {
  readonly layers: readonly ColumnLayer[]
  readonly batch: number
  readonly reverse: boolean
  readonly segments: readonly Segment[]
  /** Whether backward may follow. */
  readonly keep: boolean
  /** In which the matrices are kept where it may not. */
  readonly precision: NativePrecision
  /** [N, features] */
  readonly input: Float32Array
  /** The caller's, which `input` is filled with first; null where it is full. */
  readonly given: PlacedRows | null
  readonly features: number
  /** [N, width]: takes the last layer's outputs in columns from outColumn on; null where no one wants them. */
  readonly output: Float32Array | null
  readonly width: number
  readonly outColumn: number
  /** The caller's copy of the output; null for none. */
  readonly result: PlacedRows | null
  readonly workspace: Workspace
}

/** Gradients of one layer's states: those that are given, and where the others go. */
export interface StateGradients {
  readonly dhn: Float32Array | null
  readonly dcn: Float32Array | null
  readonly dh0: Float32Array
  readonly dc0: Float32Array | null
}

/** What the pass holds for one layer. */
interface LayerMemory {
  readonly values: readonly Float32Array[]
  /** Sequences of the first of two groups, or 0; and whether it goes back by tiles: matters of the whole pass, not of its segments. */
  readonly firstGroup: number
  readonly tiles: boolean
  readonly tape: Float32Array | null
  /** Its input after dropout, of one segment; null where the layer below's output or the column's input serves. */
  readonly dropped: Float32Array | null
  /** Its output, of one segment; null where the column's serves. */
  readonly out: Float32Array | null
  /**
   * The states between segments, in the order in which they are run: [segments + 1, B, R] and [.., B, H]. null where there is
   * one segment, whose last states are the layer's.
   */
  readonly h: Float32Array | null
  readonly c: Float32Array | null
}

export class ColumnPass {
  readonly #call: ColumnCall
  readonly #memory: readonly LayerMemory[]
  /** The places of segments in the order in which forward runs them. */
  readonly #order: readonly number[]
  /** Of the longest segment. */
  readonly #rows: number
  /** Which of #order the tapes are of. */
  #onTape = -1

  constructor(call: ColumnCall) {
    this.#call = call
    const { layers, segments, batch, workspace, keep, features } = call
    const places = segments.map((_, place) => place)
    this.#order = call.reverse ? places.reverse() : places
    this.#rows = segments.reduce((most, segment) => Math.max(most, segment.rows), 0)
    const rows = this.#rows
    const all = segments.reduce((sum, segment) => sum + segment.rows, 0)
    const half = keep && all >= WORTH_GROUPING ? halfOf(segments) : 0
    const states = segments.length === 1 ? 0 : keep ? segments.length + 1 : 2
    this.#memory = layers.map(({ scan, parameters, noise, dropout }, layer) => {
      const last = layer === layers.length - 1
      const width = layer === 0 ? features : scan.outputSize
      const firstGroup = half > 0 && scan.native.suitsGroups(batch) ? half : 0
      const tiles = keep && scan.native.suitsTiles(batch)
      return {
        values: scan.values(parameters, noise, workspace),
        firstGroup,
        tiles,
        tape: keep ? workspace.take(scan.native.tapeSize(rows, firstGroup, tiles)) : null,
        dropped: dropout === undefined ? null : workspace.take(rows * width),
        out: last && call.output !== null ? null : workspace.take(rows * scan.outputSize),
        h: states > 0 ? workspace.take(states * batch * scan.outputSize) : null,
        c: states > 0 && layers[layer]?.cn ? workspace.take(states * batch * scan.hiddenSize) : null,
      }
    })
  }

  /** Runs all segments; the layers' hn and cn are full after it. */
  forward(): void {
    for (let at = 0; at < this.#order.length; at++) this.#runSegment(at, true)
    for (const [layer, { hn, cn }] of this.#call.layers.entries()) {
      const { h, c } = this.#statesAt(layer, this.#order.length)
      if (h === hn) continue
      hn.set(h)
      if (cn && c) cn.set(c)
    }
  }

  /**
   * @param dout of the output, `width` each, or null for zeros
   * @param dx `features` each: takes the input's gradient, or null where it is not wanted
   * @param addDx whether to add to dx
   */
  backward(
    dout: PlacedRows | null,
    states: readonly StateGradients[],
    dx: PlacedRows | null,
    addDx: boolean,
  ): void {
    const { layers, segments, batch, workspace } = this.#call
    const single = segments.length === 1
    const work = layers.map(({ scan, parameters, noise }, layer) => ({
      grads: scan.gradients(parameters, noise, workspace),
      chain: single
        ? null
        : workspace.take(scan.native.chainSize(batch, (this.#memory[layer] as LayerMemory).firstGroup)),
      dx: layer === 0 ? null : workspace.take(this.#rows * scan.outputSize),
    }))
    for (let at = this.#order.length - 1; at >= 0; at--) {
      const segment = this.#segmentAt(at)
      if (this.#onTape !== at) this.#runSegment(at, false)
      let dabove = dout && this.#partOf(dout, segment, this.#call.width)
      for (let layer = layers.length - 1; layer >= 0; layer--) {
        const { scan, dropout } = layers[layer] as ColumnLayer
        const { tape, tiles } = this.#memory[layer] as LayerMemory
        const { grads, chain, dx: inner } = work[layer] as (typeof work)[number]
        const { dhn, dcn, dh0, dc0 } = states[layer] as StateGradients
        const dbelow =
          layer === 0
            ? dx && this.#partOf(dx, segment, this.#call.features)
            : { data: (inner as Float32Array).subarray(0, segment.rows * scan.outputSize), places: null }
        const [above, below] = [dabove ?? NO_ROWS, dbelow ?? NO_ROWS]
        scan.native.backward(
          grads,
          tape as Float32Array,
          ...this.#sequence(layer, at),
          above.data,
          above.places,
          dhn,
          dcn,
          below.data,
          below.places,
          layer === 0 && addDx,
          dh0,
          dc0,
          chain,
          single ? 0 : batch,
          single ? 0 : this.#goesOn(at),
          at === this.#order.length - 1,
          at === 0,
          tiles,
        )
        if (dropout && dbelow) {
          applyDropout(dbelow.data, dbelow.data, dropout.p, dropout.key, segment.firstRow * scan.outputSize)
        }
        dabove = dbelow
      }
    }
    for (const [layer, { grads, chain, dx: inner }] of work.entries()) {
      const { scan, parameters, noise } = layers[layer] as ColumnLayer
      scan.finish(parameters, grads, noise, workspace)
      if (chain) workspace.give(chain)
      if (inner) workspace.give(inner)
    }
  }

  /** Adds the arrays of the workspace that the pass holds to a list. */
  listHeld(to: Float32Array[]): void {
    for (const [layer, { values, tape, dropped, out, h, c }] of this.#memory.entries()) {
      const { parameters, noise } = this.#call.layers[layer] as ColumnLayer
      for (const array of [tape, dropped, out, h, c, noise.dropout]) if (array !== null) to.push(array)
      if (noise.connectKey === undefined) continue
      for (const [index, { value }] of parameters.entries()) {
        const data = values[index] as Float32Array
        if (data !== ParameterValue.read(value)) to.push(data)
      }
    }
  }

  /** Runs the segment at a place of the order, through all layers. The caller's arrays are for the first time that it is run. */
  #runSegment(at: number, isFirst: boolean): void {
    const { layers, keep, batch, precision, features, width, given, result } = this.#call
    const segment = this.#segmentAt(at)
    const packs = isFirst && at === 0
    const givenPart = isFirst && given ? this.#partOf(given, segment, features) : NO_ROWS
    const resultPart = isFirst && result ? this.#partOf(result, segment, width) : NO_ROWS
    for (const [layer, { scan, parameters, dropout }] of layers.entries()) {
      const { tape, values, tiles, dropped } = this.#memory[layer] as LayerMemory
      if (dropped && dropout) {
        const from = this.#outputOf(layer - 1, segment)
        const first = segment.firstRow * scan.outputSize
        applyDropout(from, dropped.subarray(0, from.length), dropout.p, dropout.key, first)
      }
      const next = this.#statesAt(layer, at + 1)
      // Sequences that are over before this segment, or begin after it, keep theirs.
      if (segment.batch < batch) {
        const before = this.#statesBefore(layer, at)
        if (before.h) next.h.set(before.h)
        else next.h.fill(0)
        if (before.c) next.c?.set(before.c)
        else next.c?.fill(0)
      }
      const filling = layer === 0 ? givenPart : NO_ROWS
      const copied = layer === layers.length - 1 ? resultPart : NO_ROWS
      const rows = [filling.data, filling.places, copied.data, copied.places] as const
      const call = [...this.#sequence(layer, at), next.h, next.c, ...rows] as const
      if (tape !== null) scan.native.forward(packs ? values : null, tape, ...call, tiles)
      else scan.infer(packs ? { parameters, values } : null, precision, call)
    }
    if (keep) this.#onTape = at
  }

  #segmentAt(at: number): Segment {
    return this.#call.segments[this.#order[at] as number] as Segment
  }

  /** Rows of the step that the segment at a place ends with that have a step in the one that is run after it. */
  #goesOn(at: number): number {
    if (at === this.#order.length - 1) return 0
    return this.#call.reverse ? this.#segmentAt(at).batch : this.#segmentAt(at + 1).batch
  }

  #rowsOf(array: Float32Array, { firstRow, rows }: Segment, width: number): Float32Array {
    return this.#call.segments.length === 1
      ? array
      : array.subarray(firstRow * width, (firstRow + rows) * width)
  }

  #partOf({ data, places }: PlacedRows, segment: Segment, width: number): PlacedRows {
    if (places === null) return { data: this.#rowsOf(data, segment, width), places }
    const { segments } = this.#call
    if (segments.length === 1) return { data, places }
    // What comes after the last segment is padding of its own.
    const [steps = 0, perStep = 0] = places
    const own = Int32Array.from(places)
    own[0] = segment === segments.at(-1) ? steps - segment.firstStep : segment.steps
    return { data: data.subarray(segment.firstStep * perStep * width), places: own }
  }

  #outputOf(layer: number, segment: Segment): Float32Array {
    const { out } = this.#memory[layer] as LayerMemory
    if (out === null) return this.#rowsOf(this.#call.output as Float32Array, segment, this.#call.width)
    return out.subarray(0, segment.rows * (this.#call.layers[layer] as ColumnLayer).scan.outputSize)
  }

  /** The states after so many segments. */
  #statesAt(layer: number, done: number): { h: Float32Array; c: Float32Array | null } {
    const { keep, batch, layers } = this.#call
    const { h, c } = this.#memory[layer] as LayerMemory
    const { scan, hn, cn } = layers[layer] as ColumnLayer
    if (h === null) return { h: hn, c: cn }
    const slot = keep ? done : done % 2
    const part = (array: Float32Array, width: number): Float32Array =>
      array.subarray(slot * batch * width, (slot + 1) * batch * width)
    return { h: part(h, scan.outputSize), c: c && part(c, scan.hiddenSize) }
  }

  /** The same, before the first segment those that were given. */
  #statesBefore(layer: number, at: number): { h: Float32Array | null; c: Float32Array | null } {
    const { h0, c0 } = this.#call.layers[layer] as ColumnLayer
    return at === 0 ? { h: h0, c: c0 } : this.#statesAt(layer, at)
  }

  #sequence(layer: number, at: number): SequenceArguments {
    const { reverse, input, features, width, outColumn } = this.#call
    const { scan, noise } = this.#call.layers[layer] as ColumnLayer
    const { firstGroup, dropped, out } = this.#memory[layer] as LayerMemory
    const segment = this.#segmentAt(at)
    const x =
      layer === 0 ? this.#rowsOf(input, segment, features) : (dropped ?? this.#outputOf(layer - 1, segment))
    const before = this.#statesBefore(layer, at)
    return [
      segment.steps,
      segment.batch,
      segment.counts,
      reverse,
      x,
      before.h,
      before.c,
      this.#outputOf(layer, segment),
      out === null ? width : scan.outputSize,
      out === null ? outColumn : 0,
      noise.dropout,
      noise.zoneoutKey,
      segment.firstRow,
      firstGroup,
    ]
  }
}
