import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Runs a shell command in a network namespace of its own; undefined where this machine does not allow that, or lacks the tools. */
export function inNamespace(command: string, input: string): { status: number; stdout: string; stderr: string } | undefined {
  if (spawnSync('unshare', ['--net', 'true']).status !== 0) return undefined
  const { status, stdout, stderr } = spawnSync('unshare', ['--net', 'sh', '-c', command], { input, encoding: 'utf8', maxBuffer: 1 << 28 })
  if (status === 127 || status === null) return undefined
  return { status, stdout, stderr }
}

/** Which of these tools this machine lacks; also root and namespaces, if it has not those. */
export function lacking(tools: readonly string[]): string[] {
  const isAllowed = spawnSync('unshare', ['--net', '--mount', '--pid', '--fork', 'true']).status === 0
  return [...(isAllowed ? [] : ['root and namespaces']), ...tools.filter((tool) => spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0)]
}

/** Network, mount and process namespaces of its own: whatever runs or was made in them is gone when the first process ends. */
export const IN_NAMESPACES = ['unshare', '--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', 'sh', 'run.sh']

/**
 * Lays the files of a run into a folder, starts `command` there and hands back the files that it was to write. Rejects if
 * it fails or takes longer than `limit` seconds.
 */
export async function runInFolder(files: Readonly<Record<string, string>>, command: readonly string[], limit: number, results: readonly string[]): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'kubehop-'))
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { mode: 0o755 })
    await finish(command.map((word) => word.replace('FOLDER', folder)), folder, limit)
    return results.map((name) => readFileSync(join(folder, name), 'utf8'))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function finish([program = '', ...words]: readonly string[], cwd: string, limit: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { cwd, stdio: ['ignore', 'pipe', 'pipe'], timeout: limit * 1000, killSignal: 'SIGKILL' })
    let said = ''
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
    child.on('error', reject)
    child.on('close', (status, signal) => {
      if (status === 0) resolve()
      else reject(new Error(`${program} ended with ${signal ?? status}: ${said.slice(-2000)}`))
    })
  })
}

/** Says why nothing was compared. */
export function skip(what: string, needs = 'root, network namespaces and the tools'): void {
  console.log(`skipped: ${what} (needs ${needs})`)
}
