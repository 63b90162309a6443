import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Sample } from './sample.ts'

/** Something that can be measured once, in a process of its own. */
export interface Runner {
  name: string
  run(): Sample
  /** Why it cannot be run here; undefined if it can. */
  missing?: string | undefined
}

const BUILT = 'dist-bench/peers'

/** One of our own cases, with `option=value`s. */
export function ours(name: string, ...args: readonly string[]): Runner {
  return { name, run: () => lastLine(output(process.execPath, ['dist-bench/case.js', ...args])) }
}

/** A peer in C++, built on first use; `args`' first number is how much it does. */
export function compiled(name: string, source: string, libraries: readonly string[], ...args: readonly string[]): Runner {
  const binary = join(BUILT, source.replace(/\.\w+$/, ''))
  return { name, run: () => peer(binary, args), missing: build(source, binary, libraries) }
}

/** A peer in Python with SimPy of the Debian package. */
export function simpy(name: string, source: string, ...args: readonly string[]): Runner {
  const python = '/usr/bin/python3'
  const found = spawnSync(python, ['-c', 'import simpy']).status === 0
  return { name, run: () => peer(python, [join('bench/peers', source), ...args]), missing: found ? undefined : 'SimPy is not installed' }
}

/** How long a command takes from its start to its end. */
export function command(name: string, ...args: readonly string[]): Runner {
  return {
    name,
    run: () => {
      const began = process.hrtime.bigint()
      output(process.execPath, args)
      return { wall_ms: Number(process.hrtime.bigint() - began) / 1e6 }
    },
  }
}

const NS3 = ['ns3-core', 'ns3-network', 'ns3-internet', 'ns3-point-to-point', 'ns3-applications', 'ns3-traffic-control']

export function ns3(name: string, source: string, ...args: readonly string[]): Runner {
  return compiled(name, source, NS3, ...args)
}

/** Builds a peer; returns what is missing if that is not possible. */
function build(source: string, binary: string, libraries: readonly string[]): string | undefined {
  mkdirSync(BUILT, { recursive: true })
  let flags: string[] = []
  if (libraries.length > 0) {
    const { status, stdout } = spawnSync('pkg-config', ['--cflags', '--libs', ...libraries], { encoding: 'utf8' })
    if (status !== 0) return `${libraries[0]} is not installed`
    flags = stdout.trim().split(/\s+/)
  }
  const compiler = spawnSync('g++', ['-O2', '-std=c++17', join('bench/peers', source), '-o', binary, ...flags], { encoding: 'utf8' })
  if (compiler.error !== undefined) return 'g++ is not installed'
  return compiler.status === 0 ? undefined : `${source} does not compile: ${compiler.stderr.slice(0, 200)}`
}

/** A peer says how much it did and in how many seconds; the shell's `time` says what CPU time all of it took. */
function peer(binary: string, args: readonly string[]): Sample {
  const { stdout, stderr, status } = spawnSync('bash', ['-c', 'TIMEFORMAT="%U %S"; time "$0" "$@"', binary, ...args], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${binary} ${args.join(' ')}: ${stderr}`)
  const said = lastLine(stdout)
  const [user = 0, system = 0] = (stderr.trim().split('\n').at(-1) ?? '').split(' ').map(Number)
  const done = said['conns'] ?? said['requests'] ?? said['events'] ?? 0
  return { ...said, cpu_s: user + system, per_cpu_s: done / (user + system), per_wall_s: done / (said['sec'] ?? Number.NaN) }
}

function output(program: string, args: readonly string[]): string {
  const { stdout, stderr, status } = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 1e9 })
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`)
  return stdout
}

function lastLine(text: string): Sample {
  const read = JSON.parse(text.trim().split('\n').at(-1) ?? '') as Record<string, unknown>
  const figures: Sample = {}
  for (const [name, value] of Object.entries(read)) if (typeof value === 'number') figures[name] = value
  return figures
}
