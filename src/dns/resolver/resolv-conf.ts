import { familyOf } from './address-order.ts'

/** How a libc reads resolv.conf. */
export type Libc = 'glibc' | 'musl-1.2.3' | 'musl-1.2.5' | 'go'

/** /etc/resolv.conf as one libc understands it: limits applied, options it does not know left at their default. */
export interface ResolvConf {
  readonly nameservers: readonly string[]
  readonly search: readonly string[]
  readonly ndots: number
  /** Seconds. */
  readonly timeout: number
  readonly attempts: number
  readonly rotate: boolean
  readonly singleRequest: boolean
  readonly singleRequestReopen: boolean
  readonly useVc: boolean
  readonly edns0: boolean
  readonly noAaaa: boolean
}

interface Dialect {
  /** Longer lines are ignored as a whole. */
  readonly lineLimit: number
  /** Smallest and largest value; what is outside is moved to the limit. */
  readonly ndots: readonly [number, number]
  readonly timeout: readonly [number, number]
  readonly attempts: readonly [number, number]
  /** Option word → what it switches on. */
  readonly flags: ReadonlyMap<string, Flag>
}

type Flag = 'rotate' | 'singleRequest' | 'singleRequestReopen' | 'useVc' | 'edns0' | 'noAaaa'

const MAX_NAMESERVERS = 3
const NO_LIMIT = Number.POSITIVE_INFINITY

// resolv/res_init.c and resolv.h (RES_MAXNDOTS, RES_MAXRETRANS, RES_MAXRETRY)
const GLIBC: Dialect = {
  lineLimit: NO_LIMIT,
  ndots: [0, 15],
  timeout: [0, 30],
  attempts: [0, 5],
  flags: new Map<string, Flag>([
    ['rotate', 'rotate'],
    ['single-request', 'singleRequest'],
    ['single-request-reopen', 'singleRequestReopen'],
    ['use-vc', 'useVc'],
    ['edns0', 'edns0'],
    ['no-aaaa', 'noAaaa'],
  ]),
}

// src/network/resolvconf.c: a line that does not fit its 256 byte buffer is skipped
const MUSL: Dialect = { lineLimit: 254, ndots: [0, 15], timeout: [0, 60], attempts: [1, 10], flags: new Map() }

// net/dnsconfig_unix.go; it always sends EDNS, and takes -reopen for single-request because it never reuses a socket
const GO: Dialect = {
  lineLimit: NO_LIMIT,
  ndots: [0, 15],
  timeout: [1, NO_LIMIT],
  attempts: [1, NO_LIMIT],
  flags: new Map<string, Flag>([
    ['rotate', 'rotate'],
    ['single-request', 'singleRequest'],
    ['single-request-reopen', 'singleRequest'],
    ['use-vc', 'useVc'],
    ['usevc', 'useVc'],
    ['tcp', 'useVc'],
  ]),
}

const DIALECTS: Record<Libc, Dialect> = { glibc: GLIBC, 'musl-1.2.3': MUSL, 'musl-1.2.5': MUSL, go: GO }

/** Reads the text of a resolv.conf(5). Never fails: like the libcs, it skips what it cannot use. */
export function parseResolvConf(text: string, libc: Libc): ResolvConf {
  const dialect = DIALECTS[libc]
  const nameservers: string[] = []
  let search: readonly string[] = []
  const numbers = { ndots: 1, timeout: 5, attempts: 2 }
  const flags = new Set<Flag>()
  for (const line of text.split('\n')) {
    if (line.length > dialect.lineLimit) continue
    const [keyword, ...words] = line.trimEnd().split(/[ \t]+/)
    if (keyword === 'nameserver') {
      const server = words[0]
      if (server !== undefined && familyOf(server) !== undefined && nameservers.length < MAX_NAMESERVERS) nameservers.push(server)
    } else if (keyword === 'domain') search = words.slice(0, 1)
    else if (keyword === 'search') search = libc === 'go' ? words.filter((domain) => domain !== '.') : words
    else if (keyword === 'options') for (const word of words) readOption(word, dialect, numbers, flags)
  }
  return {
    nameservers: nameservers.length > 0 ? nameservers : ['127.0.0.1'],
    search,
    ...numbers,
    rotate: flags.has('rotate'),
    singleRequest: flags.has('singleRequest'),
    singleRequestReopen: flags.has('singleRequestReopen'),
    useVc: flags.has('useVc'),
    edns0: flags.has('edns0'),
    noAaaa: flags.has('noAaaa'),
  }
}

function readOption(word: string, dialect: Dialect, numbers: { ndots: number; timeout: number; attempts: number }, flags: Set<Flag>): void {
  const flag = dialect.flags.get(word)
  if (flag !== undefined) flags.add(flag)
  const match = /^(ndots|timeout|attempts):(\d+)/.exec(word)
  if (match === null) return
  const name = match[1] as 'ndots' | 'timeout' | 'attempts' // the pattern names no other
  const [least, most] = dialect[name]
  numbers[name] = Math.min(most, Math.max(least, Number(match[2])))
}
