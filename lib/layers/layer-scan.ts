/** One direction of one recurrent layer: its scan in the core, and what is random about a pass of it. */
import type { Workspace } from '../memory/workspace.js'
import { native } from '../native/load.js'
import type { ForwardArguments, NativePrecision, NativeScan } from '../native/binding.js'
import type { CellForm } from './cell-forms.js'
import { applyDropout } from './dropout.js'
import { KeptWeights } from './kept-weights.js'
import { ParameterValue } from './parameter-value.js'
import type { Parameter } from './parameter.js'
import type { ResolvedOptions } from './recurrent-options.js'

/** What was drawn for one pass. */
export interface ScanNoise {
  /** [B, R]: what h is multiplied by before W_hh; null for nothing. */
  readonly dropout: Float32Array | null
  /** Of the core's draw of units that keep their state; -1 for the expectation. */
  readonly zoneoutKey: number
  /** Of the weights that are zeroed; undefined for none. */
  readonly connectKey: number | undefined
}

/** The parameters of a scan, and their values as a pass has them. */
export interface ScanParameters {
  readonly parameters: readonly Parameter[]
  readonly values: readonly Float32Array[]
}

/** W_hh stands second among a scan's parameters. */
const STATE_WEIGHTS = 1

export class LayerScan {
  readonly native: NativeScan
  readonly hiddenSize: number
  /** R */
  readonly outputSize: number
  readonly #recurrentDropout: number
  readonly #zones: boolean
  readonly #dropConnect: number
  readonly #kept = new Map<NativePrecision, KeptWeights>()

  /** @param features of its input */
  constructor(cell: CellForm, features: number, options: ResolvedOptions) {
    const { hiddenSize, bias, zoneout, recurrentDropout, dropConnect, own } = options
    this.hiddenSize = hiddenSize
    this.outputSize = own.projSize || hiddenSize
    this.#recurrentDropout = recurrentDropout
    this.#zones = zoneout > 0 || own.zoneoutCell > 0
    this.#dropConnect = dropConnect
    this.native = new (native().Scan)(
      cell.name,
      features,
      hiddenSize,
      this.outputSize,
      bias,
      own.cellClip,
      zoneout,
      own.zoneoutCell,
    )
  }

  /**
   * Runs without a tape. The weights are kept from call to call, packed.
   *
   * @param from the parameters and their values; null where the weights of the call before are to serve
   */
  infer(from: ScanParameters | null, precision: NativePrecision, call: ForwardArguments): void {
    const kept = this.#kept.get(precision) ?? new KeptWeights(this.native.inferSize(precision))
    this.#kept.set(precision, kept)
    const run = (values: readonly Float32Array[] | null): void =>
      this.native.infer(values, kept.array, ...call, precision)
    if (from === null || kept.areOf(from.parameters)) run(null)
    else kept.pack(from.parameters, () => run(from.values))
  }

  /** Draws for a pass of `batch` sequences; without `draw`, nothing is random. */
  noise(batch: number, workspace: Workspace, draw: (() => number) | undefined): ScanNoise {
    const p = this.#recurrentDropout
    const drops = draw !== undefined && p > 0
    const mask = drops ? workspace.take(batch * this.outputSize).fill(1) : null
    return {
      dropout: mask && draw ? applyDropout(mask, mask, p, draw()) : null,
      zoneoutKey: draw !== undefined && this.#zones ? draw() : -1,
      connectKey: draw !== undefined && this.#dropConnect > 0 ? draw() : undefined,
    }
  }

  /** The parameters' values as a pass has them. */
  values(parameters: readonly Parameter[], noise: ScanNoise, workspace: Workspace): Float32Array[] {
    return parameters.map(({ value }, index) => {
      const data = ParameterValue.read(value)
      return index === STATE_WEIGHTS && noise.connectKey !== undefined
        ? applyDropout(data, workspace.take(data.length), this.#dropConnect, noise.connectKey)
        : data
    })
  }

  /** The arrays that a pass's gradients are added to: the parameters' own, or one to be handed to `finish`. */
  gradients(parameters: readonly Parameter[], noise: ScanNoise, workspace: Workspace): Float32Array[] {
    return parameters.map(({ grad: { data } }, index) =>
      index === STATE_WEIGHTS && noise.connectKey !== undefined ? workspace.take(data.length).fill(0) : data,
    )
  }

  /** Adds the gradients of weights that were partly zeroed to the parameter's, and gives their array back. */
  finish(
    parameters: readonly Parameter[],
    gradients: readonly Float32Array[],
    noise: ScanNoise,
    workspace: Workspace,
  ): void {
    const [own, to] = [gradients[STATE_WEIGHTS], parameters[STATE_WEIGHTS]?.grad.data]
    if (noise.connectKey === undefined || own === undefined || to === undefined) return
    applyDropout(own, own, this.#dropConnect, noise.connectKey)
    for (let i = 0; i < to.length; i++) to[i] = (to[i] as number) + (own[i] as number)
    workspace.give(own)
  }
}
