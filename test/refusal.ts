/** What tests of bad arguments share: the error that must come, and values that fit nowhere. */
import { ArgumentError } from '../lib'

/** What `call` throws, as facts; it must be an ArgumentError whose message says them all. */
export function refusal(call: () => unknown): string {
  try {
    call()
  } catch (error) {
    if (!(error instanceof ArgumentError)) return `threw another error: ${String(error)}`
    const { where, argument, expected, received, message, code } = error
    expect(code).toBe('ERR_GATEWISE_ARGUMENT')
    expect(message).toBe(`${where}: ${argument}: expected ${expected}, received ${received}`)
    return message
  }
  return 'did not throw'
}

/** The argument that an ArgumentError names. */
export function failure(call: () => unknown): string {
  try {
    call()
  } catch (error) {
    if (error instanceof ArgumentError) return error.argument
    throw error
  }
  return 'nothing was thrown'
}

export const revoked = (): object => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

/** Things that are no object with properties to read. */
export const NOTHINGS: [string, () => unknown, string][] = [
  ['null', () => null, 'null'],
  ['a number', () => 3, '3'],
  ['text', () => 'x', '"x"'],
  ['true', () => true, 'true'],
  ['a function', () => () => 1, 'a function'],
  ['a big integer', () => 1n, 'bigint'],
  ['a symbol', () => Symbol('x'), 'symbol'],
]
