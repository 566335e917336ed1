/**
 * The addon's exports as TypeScript sees them: the one declaration of the boundary. native/binding/ implements it and
 * checks every extent again, but its errors are for the authors of this package; users get theirs from the facade.
 *
 * Letters: T steps, B batch, N rows in all, I inputs, H hidden, G gates.
 */

export type NativeCell = 'lstm' | 'gru'

/** What both ways of a scan are told of a sequence. States are whole [layers·directions, B, H] arrays. */
export type SequenceArguments = readonly [
  steps: number,
  batch: number,
  counts: Int32Array | null, // [T], rows of each step, never growing; null: B in each
  reverse: boolean,
  x: Float32Array, // [N, I]
  h0: Float32Array | null, // null for zeros
  c0: Float32Array | null,
  stateIndex: number, // which [B, H] of the states is this scan's
  out: Float32Array, // [N, outRow]; this scan's are H columns from outColumn on
  outRow: number,
  outColumn: number,
]

/** One direction of one recurrent layer. */
export interface NativeScan {
  /** Floats that the tape of a pass over so many rows needs. */
  tapeSize(rows: number): number
  /** Runs a sequence: fills out, hn and cn and, where there is one, the tape. */
  forward(
    // w_ih [G·H, I], w_hh [G·H, H], then b_ih and b_hh [G·H] where there are biases; and a tape, or null
    ...call: [
      parameters: readonly Float32Array[],
      tape: Float32Array | null,
      ...sequence: SequenceArguments,
      hn: Float32Array,
      cn: Float32Array | null,
    ]
  ): void
  /**
   * Adds into the gradients of the parameters and writes those of the states and, where wanted, of the input, with the
   * weights that are in the tape. The sequence is forward's, and x, h0, c0 and out are as forward left them.
   */
  backward(
    ...call: [
      grads: readonly Float32Array[],
      tape: Float32Array,
      ...sequence: SequenceArguments,
      dout: Float32Array | null, // [N, outRow]
      dhn: Float32Array | null,
      dcn: Float32Array | null,
      dx: Float32Array | null, // [N, I]
      addDx: boolean,
      dh0: Float32Array,
      dc0: Float32Array | null,
    ]
  ): void
}

/** A stack of scans, forward one step at a time, that keeps the state between steps. L layers. */
export interface NativeStream {
  /** Packs the weights of a layer as they are now; `parameters` as `NativeScan.forward` takes them. */
  load(layer: number, parameters: readonly Float32Array[]): void
  /** x [B, I]; out [B, H] */
  step(x: Float32Array, out: Float32Array): void
  /** Copies the state to h and c [L, B, H]. */
  read(h: Float32Array, c: Float32Array | null): void
  /** Takes a state; null is zeros. */
  write(h: Float32Array | null, c: Float32Array | null): void
}

export interface NativeBinding {
  Scan: new (cell: NativeCell, inputSize: number, hiddenSize: number, bias: boolean) => NativeScan
  Stream: new (
    cell: NativeCell,
    inputSize: number,
    hiddenSize: number,
    layers: number,
    bias: boolean,
    batch: number,
  ) => NativeStream
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
  /** '' for the best one; false where this machine lacks it. */
  chooseIsa(isa: string): boolean
  setThreads(threads: number): void
  state(): { isa: string; isas: string[]; threads: number }
  /** For a fresh array that is about to be filled: fewer page faults where it is large. Only a hint. */
  adviseHugePages(array: Float32Array): void
  activation(
    name: 'exponential' | 'sigmoid' | 'hyperbolicTangent',
    from: Float32Array,
    to: Float32Array,
  ): void
}
