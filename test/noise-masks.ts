/**
 * The masks that a layer draws from its seed, derived anew: which units keep their state (zoneout), which are dropped on
 * their way into W_hh (recurrent dropout) and which weights are (DropConnect). What a mask does is the reference's.
 */
import type { Random } from '../lib/random'
import {
  makeLayer,
  referenceOf,
  type Drawn,
  type Form,
  type Layer,
  type Named,
  type Noise,
} from './layer-cases'
import { parameterSizes, stateSize } from './reference/parameters'

const { imul } = Math // a look-up of a global is slow in a test's context

/** A word for an index under a key, as lib/layers/dropout.ts and native/math/noise.h have it. */
export function noiseWord(key: number, index: number): number {
  let word = imul((index ^ key) | 0, 0x9e3779b1)
  word = imul(word ^ (word >>> 15) ^ key, 0x85ebca77)
  word = imul(word ^ (word >>> 13), 0xc2b2ae3d)
  return (word ^ (word >>> 16)) >>> 0
}

/** 0 with probability p, else 1/(1 − p): of the elements of an array from the first on. */
const dropped = (p: number, key: number, count: number): Float64Array =>
  Float64Array.from({ length: count }, (_, i) => (noiseWord(key, i) < p * 2 ** 32 ? 0 : 1 / (1 - p)))

/** What is under the key of c, that of h being the pass's. */
const KEY_OF_C = 0x5bd1e995

/** Where the core has the rows of a batch: longest sequences first, all that have step 0, then all that have step 1. */
function coreRows({ T, B, lengths }: Form): { place: number[]; offsets: number[] } {
  const own = lengths ?? new Array<number>(B).fill(T)
  const order = own.map((_, b) => b).sort((a, b) => own[b]! - own[a]!)
  const place = own.map((_, b) => order.indexOf(b))
  let rows = 0
  const offsets = Array.from({ length: T }, (_, t) => {
    const first = rows
    rows += own.filter((length) => length > t).length
    return first
  })
  return { place, offsets }
}

/** The masks of one pass, by place: a layer and direction. */
export interface Masks {
  readonly noise: Noise
  /** Of W_hh. */
  readonly connect: Float64Array[]
}

/** Draws a pass's masks: for every place the keys of recurrent dropout, zoneout and DropConnect, as far as there are. */
export function drawMasks(form: Form, random: Random): Masks {
  const { T, B, hiddenSize: H, numLayers = 1, bidirectional = false, more = {} } = form
  const { recurrentDropout = 0, zoneout = 0, zoneoutCell = 0, dropConnect = 0 } = more
  const R = stateSize(form)
  const { place, offsets } = coreRows(form)
  const weights = parameterSizes(form).filter(([name]) => name.startsWith('weight_hh'))
  const dropout: Float64Array[] = []
  const [h, c]: Float64Array[][] = [[], []]
  const connect: Float64Array[] = []
  for (let at = 0; at < numLayers * (bidirectional ? 2 : 1); at++) {
    if (recurrentDropout > 0) {
      const inCoreOrder = dropped(recurrentDropout, random.word(), B * R)
      dropout.push(
        Float64Array.from({ length: B * R }, (_, i) => inCoreOrder[place[Math.floor(i / R)]! * R + (i % R)]!),
      )
    }
    if (zoneout > 0 || zoneoutCell > 0) {
      const key = random.word()
      const kept = (p: number, own: number): Float64Array =>
        Float64Array.from({ length: T * B * H }, (_, i) => {
          const [t, b] = [Math.floor(i / (B * H)), Math.floor(i / H) % B]
          const word = noiseWord(own, (offsets[t]! + place[b]!) * H + (i % H))
          return word >>> 8 < Math.fround(p) * 2 ** 24 ? 1 : 0
        })
      h!.push(kept(zoneout, key))
      c!.push(kept(zoneoutCell, (key ^ KEY_OF_C) >>> 0))
    }
    if (dropConnect > 0) connect.push(dropped(dropConnect, random.word(), weights[at]![1]))
  }
  const zones = zoneout > 0 || zoneoutCell > 0
  return {
    noise: {
      ...(recurrentDropout > 0 && { dropout }),
      ...(zones && { zoneout: { ...(zoneout > 0 && { h }), ...(form.kind === 'LSTM' && { c }) } }),
    },
    connect,
  }
}

/** A case with the weights that DropConnect leaves, as float32 has them. */
export function withoutDropped(drawn: Drawn, { connect }: Masks): Drawn {
  const names = Object.keys(drawn.parameters).filter((name) => name.startsWith('weight_hh'))
  const left = connect.map((mask, at): [string, Float64Array] => {
    const weights = drawn.parameters[names[at]!]!
    return [names[at]!, weights.map((w, i) => Math.fround(w * mask[i]!))]
  })
  return { ...drawn, parameters: { ...drawn.parameters, ...Object.fromEntries(left) } }
}

/** Results and gradients of a training pass with these masks, from the reference. */
export function referenceWith(drawn: Drawn, masks: Masks): Named {
  const expected = referenceOf(withoutDropped(drawn, masks), masks.noise)
  const names = Object.keys(drawn.parameters).filter((name) => name.startsWith('weight_hh'))
  for (const [at, mask] of masks.connect.entries()) {
    const name = `d.${names[at]!}`
    expected[name] = Float64Array.from(expected[name]!, (d, i) => d * mask[i]!)
  }
  return expected
}

/** A layer of a case that draws its first mask with the first word of its seed, since it draws no first values. */
export function seededLayer(drawn: Drawn, seed: number): Layer {
  const weights = makeLayer({ ...drawn, form: { ...drawn.form, more: {} } }).stateDict()
  return makeLayer({ ...drawn, form: { ...drawn.form, more: { ...drawn.form.more, seed, weights } } })
}
