/** The variants of the cells, as the tests of all of them share them. */
import type { Form } from './layer-cases'

/** What makes a variant, without sizes; a projection is a share of the units. */
export type VariantForm = Pick<Form, 'kind'> & Partial<Omit<Form, 'projSize'>> & { readonly projects?: true }

export const VARIANTS: readonly VariantForm[] = [
  { kind: 'RNN' },
  { kind: 'RNN', nonlinearity: 'relu' },
  { kind: 'GRU', resetBefore: true },
  { kind: 'GRU', layerNorm: true },
  { kind: 'LSTM', peepholes: true },
  { kind: 'LSTM', cellClip: 0.5 },
  { kind: 'LSTM', coupledInputForget: true },
  { kind: 'LSTM', coupledInputForget: true, peepholes: true, cellClip: 0.5 },
  { kind: 'LSTM', layerNorm: true },
  // Where most of a row's units are at the bound, little is left to normalise.
  { kind: 'LSTM', layerNorm: true, cellClip: 0.9 },
  { kind: 'LSTM', projects: true },
  { kind: 'LSTM', projects: true, peepholes: true, cellClip: 0.5 },
  { kind: 'LSTM', projects: true, coupledInputForget: true },
]

/** A shape as a case of the variant; undefined where it has too few units to be projected. */
export function withVariant(
  shape: Omit<Form, 'kind'>,
  { projects, ...variant }: VariantForm,
): Form | undefined {
  if (projects !== true) return { ...shape, ...variant }
  const projSize = Math.floor(0.6 * shape.hiddenSize)
  return projSize === 0 ? undefined : { ...shape, ...variant, projSize }
}
