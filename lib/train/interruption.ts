/** A signal that ends training, also while something is waited for that may never come. */

export class Interruption {
  readonly #signal: AbortSignal | undefined
  readonly #listener: () => void
  #wake: (() => void) | undefined

  /** @param then called once, when the signal comes or has come already */
  constructor(signal: AbortSignal | undefined, then: () => void) {
    this.#signal = signal
    this.#listener = () => {
      then()
      this.#wake?.()
    }
    if (signal?.aborted === true) then()
    else signal?.addEventListener('abort', this.#listener, { once: true })
  }

  get came(): boolean {
    return this.#signal?.aborted === true
  }

  /**
   * What a promise gives, or undefined where the signal comes first. One at a time. Not `Promise.race` with one promise for
   * the signal: that would remember every call.
   */
  before<T>(promise: PromiseLike<T>): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      this.#wake = () => resolve(undefined)
      promise.then(resolve, reject)
      if (this.came) resolve(undefined)
    })
  }

  /** Listens no more. */
  end(): void {
    this.#signal?.removeEventListener('abort', this.#listener)
  }
}
