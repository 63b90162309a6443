import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { assert, suite } from './kit.ts'

/** Rooms and what each may import, besides itself. Whoever is not named may import everything. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  engine: [],
  costs: [],
  kernel: ['engine', 'costs'],
  wire: ['engine', 'kernel'],
  socket: ['engine', 'kernel'],
  dns: ['engine', 'kernel', 'socket'],
  traffic: ['engine', 'kernel', 'socket'],
  cluster: ['engine'],
  proxy: ['engine', 'costs', 'cluster', 'kernel'],
  // The proxy of userspace mode is a process with sockets of its own.
  'proxy/userspace': ['engine', 'costs', 'cluster', 'kernel', 'socket', 'proxy'],
  // What the user wrote is held against what the rooms below can do.
  scenario: ['engine', 'cluster', 'kernel', 'socket', 'dns', 'traffic', 'proxy'],
  report: ['engine', 'cluster', 'kernel', 'dns', 'traffic', 'proxy', 'scenario'],
  simulation: ['engine', 'costs', 'cluster', 'kernel', 'wire', 'socket', 'dns', 'traffic', 'proxy', 'scenario', 'report', 'version'],
}

/** The files of TCP call each other in circles, as those of the kernel do: what comes in sends, what is sent sets timers, timers send. */
const MAY_CIRCLE = /^src\/socket\/tcp\//

interface Import {
  readonly file: string
  readonly target: string
  /** It is gone when the program runs. */
  readonly isType: boolean
}

const FILES = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts')).map((name) => join('src', name)).sort()
const TEXTS = new Map(FILES.map((file) => [file, readFileSync(file, 'utf8')]))
const IMPORTS = FILES.flatMap(importsOf)

function importsOf(file: string): Import[] {
  const statements = (TEXTS.get(file) ?? '').matchAll(/^(?:import|export) (type )?([^'"]*?) ?from '(\.[^']+)'/gm)
  return [...statements].map(([, type, names = '', path = '']) => ({
    file,
    target: join(dirname(file), path),
    isType: type !== undefined || (/^\{.*\}$/s.test(names) && names.slice(1, -1).split(',').every((name) => /^\s*(type |$)/.test(name))),
  }))
}

/** The room of a file: its folder below src, or the file itself; `proxy/userspace` is one of its own. */
function roomOf(file: string): string {
  if (file.startsWith('src/proxy/userspace')) return 'proxy/userspace'
  return file.split('/')[1]?.replace('.ts', '') ?? ''
}

function rulesBroken(): string[] {
  return IMPORTS.flatMap(({ file, target }) => {
    const [from, to] = [roomOf(file), roomOf(target).replace('proxy/userspace', 'proxy')]
    const allowed = MAY_IMPORT[from]
    return allowed === undefined || from === to || allowed.includes(to) ? [] : [`${file} imports ${target}`]
  })
}

/** Files that reach themselves by imports that are there when the program runs. */
function inCircles(): string[] {
  const next = new Map(FILES.map((file) => [file, IMPORTS.filter((one) => one.file === file && !one.isType).map(({ target }) => target)]))
  return FILES.filter((file) => {
    const reached = new Set<string>()
    const left = [...(next.get(file) ?? [])]
    for (let one = left.pop(); one !== undefined; one = left.pop()) {
      if (reached.has(one)) continue
      reached.add(one)
      left.push(...(next.get(one) ?? []))
    }
    return reached.has(file)
  })
}

const house = suite('the house')

house('every file and its imports are found', () => {
  assert.ok(FILES.length > 400)
  assert.ok(IMPORTS.length > 2 * FILES.length)
  for (const { file, target } of IMPORTS) assert.ok(TEXTS.has(target), `${file} imports ${target}`)
})

house('a room imports only what stands below it', () => {
  assert.equal(rulesBroken(), [])
})

house('no imports run in a circle', () => {
  assert.equal(inCircles().filter((file) => !MAY_CIRCLE.test(file)), [])
})

house('nothing below the command line asks the clock, the machine or chance', () => {
  const forbidden = /\bMath\.random\b|\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b|\bprocess\.(?:hrtime|env)\b|\blocaleCompare\b|\bconsole\./
  assert.equal(FILES.filter((file) => !file.startsWith('src/cli/') && forbidden.test(TEXTS.get(file) ?? '')), [])
})

house.run()
