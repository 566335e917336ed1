/**
 * Stacked and bidirectional recurrent layers over one cell. A layer is one scan or two, and each layer's output is the
 * next one's input; the core runs the scans, and each direction writes its columns of the shared output.
 */
import { booleanOption, describe, requireOptions, requireTensor, sizeOf } from '../shapes.js'
import { ArgumentError } from '../errors.js'
import { native } from '../native/load.js'
import type { NativeScan, SequenceArguments } from '../native/binding.js'
import type { Tensor } from '../tensor.js'
import { newTensor } from './allocate.js'
import type { CellForm } from './cell-forms.js'
import { applyDropout } from './dropout.js'
import { initialiseUniform, randomOf } from './initialise.js'
import { Module, type ParameterForm } from './module.js'
import { RecurrentPass, type LayerRecord, type PassRecord, type ScanRecord } from './recurrent-pass.js'
import { resolveOptions, type RecurrentOptions, type ResolvedOptions } from './recurrent-options.js'
import { requireLengths, SequenceBatch } from './sequence-batch.js'
import { RecurrentStream, type StreamOptions } from './stream.js'
import { Workspace } from './workspace.js'

/** Options of a forward pass of a cell without a cell state. */
export interface ForwardOptions {
  /** First hidden state, [layers·directions, B, H]; zeros unless told. */
  h0?: Tensor
  /** Steps of each sequence, in any order, each from 1 to T; all T unless told. */
  lengths?: ArrayLike<number>
  /** Whether dropout applies; true unless told. `infer` never applies it. */
  training?: boolean
}

/** Options of a forward pass of a cell with a cell state. */
export interface CellForwardOptions extends ForwardOptions {
  /** First cell state, [layers·directions, B, H]; zeros unless told. */
  c0?: Tensor
}

/** What `infer` gives. */
export interface InferResult {
  /** [T, B, directions·H], or [B, T, …]: the last layer's h of every step; zero past a sequence's end. */
  readonly output: Tensor
  /** [layers·directions, B, H]: h after each sequence's last step. */
  readonly hn: Tensor
  /** Likewise c, for a cell that has it. */
  readonly cn?: Tensor
}

/** What a call hands to the core, checked and in the core's order. */
interface Prepared {
  readonly sequence: SequenceBatch
  readonly input: Tensor
  readonly h0: Float32Array | null
  readonly c0: Float32Array | null
  readonly training: boolean
}

/** One direction of one layer, with the arrays of its parameters. */
interface ScanOfLayer {
  readonly scan: NativeScan
  readonly values: readonly Float32Array[]
  readonly grads: readonly Float32Array[]
}

export abstract class Recurrent extends Module {
  readonly options: ResolvedOptions
  readonly #cell: CellForm
  readonly #scans: readonly (readonly ScanOfLayer[])[]
  readonly #workspace: Workspace
  readonly #dropoutKey: () => number

  protected constructor(where: string, cell: CellForm, options: RecurrentOptions) {
    const resolved = resolveOptions(where, options)
    super(where, parameterForms(cell, resolved))
    this.options = resolved
    this.#cell = cell
    const random = randomOf(resolved.seed)
    initialiseUniform(this.parameters(), resolved.hiddenSize, random)
    this.#dropoutKey = () => random.word()
    this.#scans = this.#makeScans()
    // x, and an output and its dropped-out form a layer, each with a gradient.
    this.#workspace = new Workspace(4 * (resolved.numLayers + 1))
  }

  #makeScans(): ScanOfLayer[][] {
    const { Scan } = native()
    const { inputSize, hiddenSize, numLayers, bias } = this.options
    const parameters = this.parameters()
    const each = bias ? 4 : 2
    return Array.from({ length: numLayers }, (_, layer) =>
      Array.from({ length: this.directions }, (_, direction) => {
        const first = (layer * this.directions + direction) * each
        const own = parameters.slice(first, first + each)
        const features = layer === 0 ? inputSize : this.directions * hiddenSize
        return {
          scan: new Scan(this.#cell.name, features, hiddenSize, bias),
          values: own.map(({ value }) => value.data),
          grads: own.map(({ grad }) => grad.data),
        }
      }),
    )
  }

  /** 2 where bidirectional, else 1. */
  get directions(): number {
    return this.options.bidirectional ? 2 : 1
  }

  /**
   * A running state for one step at a time, with the weights as they are now.
   *
   * @throws ArgumentError where the layer is bidirectional or an option is wrong
   */
  stream(options: StreamOptions = {}): RecurrentStream {
    const where = `${this.where}.stream`
    const weights = (): (readonly Float32Array[])[] => {
      this.requireIntact(where)
      return this.#scans.map(([forward]) => forward?.values ?? [])
    }
    return new RecurrentStream(where, this.#cell, this.options, weights, options)
  }

  protected runForward(input: Tensor, options: CellForwardOptions | undefined): RecurrentPass {
    const prepared = this.#prepare('forward', input, options)
    const { sequence, h0, c0 } = prepared
    const states = this.#newStates(sequence.batch)
    const layers = this.#run(prepared, states, true)
    const result = this.#result(sequence, layers.at(-1)?.output ?? new Float32Array(0), states)
    const record: PassRecord = {
      where: this.where,
      sequence,
      inputShape: prepared.input.shape,
      outputShape: result.output.shape,
      stateShape: states.hn.shape,
      h0,
      c0,
      hasCell: this.#cell.hasCell,
      layers,
      workspace: this.#workspace,
      requireIntact: () => this.requireIntact(`${this.where}.backward`),
    }
    return new RecurrentPass(record, result)
  }

  protected runInfer(input: Tensor, options: CellForwardOptions | undefined): InferResult {
    const prepared = this.#prepare('infer', input, options)
    const states = this.#newStates(prepared.sequence.batch)
    const layers = this.#run({ ...prepared, training: false }, states, false)
    const result = this.#result(prepared.sequence, layers.at(-1)?.output ?? new Float32Array(0), states)
    this.#workspace.giveAll(layers.flatMap(({ input: x, output }) => [x, output]))
    return result
  }

  /** Runs all layers. Every array in the records is the pass's own. */
  #run(prepared: Prepared, states: { hn: Tensor; cn: Tensor | null }, keep: boolean): LayerRecord[] {
    const { sequence, h0, c0, training } = prepared
    const { inputSize, hiddenSize, dropout } = this.options
    const width = this.directions * hiddenSize
    let x = sequence.gather(prepared.input.data, inputSize, this.#workspace.take(sequence.rows * inputSize))
    return this.#scans.map((directions, layer) => {
      const output = this.#workspace.take(sequence.rows * width)
      const scans = directions.flatMap(({ scan, values, grads }, direction): ScanRecord[] => {
        const call: SequenceArguments = [
          sequence.activeSteps,
          sequence.batch,
          sequence.counts,
          direction === 1,
          x,
          h0,
          c0,
          layer * this.directions + direction,
          output,
          width,
          direction * hiddenSize,
        ]
        const tape = keep ? this.#workspace.take(scan.tapeSize(sequence.rows)) : null
        scan.forward(values, tape, ...call, states.hn.data, states.cn?.data ?? null)
        return tape ? [{ scan, sequence: call, tape, grads }] : []
      })
      const dropping = training && dropout > 0 && layer < this.#scans.length - 1
      const key = dropping ? this.#dropoutKey() : 0
      const record: LayerRecord = {
        scans,
        input: x,
        features: layer === 0 ? inputSize : width,
        output,
        width,
        dropout: dropping ? { p: dropout, key } : undefined,
      }
      // Each layer's record gives back its input, so the next one needs an array of its own.
      x = dropping ? applyDropout(output, this.#workspace.take(output.length), dropout, key) : output
      return record
    })
  }

  #newStates(batch: number): { hn: Tensor; cn: Tensor | null } {
    const shape = [this.options.numLayers * this.directions, batch, this.options.hiddenSize]
    return { hn: newTensor(shape), cn: this.#cell.hasCell ? newTensor(shape) : null }
  }

  /** The caller's view of what the core left. */
  #result(
    sequence: SequenceBatch,
    rows: Float32Array,
    states: { hn: Tensor; cn: Tensor | null },
  ): InferResult {
    const { hiddenSize, batchFirst } = this.options
    const width = this.directions * hiddenSize
    const { steps, batch } = sequence
    const output = newTensor(batchFirst ? [batch, steps, width] : [steps, batch, width])
    sequence.scatter(rows, width, output.data)
    const inOrder = ({ data, shape }: Tensor): Tensor =>
      sequence.counts === null
        ? { data, shape }
        : { data: sequence.scatterStates(data, shape[0] ?? 0, hiddenSize), shape }
    return { output, hn: inOrder(states.hn), ...(states.cn === null ? {} : { cn: inOrder(states.cn) }) }
  }

  #prepare(method: string, given: Tensor, settings: CellForwardOptions = {}): Prepared {
    const where = `${this.where}.${method}`
    const { inputSize, hiddenSize, numLayers, batchFirst } = this.options
    const form = batchFirst ? ['B', 'T', inputSize] : ['T', 'B', inputSize]
    const input = requireTensor(where, 'input', given, form)
    const [first = 0, second = 0] = input.shape
    const [steps, batch] = batchFirst ? [second, first] : [first, second]
    const known: (keyof CellForwardOptions)[] = this.#cell.hasCell
      ? ['h0', 'c0', 'lengths', 'training']
      : ['h0', 'lengths', 'training']
    const options = requireOptions<CellForwardOptions>(where, 'options', settings, known)
    const training = booleanOption(where, options, 'training', true)
    const lengths =
      options.lengths === undefined ? undefined : requireLengths(where, options.lengths, batch, steps)
    const sequence = new SequenceBatch(steps, batch, batchFirst, lengths)
    const groups = numLayers * this.directions
    const state = (name: 'h0' | 'c0'): Float32Array | null => {
      const value = options[name]
      if (value === undefined) return null
      const { data } = requireTensor(where, `options.${name}`, value, [groups, batch, hiddenSize])
      return sequence.gatherStates(data, groups, hiddenSize)
    }
    this.requireIntact(where)
    if (sizeOf([sequence.rows, Math.max(inputSize, 8 * hiddenSize)]) > 2 ** 34) {
      throw new ArgumentError(where, 'input', 'fewer rows than would need 64 GiB', describe(input.data))
    }
    return {
      sequence,
      input,
      h0: state('h0'),
      c0: state('c0'),
      training,
    }
  }
}

/** PyTorch's parameters of a stack: weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0, …_reverse, …_l1. */
function parameterForms(cell: CellForm, options: ResolvedOptions): ParameterForm[] {
  const { inputSize, hiddenSize, numLayers, bias, bidirectional } = options
  const rows = cell.gates * hiddenSize
  const forms: ParameterForm[] = []
  for (let layer = 0; layer < numLayers; layer++) {
    const features = layer === 0 ? inputSize : hiddenSize * (bidirectional ? 2 : 1)
    for (const suffix of bidirectional ? [`_l${layer}`, `_l${layer}_reverse`] : [`_l${layer}`]) {
      forms.push({ name: `weight_ih${suffix}`, shape: [rows, features] })
      forms.push({ name: `weight_hh${suffix}`, shape: [rows, hiddenSize] })
      if (!bias) continue
      forms.push({ name: `bias_ih${suffix}`, shape: [rows] })
      forms.push({ name: `bias_hh${suffix}`, shape: [rows] })
    }
  }
  return forms
}
