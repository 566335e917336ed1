/**
 * Brings columns to a common size, as measured on the training part alone, and forecasts back to their own. All that is
 * learned from the data is an offset and a factor above 0 for each column, so that order, and with it quantiles, stays.
 */
import { ArgumentError, DataError } from '../errors.js'
import { describe, reading, requireNumber, requireOneOf, requireOptions } from '../shapes.js'
import { ABSENT, merge, momentsOf } from './moments.js'
import type { Moments } from './moments.js'
import { requireSeriesList } from './series.js'
import type { Column, RowBlock, Series } from './series.js'

/** What is subtracted from a column, and what the difference is divided by. */
export interface Scale {
  /** In the column's units: `standard` has the mean here, `minmax` the least value, `none` 0. */
  readonly offset: number
  /** Above 0. */
  readonly factor: number
}

/** Leaves a column as it is. */
export const IDENTITY: Scale = { offset: 0, factor: 1 }

// Below this share of its offset, a column's spread is rounding and no signal.
const CONSTANT = 1e-12

/** `standard`: mean 0 and standard deviation 1. `minmax`: from 0 to 1. `none`: as it is. */
export type ScalerKind = 'standard' | 'minmax' | 'none'

const KINDS = ['standard', 'minmax', 'none'] as const

/** What is known of one column. */
export interface ColumnScale extends Scale {
  /** The mean of its values in the training part, in its own units: what a missing value may be given. */
  readonly mean: number
}

/** A scaler as plain data. JSON keeps every digit of a number, where a tensor of 32-bit floats would not. */
export interface ScalerState {
  /** How the columns were measured. */
  readonly kind: ScalerKind
  /** The scale of each column, by its name. */
  readonly columns: Readonly<Record<string, ColumnScale>>
}

/** Options of `Scaler.fit`. */
export interface ScalerOptions {
  /** `'standard'` unless told. */
  kind?: ScalerKind
  /** The columns to measure; all columns and statics of the first series unless told. */
  columns?: readonly string[]
}

/** A value in units of the scale. */
export function normalise(value: number, scale: Scale): number {
  return (value - scale.offset) / scale.factor
}

/** A value in the column's own units. */
export function denormalise(value: number, scale: Scale): number {
  return value * scale.factor + scale.offset
}

/** Measures the rows `from` to `to` (exclusive) of a column, for mean 0 and standard deviation 1. */
export function fitScale(column: Column, from: number, to: number): Scale {
  const { offset, factor } = scaleFrom('standard', momentsOf(column, from, to))
  return { offset, factor }
}

/** A column that is constant gets the factor 1, so that it becomes 0 there and a later change of it stays finite. */
function scaleFrom(kind: ScalerKind, { count, mean, squares, least, most }: Moments): ColumnScale {
  if (count === 0) return { ...IDENTITY, mean: 0 }
  if (kind === 'none') return { ...IDENTITY, mean }
  const offset = kind === 'standard' ? mean : least
  const spread = kind === 'standard' ? Math.sqrt(squares / count) : most - least
  return { offset, factor: spread > CONSTANT * Math.abs(offset) ? spread : 1, mean }
}

/** The scales of several columns, by name. */
export class Scaler {
  /** How the columns were measured. */
  readonly kind: ScalerKind
  readonly #columns: ReadonlyMap<string, ColumnScale>

  private constructor(kind: ScalerKind, columns: ReadonlyMap<string, ColumnScale>) {
    this.kind = kind
    this.#columns = columns
  }

  /**
   * Measures columns over all given series, without their missing values. What is not to be seen is not to be given: hand
   * over the training part alone.
   *
   * @throws ArgumentError where the series or an option is not what it must be; DataError where a value is infinite
   */
  static fit(series: Series | readonly Series[], options: ScalerOptions = {}): Scaler {
    const where = 'Scaler.fit'
    const list = requireSeriesList(where, 'series', series)
    const { kind, columns } = readOptions(where, options)
    const names = columns ?? [...Object.keys(list[0]?.columns ?? {}), ...Object.keys(list[0]?.statics ?? {})]
    const measured = names.map((name) => {
      const parts = list.map((one) => {
        const column = valuesOf(one, name)
        if (column === undefined)
          throw new ArgumentError(where, 'options.columns', `names of columns`, describe(name))
        return momentsOf(column, 0, column.length)
      })
      return [name, finite(where, name, scaleFrom(kind, parts.reduce(merge)))] as const
    })
    return new Scaler(kind, new Map(measured))
  }

  /**
   * The same over rows that come one block after another, and are not kept.
   *
   * @param rows how far to read is the caller's to say: the training part alone
   */
  static async fitRows(
    rows: AsyncIterable<RowBlock> | Iterable<RowBlock>,
    options: ScalerOptions = {},
  ): Promise<Scaler> {
    const where = 'Scaler.fitRows'
    const { kind, columns } = readOptions(where, options)
    const moments = new Map<string, Moments>()
    for await (const block of rows) {
      for (const name of columns ?? Object.keys(block.columns)) {
        const column = block.columns[name]
        if (column === undefined)
          throw new ArgumentError(where, 'options.columns', 'names of columns', describe(name))
        moments.set(name, merge(moments.get(name) ?? ABSENT, momentsOf(column, 0, block.rows)))
      }
    }
    const scales = [...moments].map(
      ([name, seen]) => [name, finite(where, name, scaleFrom(kind, seen))] as const,
    )
    return new Scaler(kind, new Map(scales))
  }

  /** Takes what `toJSON` gave. @throws ArgumentError where it is none of that form */
  static from(state: ScalerState): Scaler {
    const where = 'Scaler.from'
    const { kind, columns } = requireOptions<ScalerState>(where, 'state', state, ['kind', 'columns'])
    if (typeof columns !== 'object')
      throw new ArgumentError(where, 'state.columns', 'an object', describe(columns))
    const scales = reading(where, 'state.columns', 'an object of scales', () =>
      Object.entries(columns).map(([name, scale]) => {
        const at = `state.columns.${name}`
        const given = requireOptions<ColumnScale>(where, at, scale, ['offset', 'factor', 'mean'])
        return [
          name,
          {
            offset: requireNumber(where, `${at}.offset`, given.offset),
            factor: requireNumber(
              where,
              `${at}.factor`,
              given.factor,
              'a number above 0',
              (value) => value > 0,
            ),
            mean: requireNumber(where, `${at}.mean`, given.mean),
          },
        ] as const
      }),
    )
    return new Scaler(requireOneOf(where, 'state.kind', kind, KINDS), new Map(scales))
  }

  /** The columns that were measured. */
  get columns(): string[] {
    return [...this.#columns.keys()]
  }

  /** The scale of a column. @throws ArgumentError where it was not measured */
  scale(column: string): ColumnScale {
    const scale = this.#columns.get(column)
    if (scale === undefined)
      throw new ArgumentError('Scaler', 'column', `one of ${this.columns.join(', ')}`, describe(column))
    return scale
  }

  /** Values of a column in units of its scale. */
  transform(column: string, values: ArrayLike<number>): Float64Array {
    const scale = this.scale(column)
    return Float64Array.from(values, (value) => normalise(value, scale))
  }

  /** Forecasts of a column, of its mean or of any quantile, in its own units. */
  inverse(column: string, values: ArrayLike<number>): Float64Array {
    const scale = this.scale(column)
    return Float64Array.from(values, (value) => denormalise(value, scale))
  }

  /** Differences of forecasts, as an interval's width, a standard deviation or an error, in the column's own units. */
  inverseWidth(column: string, widths: ArrayLike<number>): Float64Array {
    const { factor } = this.scale(column)
    return Float64Array.from(widths, (width) => width * factor)
  }

  /** The scaler as plain data, from which `Scaler.from` makes it again; `JSON.stringify` calls it. */
  toJSON(): ScalerState {
    return { kind: this.kind, columns: Object.fromEntries(this.#columns) }
  }
}

function readOptions(where: string, options: ScalerOptions) {
  const given = requireOptions<ScalerOptions>(where, 'options', options, ['kind', 'columns'])
  return {
    kind: requireOneOf(where, 'options.kind', given.kind ?? 'standard', KINDS),
    columns: given.columns,
  }
}

function valuesOf({ columns, statics }: Series, name: string): Column | undefined {
  const constant = statics?.[name]
  return columns[name] ?? (constant === undefined ? undefined : [constant])
}

function finite(where: string, name: string, scale: ColumnScale): ColumnScale {
  if (Number.isFinite(scale.offset) && Number.isFinite(scale.factor) && Number.isFinite(scale.mean))
    return scale
  throw new DataError(`${where}: column "${name}": a value is infinite, or too large to measure`, {
    column: name,
  })
}
