/** A child process that answers lines with lines, in turn, and is kept alive. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { createInterface, type Interface } from 'node:readline'

/** It has ended, or was too slow and is ended now. */
export class Gone extends Error {}

export class LineProcess {
  private readonly child: ChildProcessWithoutNullStreams
  private readonly lines: Interface
  private readonly waiting: { resolve: (line: string) => void; reject: (error: Error) => void }[] = []
  private readonly unasked: string[] = []
  private complaint = ''
  private gone: Gone | undefined

  constructor(
    command: readonly string[],
    private readonly seconds: number,
  ) {
    const [program = '', ...args] = command
    this.child = spawn(program, args, { stdio: 'pipe' })
    this.lines = createInterface({ input: this.child.stdout })
    this.lines.on('line', (line) => {
      const next = this.waiting.shift()
      if (next === undefined) this.unasked.push(line)
      else next.resolve(line)
    })
    this.child.stderr.on(
      'data',
      (text: Buffer) => (this.complaint = (this.complaint + text.toString()).slice(-2000)),
    )
    this.child.on('error', (error) => this.end(error.message))
    // After the last of its output.
    this.child.on('close', (code, signal) =>
      this.end(`ended with ${signal ?? code ?? 'nothing'}: ${this.complaint.trim()}`),
    )
    // Writing to a process that has ended is told by `close`.
    this.child.stdin.on('error', () => undefined)
  }

  /** Undefined where it could not be started. */
  get pid(): number | undefined {
    return this.child.pid
  }

  /** The next line. @throws Gone where there is none in time */
  async line(): Promise<string> {
    const early = this.unasked.shift()
    if (early !== undefined) return early
    if (this.gone !== undefined) throw this.gone
    let timer: NodeJS.Timeout | undefined
    try {
      return await new Promise<string>((resolve, reject) => {
        this.waiting.push({ resolve, reject })
        timer = setTimeout(() => {
          this.child.kill('SIGKILL')
          reject(new Gone(`no answer within ${this.seconds} s`))
        }, this.seconds * 1000)
      })
    } finally {
      clearTimeout(timer)
    }
  }

  /** @throws Gone where there is no answer in time */
  ask(line: string): Promise<string> {
    this.child.stdin.write(`${line}\n`)
    return this.line()
  }

  /** Lets it end by itself. */
  close(): void {
    this.child.stdin.end()
  }

  private end(why: string): void {
    this.gone ??= new Gone(why)
    for (const { reject } of this.waiting.splice(0)) reject(this.gone)
  }
}
