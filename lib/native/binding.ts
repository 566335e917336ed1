/**
 * The addon's exports as TypeScript sees them: the one declaration of the boundary. native/binding/ implements it and
 * checks every extent again, but its errors are for the authors of this package; users get theirs from the facade.
 *
 * Letters: T steps, B batch, N rows in all, I inputs, H hidden, R outputs, G gates.
 */

export type NativeCell =
  | 'lstm'
  | 'gru'
  | 'lstm_variant'
  | 'lstm_coupled'
  | 'lstm_layer_norm'
  | 'gru_variant'
  | 'gru_before'
  | 'gru_layer_norm'
  | 'rnn_tanh'
  | 'rnn_relu'

/** How the matrices of a scan are kept for inference. They are computed with as float32 whatever it is. */
export type NativePrecision = 'float32' | 'bfloat16' | 'float16' | 'int8'

export type NativeLoss =
  'squared' | 'absolute' | 'huber' | 'smooth_l1' | 'pinball' | 'bce_with_logits' | 'gaussian'

export type NativeRule =
  | 'average'
  | 'sgd'
  | 'sgd_momentum'
  | 'sgd_nesterov'
  | 'adam'
  | 'adam_amsgrad'
  | 'rmsprop'
  | 'rmsprop_momentum'
  | 'rmsprop_centered'
  | 'rmsprop_centered_momentum'

/** What a scan is made with. */
export type ScanArguments = readonly [
  cell: NativeCell,
  inputSize: number,
  hiddenSize: number,
  outputSize: number, // hiddenSize without a projection
  bias: boolean,
  bound: number, // of |c|; Infinity for none
  zoneoutHidden: number,
  zoneoutCell: number,
]

/** What both ways of a scan are told of a sequence. */
export type SequenceArguments = readonly [
  steps: number,
  batch: number,
  counts: Int32Array | null, // [T], rows of each step, never growing; null: B in each
  reverse: boolean,
  x: Float32Array, // [N, I]
  h0: Float32Array | null, // [B, R]; null for zeros
  c0: Float32Array | null, // [B, H]
  out: Float32Array, // [N, outRow]; this scan's are R columns from outColumn on
  outRow: number,
  outColumn: number,
  dropout: Float32Array | null, // [B, R], what h is multiplied by before W_hh
  zoneoutKey: number, // of the draw; -1 for the expectation
  firstRow: number, // of all rows of the pass, the one that x begins with
  firstGroup: number, // sequences of the first of two groups, of all pieces of a pass alike; 0 where they do not go in groups
]

/**
 * Where the rows of a scan stand in an array of the caller's: row b of step t is row t·perStep + order[b]·perSequence there.
 * [steps, perStep, perSequence, …order]; null where they stand as the scan's own do. What the array has of steps and sequences
 * beyond the scan's is padding, which results have zeroed.
 */
export type NativePlaces = Int32Array | null

/** What a scan forward is told, with a tape or without. */
export type ForwardArguments = readonly [
  ...sequence: SequenceArguments,
  hn: Float32Array,
  cn: Float32Array | null,
  given: Float32Array | null, // what x is filled with first; null where it is full
  givenPlaces: NativePlaces,
  result: Float32Array | null, // takes a copy of out: the same columns of its rows
  resultPlaces: NativePlaces,
]

/** One direction of one recurrent layer. */
export interface NativeScan {
  /** Whether the sequences of a pass may go in groups, where there are so many of them. */
  suitsGroups(batch: number): boolean
  /** Whether a pass of so many sequences goes back by tiles. Forward and backward, and their tape, are told. */
  suitsTiles(batch: number): boolean
  /** Floats that the tape of so many rows of a pass needs; `firstGroup` as for `forward`. */
  tapeSize(rows: number, firstGroup: number, tiles: boolean): number
  /** Floats of what goes on from one call of backward to the next, for a pass of so many sequences. */
  chainSize(batch: number, firstGroup: number): number
  /** Floats of the weights that are kept for `infer`. */
  inferSize(precision: NativePrecision): number
  /** Runs a sequence: fills out, hn, cn and the tape. */
  forward(
    // w_ih [G·H, I], w_hh [G·H, R], then what there is of b_ih and b_hh [G·H], w_hr [R, H] and the cell's vectors; or null
    // for the weights that the tape already has
    ...call: [
      parameters: readonly Float32Array[] | null,
      tape: Float32Array,
      ...pass: ForwardArguments,
      tiles: boolean,
    ]
  ): void
  /** The same without a tape. Parameters are packed where they are not those that `kept` is of; it begins as zeros. */
  infer(
    ...call: [
      parameters: readonly Float32Array[] | null,
      kept: Float32Array,
      ...pass: ForwardArguments,
      precision: NativePrecision,
    ]
  ): void
  /**
   * Adds into the gradients of the parameters and writes those of the states and, where wanted, of the input, with the
   * weights that are in the tape. The sequence is forward's, and x, h0, c0 and out are as forward left them.
   *
   * A sequence may be run back in several calls, its last steps first, with a chain between them; the bits are those of
   * one call. Gradients of the parameters are added to by the call that ends it.
   */
  backward(
    ...call: [
      grads: readonly Float32Array[],
      tape: Float32Array,
      ...sequence: SequenceArguments,
      dout: Float32Array | null, // [N, outRow]
      doutPlaces: NativePlaces,
      dhn: Float32Array | null,
      dcn: Float32Array | null,
      dx: Float32Array | null, // [N, I]
      dxPlaces: NativePlaces,
      addDx: boolean,
      dh0: Float32Array,
      dc0: Float32Array | null,
      chain: Float32Array | null,
      chainBatch: number, // what the chain's size was asked for
      goesOn: number, // rows of the last step here that have a step in the call before this one
      begins: boolean,
      ends: boolean,
      tiles: boolean,
    ]
  ): void
}

/** A stack of scans, forward one step at a time, that keeps the state between steps. L layers. */
export interface NativeStream {
  /** Packs the weights of a layer as they are now; `parameters` as `NativeScan.forward` takes them. */
  load(layer: number, parameters: readonly Float32Array[]): void
  /** x [B, I]; out [B, R] */
  step(x: Float32Array, out: Float32Array): void
  /** Copies the state to h [L, B, R] and c [L, B, H]. */
  read(h: Float32Array, c: Float32Array | null): void
  /** Takes a state; null is zeros. */
  write(h: Float32Array | null, c: Float32Array | null): void
}

/** A linear layer that keeps its packed weights between steps. */
export interface NativeLinearStream {
  /** Packs weight [out, in] and bias [out] as they are now. */
  load(weight: Float32Array, bias: Float32Array | null): void
  /** x [rows, in]; y [rows, out] */
  step(x: Float32Array, y: Float32Array): void
}

export interface NativeBinding {
  Scan: new (...form: ScanArguments) => NativeScan
  Stream: new (
    ...form: [...firstLayer: ScanArguments, layers: number, batch: number, precision: NativePrecision]
  ) => NativeStream
  LinearStream: new (inFeatures: number, outFeatures: number, rows: number) => NativeLinearStream
  linearForward(
    rows: number,
    inFeatures: number,
    outFeatures: number,
    weight: Float32Array,
    bias: Float32Array | null,
    x: Float32Array,
    y: Float32Array,
  ): void
  linearBackward(
    rows: number,
    inFeatures: number,
    outFeatures: number,
    weight: Float32Array,
    x: Float32Array,
    dy: Float32Array,
    dx: Float32Array | null,
    dweight: Float32Array,
    dbias: Float32Array | null,
  ): void
  /** The core's rows, `to`, out of a caller's array: of each step of the places all sequences, of `features` numbers. */
  gatherRows(from: Float32Array, to: Float32Array, places: Int32Array, features: number): void
  /** The core's rows, `from`, to a caller's array. */
  scatterRows(from: Float32Array, to: Float32Array, places: Int32Array, features: number): void
  /**
   * The losses of N single elements, Q for each of the target, and their gradient.
   *
   * @param coefficients [Q], what native/loss/rules.h calls c
   * @param prediction [N], or [N, 2] for 'gaussian'
   * @param target [N / Q]
   * @param counted [N], 0 where a loss does not count
   * @param grad as the prediction: the losses' slopes, divided by the divisor
   * @param losses [N], each loss
   * @returns the sum, in float64, in the order that native/math/sums.h gives
   */
  elementLosses(
    loss: NativeLoss,
    coefficients: Float64Array,
    prediction: Float32Array,
    target: Float32Array,
    counted: Uint8Array | null,
    divisor: number,
    grad: Float32Array,
    losses: Float32Array | null,
  ): number
  /**
   * One step of an optimiser over all of its parameters.
   *
   * @param coefficients as many as the rule has, in the order that native/optim/rules.h gives them
   * @param arrays value, gradient and the rule's buffers of the first parameter, then of the next; those of one parameter
   *   have one length
   */
  updateParameters(rule: NativeRule, coefficients: Float32Array, arrays: readonly Float32Array[]): void
  /** In float64, in the order that native/math/sums.h gives, array by array. */
  sumOfSquares(arrays: readonly Float32Array[]): number
  /** x ← factor·x, in float32. */
  scaleArrays(arrays: readonly Float32Array[], factor: number): void
  /** Holds every number to [−limit, limit]; NaN stays. */
  clampArrays(arrays: readonly Float32Array[], limit: number): void
  /** '' for the best one; false where this machine lacks it. */
  chooseIsa(isa: string): boolean
  setThreads(threads: number): void
  state(): { isa: string; isas: string[]; threads: number }
  /** For a fresh array that is about to be filled: fewer page faults where it is large. Only a hint. */
  adviseHugePages(array: Float32Array): void
  /** How many floats of an array come before the first whole cache line. */
  beforeLine(array: Float32Array): number
  activation(
    name: 'exponential' | 'sigmoid' | 'hyperbolicTangent',
    from: Float32Array,
    to: Float32Array,
  ): void
}
