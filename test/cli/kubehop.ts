import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'

export interface Ran {
  code: number | null
  out: string
  err: string
}

const BIN = resolve('dist/kubehop.js')

/** Runs the built command line, as a user does. A minute bounds it. */
export function kubehop(args: readonly string[], options: { input?: string; cwd?: string; env?: Record<string, string> } = {}): Ran {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...args], {
    input: options.input ?? '',
    cwd: options.cwd ?? process.cwd(),
    env: { ...process.env, NO_COLOR: '1', ...options.env },
    encoding: 'utf8',
    timeout: 60_000,
    maxBuffer: 64 << 20,
  })
  return { code: status, out: stdout, err: stderr }
}

/** No input may end in this. */
export function hasStackTrace({ err, out }: Ran): boolean {
  return /\n\s+at .*(\.js|\.ts|node:)/.test(err + out) || err.includes('bug in kubehop')
}
