/** How many numbers a model trains, and which hidden size gives two cells equally many. */
import type { CellName } from './result.js'

/** Gates of each cell, as rows of hiddenSize in its weights. */
const GATES: Readonly<Record<CellName, number>> = { gru: 3, lstm: 4 }

/** The trained numbers of a stack of recurrent layers (two biases each) with a linear head of one output. */
export function parameterCount(
  cell: CellName,
  inputSize: number,
  hiddenSize: number,
  numLayers: number,
): number {
  const layer = (inputs: number): number => GATES[cell] * hiddenSize * (inputs + hiddenSize + 2)
  return layer(inputSize) + (numLayers - 1) * layer(hiddenSize) + hiddenSize + 1
}

/** The hidden size whose parameter count comes nearest to `parameters`; of two as near, the smaller. */
export function matchedHiddenSize(
  cell: CellName,
  parameters: number,
  inputSize: number,
  numLayers: number,
): number {
  const distance = (size: number): number =>
    Math.abs(parameterCount(cell, inputSize, size, numLayers) - parameters)
  let size = 1
  // The count grows with the size, so the distance has one valley.
  while (distance(size + 1) < distance(size)) size++
  return size
}
