/**
 * Stacked and bidirectional recurrent layers over one cell. A layer is one scan or two, and each layer's output is the
 * next one's input; the core runs the scans, and each direction writes its columns of the shared output.
 */
import { Workspace } from '../memory/workspace.js'
import type { ScanArguments } from '../native/binding.js'
import type { Random } from '../random.js'
import type { Tensor } from '../tensor.js'
import type { CellForm } from './cell-forms.js'
import { ColumnPass, type ColumnLayer } from './column.js'
import { defineLayer, type LayerDefinition, type LayerMemory } from './definition.js'
import { applyDropout } from './dropout.js'
import { initialiseRecurrent, randomOf } from './initialise.js'
import { LayerScan } from './layer-scan.js'
import { Module, type NamedParameter } from './module.js'
import { ParameterValue } from './parameter-value.js'
import type { Parameter } from './parameter.js'
import {
  partOf,
  prepareForward,
  type CallShape,
  type CellForwardOptions,
  type FinalResult,
  type ForwardOptions,
  type InferResult,
  type Prepared,
} from './recurrent-input.js'
import { giveBack, RecurrentPass, type GroupRecord } from './recurrent-pass.js'
import type { ResolvedOptions } from './recurrent-options.js'
import { segmentsOf } from './segments.js'
import type { SequenceBatch } from './sequence-batch.js'
import { parameterForms } from './recurrent-parameters.js'
import { RecurrentStream, type StreamOptions } from './stream.js'

/** The states that a run ends with, in the core's order of sequences. */
interface LastStates {
  readonly hn: Tensor
  readonly cn: Tensor | null
}

/** A stack of recurrent layers, in one direction or both: what LSTM, GRU and RNN are. */
export abstract class Recurrent extends Module {
  /** The options that the layer was made with, defaults filled in. */
  readonly options: ResolvedOptions
  /** @internal The layer's kind and options, from which `makeModel` makes it again. */
  readonly definition: LayerDefinition
  readonly #cell: CellForm
  /** [layer][direction] */
  readonly #scans: readonly (readonly LayerScan[])[]
  readonly #shape: CallShape
  readonly #workspace: Workspace
  readonly #random: Random
  readonly #draw: () => number
  /** Where `stateful`: the states that the last call ended with. */
  #carried: { readonly h: Tensor; readonly c: Tensor | null } | undefined

  /** @param told the options as they were given, to make the layer again elsewhere */
  protected constructor(where: string, cell: CellForm, options: ResolvedOptions, told: object) {
    super(where, parameterForms(cell, options))
    this.options = options
    this.definition = defineLayer(where, told)
    this.#cell = cell
    const { inputSize, hiddenSize, numLayers, own, seed, weights } = options
    const random = randomOf(seed)
    this.#random = random
    this.#draw = () => random.word()
    if (weights === undefined) {
      const form = { gates: cell.gates, hiddenSize, forgetGate: cell.forgetGate }
      initialiseRecurrent(this.parameters(), form, options.init, own.forgetBias, random)
    } else {
      this.loadStateDict(weights)
    }
    this.#scans = Array.from({ length: numLayers }, (_, layer) =>
      Array.from(
        { length: this.directions },
        () => new LayerScan(cell, layer === 0 ? inputSize : this.#width, options),
      ),
    )
    this.#shape = {
      inputSize,
      hiddenSize,
      outputSize: this.outputSize,
      numLayers,
      directions: this.directions,
      batchFirst: options.batchFirst,
      hasCell: cell.hasCell,
    }
    // x, and an output and its dropped-out form a layer, each with a gradient.
    this.#workspace = new Workspace(4 * (numLayers + 1))
  }

  /** 2 where bidirectional, else 1. */
  get directions(): number {
    return this.options.bidirectional ? 2 : 1
  }

  /** Features of a step's output of one direction, R: units, or with a projection fewer. */
  get outputSize(): number {
    return this.options.own.projSize || this.options.hiddenSize
  }

  get #width(): number {
    return this.directions * this.outputSize
  }

  /**
   * A running state for one step at a time, with the weights as they are now.
   *
   * @throws ArgumentError where the layer is bidirectional or an option is wrong
   */
  stream(options: StreamOptions = {}): RecurrentStream {
    const where = `${this.where}.stream`
    const { inputSize, hiddenSize, numLayers, bias, zoneout, bidirectional, own } = this.options
    const form: ScanArguments = [
      this.#cell.name,
      inputSize,
      hiddenSize,
      this.outputSize,
      bias,
      own.cellClip,
      zoneout,
      own.zoneoutCell,
    ]
    const weights = (): (readonly Float32Array[])[] => {
      const named = this.named()
      this.requireIntact(where, named)
      return this.#scans.map((_, layer) =>
        this.#parametersOf(named, layer, 0).map(({ value }) => ParameterValue.read(value)),
      )
    }
    const { hasCell } = this.#cell
    return new RecurrentStream(where, { form, numLayers, hasCell, bidirectional }, weights, options)
  }

  /** Where the layer is stateful: begins anew, with zero states. */
  resetStates(): void {
    this.#carried = undefined
  }

  /**
   * @internal What the next call depends on beside parameters and input: where the noise's generator is, and carried
   *   states.
   */
  memory(): LayerMemory {
    const { h, c } = this.#carried ?? {}
    return {
      random: this.#random.state(),
      ...(h === undefined ? {} : { h: copyOf(h) }),
      ...(c ? { c: copyOf(c) } : {}),
    }
  }

  /** @internal Goes on as the layer did that gave this memory. */
  restoreMemory({ random, h, c }: LayerMemory): void {
    this.#random.restore(random)
    this.#carried = h && { h: copyOf(h), c: c ? copyOf(c) : null }
  }

  /** Runs a batch of sequences and keeps what backward needs. */
  abstract forward(input: Tensor, options?: ForwardOptions): RecurrentPass

  /** The same without keeping anything, and without noise. */
  abstract infer(input: Tensor, options?: ForwardOptions): InferResult

  protected runForward(input: Tensor, options: CellForwardOptions | undefined): RecurrentPass {
    const named = this.named()
    const prepared = this.#prepare('forward', input, options, named)
    const { sequence } = prepared
    const states = this.#newStates(sequence)
    const output = this.#newOutput(prepared)
    const groups = this.#run(prepared, named, states, output, true)
    const result = this.#result(sequence, output, states)
    return new RecurrentPass(
      {
        where: this.where,
        sequence,
        outputShape: output?.shape,
        hShape: states.hn.shape,
        cShape: states.cn?.shape,
        groups,
        workspace: this.#workspace,
        requireIntact: () => this.requireIntact(`${this.where}.backward`, named),
      },
      result,
    )
  }

  protected runInfer(input: Tensor, options: CellForwardOptions | undefined): InferResult | FinalResult {
    const named = this.named()
    const prepared = this.#prepare('infer', input, options, named)
    const states = this.#newStates(prepared.sequence)
    const output = this.#newOutput(prepared)
    const groups = this.#run(prepared, named, states, output, false)
    const result = this.#result(prepared.sequence, output, states)
    giveBack(groups, prepared.sequence, this.#workspace)
    return result
  }

  #prepare(
    method: string,
    input: Tensor,
    options: CellForwardOptions | undefined,
    named: readonly NamedParameter[],
  ): Prepared {
    const where = `${this.where}.${method}`
    const keeps = method === 'forward'
    const prepared = prepareForward(where, this.#shape, keeps, this.#workspace, input, options, this.#carried)
    this.requireIntact(where, named)
    return prepared
  }

  /** Runs all layers, the output going to `result`. Every array in the records is the pass's own. */
  #run(
    prepared: Prepared,
    named: readonly NamedParameter[],
    states: LastStates,
    result: Tensor | undefined,
    keep: boolean,
  ): GroupRecord[] {
    const { sequence, training, precision } = prepared
    const { inputSize, dropout, bidirectional } = this.options
    const workspace = this.#workspace
    const width = this.#width
    const draw = keep && training ? this.#draw : undefined
    const dropping = draw !== undefined && dropout > 0
    const segments = segmentsOf(prepared, keep)
    // One direction needs nothing but the past, so that all layers run together; with two, a layer needs all of that below.
    const groups = bidirectional
      ? this.#scans.map((_, layer) => [layer])
      : [this.#scans.map((_, layer) => layer)]
    // What the caller gives and takes may be used as it is where nothing is read after the call.
    const asGiven = !keep && sequence.places === null
    const given = { data: prepared.input.data, places: sequence.places }
    let input = asGiven ? given.data : workspace.take(sequence.rows * inputSize)
    let features = inputSize
    return groups.map((layers, group) => {
      const last = group === groups.length - 1
      const wanted = last ? (result?.data ?? null) : null
      const own = last && (asGiven || wanted === null) ? null : workspace.take(sequence.rows * width)
      const columns = Array.from({ length: this.directions }, (_, direction) => {
        const column = new ColumnPass({
          layers: layers.map((layer, place) =>
            this.#columnLayer(prepared, states, named, layer, direction, draw, place > 0 ? dropout : 0),
          ),
          batch: sequence.batch,
          reverse: direction === 1,
          segments,
          keep,
          precision,
          input,
          features,
          // The first direction leaves the input full for the second.
          given: asGiven || group > 0 || direction > 0 ? null : given,
          output: own ?? wanted,
          width,
          outColumn: direction * this.outputSize,
          result: own && wanted ? { data: wanted, places: sequence.places } : null,
          workspace,
        })
        column.forward()
        return column
      })
      const key = dropping && bidirectional && !last ? draw() : undefined
      const record: GroupRecord = {
        columns,
        features,
        held: [...(input === given.data ? [] : [input]), ...(own ? [own] : [])],
        states: columns.map((_, direction) => layers.map((layer) => layer * this.directions + direction)),
        dropout: key === undefined ? undefined : { p: dropout, key },
      }
      if (own && !last) {
        // Each group's record gives back its input, so the next one needs an array of its own.
        const dropped = key === undefined ? null : workspace.take(own.length)
        input = dropped && key !== undefined ? applyDropout(own, dropped, dropout, key) : own
        features = width
      }
      return record
    })
  }

  /** @param dropout the probability with which what the layer takes is dropped; without draws nothing is */
  #columnLayer(
    { sequence, h0, c0 }: Prepared,
    { hn, cn }: LastStates,
    named: readonly NamedParameter[],
    layer: number,
    direction: number,
    draw: (() => number) | undefined,
    dropout: number,
  ): ColumnLayer {
    const scan = (this.#scans[layer] as LayerScan[])[direction] as LayerScan
    const group = layer * this.directions + direction
    const part = (whole: Float32Array, width: number) => partOf(whole, group, sequence.batch * width)
    return {
      scan,
      parameters: this.#parametersOf(named, layer, direction),
      noise: scan.noise(sequence.batch, this.#workspace, draw),
      dropout: draw && dropout > 0 ? { p: dropout, key: draw() } : undefined,
      h0: h0 && part(h0, scan.outputSize),
      c0: c0 && part(c0, scan.hiddenSize),
      hn: part(hn.data, scan.outputSize),
      cn: cn && part(cn.data, scan.hiddenSize),
    }
  }

  #parametersOf(named: readonly NamedParameter[], layer: number, direction: number): Parameter[] {
    const each = named.length / (this.options.numLayers * this.directions)
    const first = (layer * this.directions + direction) * each
    return named.slice(first, first + each).map(({ parameter }) => parameter)
  }

  #newStates(sequence: SequenceBatch): LastStates {
    const { numLayers, hiddenSize } = this.options
    const groups = numLayers * this.directions
    return {
      hn: sequence.newStates([groups, sequence.batch, this.outputSize]),
      cn: this.#cell.hasCell ? sequence.newStates([groups, sequence.batch, hiddenSize]) : null,
    }
  }

  #newOutput({ sequence, outputWanted }: Prepared): Tensor | undefined {
    return outputWanted ? sequence.newRows(this.#width) : undefined
  }

  /** What the caller is given. */
  #result(sequence: SequenceBatch, output: Tensor | undefined, states: LastStates): FinalResult {
    const hn = sequence.inCallersOrder(states.hn)
    const cn = states.cn && sequence.inCallersOrder(states.cn)
    if (this.options.stateful) this.#carried = { h: copyOf(hn), c: cn && copyOf(cn) }
    // Written out, since spreading costs a small call some percent.
    if (output === undefined) return cn === null ? { hn } : { hn, cn }
    return cn === null ? { output, hn } : { output, hn, cn }
  }
}

function copyOf({ data, shape }: Tensor): Tensor {
  return { data: data.slice(), shape }
}
