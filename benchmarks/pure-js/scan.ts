/** What the LSTM and the GRU of plain JavaScript share: their parameters, and the sums of the weights' gradients. */
import { multiply, transpose, type Rows } from './multiply.js'

/** PyTorch's parameters of one layer, or their gradients. */
export interface Arrays {
  readonly weightIh: Float32Array // [G·H, I]
  readonly weightHh: Float32Array // [G·H, H]
  readonly biasIh: Float32Array // [G·H]
  readonly biasHh: Float32Array // [G·H]
}

export interface Size {
  readonly T: number
  readonly B: number
  readonly I: number
  readonly H: number
}

/** A layer over T steps of B sequences. All arrays are made once and serve every call. */
export interface Scan {
  /** [T, B, H]: what the last forward gave. */
  readonly output: Float32Array
  /** [B, H]: the last state. */
  readonly hn: Float32Array
  readonly cn?: Float32Array
  /** Added to by `backward`. */
  readonly grads: Arrays
  /** [T, B, I] */
  readonly gradInput: Float32Array
  /** @param x [T, B, I]; begins from zeros, or with `goOn` from the last state */
  forward(x: Float32Array, goOn?: boolean): void
  /** After `forward` from zeros. @param gradOutput [T, B, H] */
  backward(x: Float32Array, gradOutput: Float32Array): void
}

export const rows = (data: Float32Array, row: number, at = 0): Rows => ({ data, at, row })

export function zerosLike({ weightIh, weightHh, biasIh, biasHh }: Arrays): Arrays {
  return {
    weightIh: new Float32Array(weightIh.length),
    weightHh: new Float32Array(weightHh.length),
    biasIh: new Float32Array(biasIh.length),
    biasHh: new Float32Array(biasHh.length),
  }
}

/** Sums over all steps at once, with everything turned so that the steps are contiguous. */
export class WeightSums {
  private readonly xT: Float32Array // [I, N]
  private readonly hT: Float32Array // [H, N]
  private readonly dT: Float32Array // [D, N]
  private readonly N: number

  constructor(
    private readonly size: Size,
    D: number,
  ) {
    this.N = size.T * size.B
    this.xT = new Float32Array(size.I * this.N)
    this.hT = new Float32Array(size.H * this.N)
    this.dT = new Float32Array(D * this.N)
  }

  /** What the next sums are of: x [N, I] and output [N, H], of which the state before a step is the row B earlier. */
  begin(x: Float32Array, output: Float32Array): void {
    transpose(this.xT, x, this.N, this.size.I)
    transpose(this.hT, output, this.N, this.size.H)
  }

  /** The gradients of gates [N, D] whose sums follow. */
  turn(d: Float32Array, D: number): void {
    transpose(this.dT, d, this.N, D)
  }

  /** weight [D, I] += dᵀ x */
  ofInput(weight: Float32Array, D: number): void {
    multiply(rows(weight, this.size.I), rows(this.dT, this.N), rows(this.xT, this.N), D, this.size.I, this.N)
  }

  /** weight [D, H] += dᵀ h, from its row `first` on; the state before the first step is zero. */
  ofState(weight: Float32Array, D: number, first = 0): void {
    const { B, H } = this.size
    const to = rows(weight, H, first * H)
    multiply(to, rows(this.dT, this.N, B), rows(this.hT, this.N), D, H, this.N - B)
  }

  /** bias [D] += the sums of d, from its element `first` on. */
  ofBias(bias: Float32Array, D: number, first = 0): void {
    for (let i = 0; i < D; i++) {
      let sum = 0
      for (let p = i * this.N, end = p + this.N; p < end; p++) sum += this.dT[p]!
      bias[first + i]! += sum
    }
  }
}
