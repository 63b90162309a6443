import { spawnSync } from 'node:child_process'

/** Runs a shell command in a network namespace of its own; undefined where this machine does not allow that, or lacks the tools. */
export function inNamespace(command: string, input: string): { status: number; stdout: string; stderr: string } | undefined {
  if (spawnSync('unshare', ['--net', 'true']).status !== 0) return undefined
  const { status, stdout, stderr } = spawnSync('unshare', ['--net', 'sh', '-c', command], { input, encoding: 'utf8', maxBuffer: 1 << 28 })
  if (status === 127 || status === null) return undefined
  return { status, stdout, stderr }
}

/** Says why nothing was compared. */
export function skip(what: string): void {
  console.log(`skipped: ${what} (needs root, network namespaces and the tools)`)
}
