/** Parameter groups: parts of a model that one optimiser updates with different options. */
import { ArgumentError } from '../errors.js'
import { ParameterValue } from '../layers/parameter-value.js'
import type { Parameter } from '../layers/parameter.js'
import { describe, reading, requireOptions } from '../shapes.js'
import { requireDistinct, requireParameters } from './parameters.js'

/** What an optimiser is given in place of a list of parameters: some of them, with options of their own. */
export type GroupOptions<Options> = Options & {
  /** At least one, none of them in another group too. */
  readonly parameters: readonly Parameter[]
}

/** The first argument of an optimiser: all parameters, or groups of them. */
export type ParametersOrGroups<Options> = readonly Parameter[] | readonly GroupOptions<Options>[]

/**
 * A group as `optimizer.paramGroups` shows it: its parameters, and every option with its present value. Options may be
 * written between steps, and are checked then.
 */
export type ParameterGroup<Settings> = {
  /** In the order in which they were given; fixed. */
  readonly parameters: readonly Parameter[]
} & Settings

/** How an optimiser's options are read. */
export interface OptionReader<Settings> {
  /** The names of the options. */
  readonly known: readonly (keyof Settings & string)[]
  /** Checks options and fills in the defaults. */
  readonly readOptions: (where: string, options: unknown) => Settings
}

/** A group as its optimiser has it. */
export class Group<Settings extends object> {
  readonly parameters: readonly Parameter[]
  /** The number of elements of each parameter, as the optimiser's state was made for. */
  readonly sizes: readonly number[]
  /** Every option with its value. */
  settings: Settings
  /** What users see and write. */
  readonly face: ParameterGroup<Settings>

  /** @param where the group's name in errors about options that are written later */
  constructor(
    where: string,
    parameters: readonly Parameter[],
    settings: Settings,
    { known, readOptions }: OptionReader<Settings>,
  ) {
    this.parameters = Object.freeze([...parameters])
    this.sizes = parameters.map(({ value }) => ParameterValue.read(value).length)
    this.settings = settings
    const option = (name: keyof Settings & string): PropertyDescriptor => ({
      enumerable: true,
      get: () => this.settings[name],
      set: (value: unknown) => {
        this.settings = readOptions(where, { ...this.settings, [name]: value })
      },
    })
    this.face = Object.defineProperties(
      { parameters: this.parameters } as ParameterGroup<Settings>,
      Object.fromEntries(known.map((name) => [name, option(name)])),
    )
    Object.freeze(this.face)
  }
}

/**
 * Reads an optimiser's two arguments. A group's options go before those that are given for all.
 *
 * @throws ArgumentError where there is no parameter, one stands in two groups, or an option is not what it must be
 */
export function readGroups<Settings extends object>(
  kind: string,
  value: unknown,
  defaults: unknown,
  reader: OptionReader<Settings>,
): readonly Group<Settings>[] {
  // Read first, so that a wrong option is named as the user wrote it.
  const settings = reader.readOptions(kind, defaults)
  const nameOf = (index: number): string => `${kind}.paramGroups[${index}]`
  if (!isListOfGroups(value)) {
    const parameters = requireParameters(kind, 'parameters', value)
    requireSome(kind, 'parameters', parameters)
    return [new Group(nameOf(0), parameters, settings, reader)]
  }
  const groups = value.map((entry, index) => {
    const argument = `parameters[${index}]`
    const { parameters: list, ...own } = requireOptions<Record<string, unknown>>(kind, argument, entry, [
      'parameters',
      ...reader.known,
    ])
    const parameters = requireParameters(kind, `${argument}.parameters`, list)
    requireSome(kind, `${argument}.parameters`, parameters)
    const merged = reader.readOptions(`${kind}: ${argument}`, { ...settings, ...own })
    return new Group(nameOf(index), parameters, merged, reader)
  })
  requireDistinct(
    kind,
    'parameters',
    groups.map(({ parameters }) => parameters),
  )
  return groups
}

/** Whether a list's first element is a group: what has `parameters` is none itself. */
function isListOfGroups(value: unknown): value is readonly unknown[] {
  if (!Array.isArray(value)) return false
  const first: unknown = value[0]
  if (typeof first !== 'object' || first === null) return false
  return reading('optimizer', 'parameters[0]', 'a parameter or a group', () => 'parameters' in first)
}

function requireSome(kind: string, argument: string, parameters: readonly Parameter[]): void {
  if (parameters.length > 0) return
  throw new ArgumentError(kind, argument, 'at least one parameter', describe([]))
}
