/** The loop of a driver in Node: reads requests, keeps the subject, times the rounds. */
import { createInterface } from 'node:readline'
import type * as Gatewise from '../../lib/index.js'
import type { Mode, Subject } from '../cases.js'
import type { Answer, Hello, Request } from '../protocol.js'
import { gatewiseFrom } from '../gatewise.js'

export type Tensor = Gatewise.Tensor
export type Tensors = Readonly<Record<string, Tensor>>

/** A row made ready. */
export interface Row {
  readonly call: () => void | Promise<void>
  /** What a call gives, by the names of protocol.ts; absent where the model is another one. */
  readonly results?: () => Record<string, Tensor> | Promise<Record<string, Tensor>>
  readonly note?: string
  readonly close?: () => void | Promise<void>
}

export interface Driver {
  readonly hello: Hello
  /** A row of the subject, or why there is none. */
  readonly row?: (
    subject: Subject,
    tensors: Tensors,
    mode: Mode,
    threads: number,
  ) => Row | string | Promise<Row | string>
}

/** Answers requests until stdin ends. */
export async function serve(driver: Driver): Promise<void> {
  const say = (line: Hello | Answer): void => void process.stdout.write(`${JSON.stringify(line)}\n`)
  say(driver.hello)
  const { loadSafetensors, saveSafetensors } = gatewiseFrom()
  let subject: Subject | undefined
  let tensors: Tensors = {}
  let row: Row | undefined

  const answer = async (request: Request): Promise<Answer> => {
    switch (request.ask) {
      case 'open':
        await row?.close?.()
        row = undefined
        subject = request.subject
        tensors = loadSafetensors(request.file).tensors
        return { done: true }
      case 'row': {
        await row?.close?.()
        row = undefined
        if (subject === undefined || driver.row === undefined) return { refused: 'no subject' }
        const made = await driver.row(subject, tensors, request.mode, request.threads)
        if (typeof made === 'string') return { refused: made }
        row = made
        return { same: made.results !== undefined, ...(made.note === undefined ? {} : { note: made.note }) }
      }
      case 'results':
        if (row?.results === undefined) return { refused: 'another model' }
        saveSafetensors(request.file, await row.results())
        return { done: true }
      case 'round': {
        if (row === undefined) return { refused: 'no row' }
        const { call } = row
        const begin = performance.now()
        for (let i = 0; i < request.calls; i++) {
          const pending = call()
          if (pending !== undefined) await pending
        }
        return { seconds: (performance.now() - begin) / 1000 / request.calls }
      }
    }
  }

  for await (const line of createInterface({ input: process.stdin })) {
    try {
      say(await answer(JSON.parse(line) as Request))
    } catch (error) {
      say({ failed: error instanceof Error ? error.message : String(error) })
    }
  }
}

/** What `load` gives, or what would install it. */
export async function peer<T>(name: string, load: () => T | Promise<T>): Promise<T | { missing: string }> {
  try {
    return await load()
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
    return { missing: `${name} cannot be loaded (${reason}); npm run bench:install` }
  }
}
