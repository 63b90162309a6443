import { familyOf } from '../../resolver/address-order.ts'
import type { Directive } from '../corefile.ts'
import { type Complain, type Mutable, type Reader, ignore, readBlock, wholeNumber, zonesOf } from './read.ts'

/** The plugins that answer, or change the question, out of the Corefile alone: hosts, template, rewrite. */

/** `hosts { ADDRESS NAME… }`; a file to read is not there. */
export interface HostsSettings {
  readonly zones: readonly string[]
  readonly ttl: number
  readonly fallthrough: readonly string[]
  /** Lower-case name → addresses. */
  readonly addresses: ReadonlyMap<string, readonly string[]>
}

const HOSTS_TTL = 3600

export function readHosts(directive: Directive, blockZones: readonly string[], complain: Complain): HostsSettings {
  const [file, ...zones] = directive.args
  if (file !== undefined) complain({ line: directive.line, message: `hosts: the file ${file} is not there to read; inline entries are`, note: true })
  const addresses = new Map<string, string[]>()
  const hosts = { zones: zones.length > 0 ? zonesOf(zones) : blockZones, ttl: HOSTS_TTL, fallthrough: [] as readonly string[], addresses }
  for (const { name, args, line } of directive.block) {
    if (name === 'ttl') hosts.ttl = wholeNumber(args[0], 1, 65_535, { name, args, line, block: [] }, complain) ?? hosts.ttl
    else if (name === 'fallthrough') hosts.fallthrough = args.length > 0 ? zonesOf(args) : ['']
    else if (familyOf(name) !== undefined) for (const host of zonesOf(args)) addresses.set(host, [...(addresses.get(host) ?? []), name])
    else if (name !== 'no_reverse' && name !== 'reload') complain({ line, message: `hosts: expected an address, ttl, fallthrough, no_reverse or reload, but found '${name}'` })
  }
  return hosts
}

/** `template IN TYPE [ZONES…] { match…; answer…; rcode… }`. */
export interface TemplateSettings {
  readonly type: string
  readonly zones: readonly string[]
  readonly matches: readonly RegExp[]
  readonly answers: readonly string[]
  readonly rcode: number
  readonly fallthrough: readonly string[]
}

const RCODES = new Map([
  ['NOERROR', 0],
  ['FORMERR', 1],
  ['SERVFAIL', 2],
  ['NXDOMAIN', 3],
  ['NOTIMP', 4],
  ['REFUSED', 5],
])

export function readTemplate(directive: Directive, blockZones: readonly string[], complain: Complain): TemplateSettings {
  const [, type = 'ANY', ...zones] = directive.args
  const template: Mutable<TemplateSettings> = { type: type.toUpperCase(), zones: zones.length > 0 ? zonesOf(zones) : blockZones, matches: [], answers: [], rcode: 0, fallthrough: [] }
  readBlock(template, directive, TEMPLATE_WORDS, complain)
  return template
}

const TEMPLATE_WORDS = new Map<string, Reader<Mutable<TemplateSettings>>>([
  ['match', (template, directive, complain) => (template.matches = [...template.matches, ...directive.args.flatMap((text) => regex(text, directive, complain) ?? [])])],
  ['answer', (template, directive) => (template.answers = [...template.answers, directive.args.join(' ')])],
  ['authority', ignore],
  ['additional', ignore],
  ['upstream', ignore],
  [
    'rcode',
    (template, directive, complain) => {
      const code = RCODES.get(directive.args[0]?.toUpperCase() ?? '')
      if (code === undefined) complain({ line: directive.line, message: `rcode: expected ${[...RCODES.keys()].join(', ')}, but found '${directive.args[0] ?? ''}'` })
      else template.rcode = code
    },
  ],
  ['fallthrough', (template, directive) => (template.fallthrough = directive.args.length > 0 ? zonesOf(directive.args) : [''])],
])

/** A Go regular expression; named groups are written differently there. */
function regex(text: string, directive: Directive, complain: Complain): RegExp | undefined {
  try {
    return new RegExp(text.replaceAll('(?P<', '(?<'), 'i')
  } catch {
    complain({ line: directive.line, message: `${directive.name}: '${text}' is not a regular expression` })
    return undefined
  }
}

/** `rewrite [continue|stop] name [exact|prefix|suffix|substring|regex] FROM TO`. */
export interface RewriteRule {
  readonly goesOn: boolean
  readonly kind: 'exact' | 'prefix' | 'suffix' | 'substring' | 'regex'
  readonly from: string
  readonly to: string
}

export function readRewrite(directive: Directive, complain: Complain): RewriteRule | undefined {
  const args = [...directive.args]
  const goesOn = args[0] === 'continue'
  if (goesOn || args[0] === 'stop') args.shift()
  if (args.shift() !== 'name') {
    complain({ line: directive.line, message: 'rewrite: only rules for names are modelled', note: true })
    return undefined
  }
  const kind = (['exact', 'prefix', 'suffix', 'substring', 'regex'] as const).find((word) => word === args[0])
  if (kind !== undefined) args.shift()
  const [from, to] = args
  if (from === undefined || to === undefined) {
    complain({ line: directive.line, message: 'rewrite: expected a name to look for and one to put in its place' })
    return undefined
  }
  if (kind === 'regex' && regex(from, directive, complain) === undefined) return undefined
  const bare = (name: string): string => (kind === 'regex' ? name : name.toLowerCase().replace(/\.$/, ''))
  return { goesOn, kind: kind ?? 'exact', from: bare(from), to: bare(to) }
}
