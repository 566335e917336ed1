/** A peer that runs: its process, what it has said of itself, and its rows. */
import type { Mode, Subject } from './cases.js'
import { holdToCores } from './cores.js'
import type { Peer } from './peers.js'
import { LineProcess } from './process.js'
import type { Answer, Hello, Request } from './protocol.js'

/** Longest wait for an answer. */
const PATIENCE_SECONDS = 180

export class Contestant {
  private constructor(
    readonly peer: Peer,
    readonly version: string,
    private readonly process: LineProcess,
  ) {}

  /** Starts a peer, or says what is missing. */
  static async start(peer: Peer): Promise<Contestant | { missing: string }> {
    const process = new LineProcess(peer.command, PATIENCE_SECONDS)
    try {
      const hello = JSON.parse(await process.line()) as Hello
      if ('missing' in hello) {
        process.close()
        return hello
      }
      return new Contestant(peer, hello.version, process)
    } catch (error) {
      return { missing: `${peer.title}: ${(error as Error).message}` }
    }
  }

  async open(subject: Subject, file: string): Promise<void> {
    await this.ask({ ask: 'open', subject, file })
  }

  /** Whether the row's results can be compared; or, as text, why there is no such row. */
  async row(mode: Mode, threads: number): Promise<string | { same: boolean; note?: string }> {
    holdToCores(this.process.pid, threads)
    const answer = await this.ask({ ask: 'row', mode, threads })
    if ('refused' in answer) return answer.refused
    if ('same' in answer) return answer
    throw new Error(`${this.peer.title} answered row with ${JSON.stringify(answer)}`)
  }

  async results(file: string): Promise<void> {
    await this.ask({ ask: 'results', file })
  }

  /** The mean time of so many calls. */
  async round(calls: number): Promise<number> {
    const answer = await this.ask({ ask: 'round', calls })
    if ('seconds' in answer) return answer.seconds
    throw new Error(`${this.peer.title} answered round with ${JSON.stringify(answer)}`)
  }

  close(): void {
    this.process.close()
  }

  private async ask(request: Request): Promise<Answer> {
    const answer = JSON.parse(await this.process.ask(JSON.stringify(request))) as Answer
    if ('failed' in answer) throw new Error(`${this.peer.title}: ${answer.failed}`)
    return answer
  }
}
