/**
 * The errors that this package throws. Every message says where, which argument, what was expected and what
 * arrived; the same facts stand in fields, for programs.
 */

/** The base of every error of this package. */
export class GatewiseError extends Error {
  /** `ERR_GATEWISE_…`, stable across versions. */
  readonly code: string

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.code = code
  }
}

/** An argument or option has a wrong type, shape, length or value. Thrown before anything is written. */
export class ArgumentError extends GatewiseError {
  /** The function or class that was called, as `GRU.forward`. */
  readonly where: string
  /** The argument's path, as `options.h0`. */
  readonly argument: string
  /** What would have been right, in words. */
  readonly expected: string
  /** What arrived, in words. */
  readonly received: string

  constructor(where: string, argument: string, expected: string, received: string) {
    super('ERR_GATEWISE_ARGUMENT', `${where}: ${argument}: expected ${expected}, received ${received}`)
    this.where = where
    this.argument = argument
    this.expected = expected
    this.received = received
  }
}

/** An object is used in a state that does not allow it: a released pass, a closed stream. */
export class StateError extends GatewiseError {
  constructor(where: string, message: string) {
    super('ERR_GATEWISE_STATE', `${where}: ${message}`)
  }
}

/** The native core cannot be loaded, or cannot run as asked on this machine. */
export class EngineError extends GatewiseError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_GATEWISE_ENGINE', message, options)
  }
}

/** Where training met a number that is not finite. */
export interface NonFiniteAt {
  /** `input`, `parameter`, `prediction`, `target`, `loss`, `gradient`, or `step`: what the optimiser would have made. */
  readonly place: string
  /** NaN, Infinity or -Infinity. */
  readonly value: number
  /** The parameter's name, where it is about one. */
  readonly parameter?: string
  /** The indices along the axes of the tensor that held it; none for the loss. */
  readonly position: readonly number[]
  /** Counted from 0. */
  readonly epoch: number
  /** Counted from 0 within the epoch. */
  readonly batch: number
}

/** Training met a NaN or an infinity. The model is as the step before left it. */
export class NonFiniteError extends GatewiseError {
  /** The first such number, and where it stood. */
  readonly at: NonFiniteAt

  constructor(message: string, at: NonFiniteAt) {
    super('ERR_GATEWISE_NON_FINITE', message)
    this.at = at
  }
}

/** A file's content is not what it must be: safetensors, CSV. Names the file's column and line where it has them. */
export class DataError extends GatewiseError {
  /** The column of a CSV file, by its name. */
  readonly column: string | undefined
  /** The line of a CSV file, from 1. */
  readonly line: number | undefined

  constructor(message: string, at: { column?: string | undefined; line?: number | undefined } = {}) {
    super('ERR_GATEWISE_DATA', message)
    this.column = at.column
    this.line = at.line
  }
}

/** A file cannot be opened, read or written. `cause` is Node's own error, with its `code` as `ENOENT`. */
export class FileError extends GatewiseError {
  /** The file, as it was asked for. */
  readonly path: string

  constructor(where: string, path: string, doing: string, cause: unknown) {
    const reason = String((cause as { message?: unknown } | null)?.message ?? cause)
    super('ERR_GATEWISE_FILE', `${where}: cannot ${doing} ${JSON.stringify(path)}: ${reason}`, { cause })
    this.path = path
  }
}
