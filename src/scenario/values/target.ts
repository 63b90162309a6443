import { suggest } from '../../engine/nearest.ts'
import { parseAddress } from '../../kernel/address.ts'
import { isName, parseReference, type Reference } from './reference.ts'
import type { Written } from './written.ts'

export type Scheme = 'tcp' | 'udp' | 'http' | 'icmp' | 'dns'

/** Whom a request is for, before anybody has resolved it. */
export type Host =
  | { kind: 'address'; address: string }
  | { kind: 'name'; name: string }
  | { kind: 'object'; object: Reference }
  | { kind: 'variable'; variable: string }

/** `port` is 0 where the scheme has none (icmp, dns), and a text for `$VARIABLE` of the pod's environment. */
export interface Target {
  scheme: Scheme
  host: Host
  port: number | string
  path: string
  text: string
}

/** Does somebody have to resolve a name before anything can be sent? */
export function isNamed({ host }: Target): boolean {
  return host.kind === 'name'
}

/** The default port of each scheme; undefined where it must be written. */
const PORTS: Record<Scheme, number | undefined> = { tcp: undefined, udp: undefined, http: 80, icmp: 0, dns: 0 }

/**
 * `tcp://10.96.0.10:80`, `http://redis:6379/path`, `icmp://web`, `dns://redis`, `udp://svc/kube-dns.kube-system:53`,
 * `tcp://pod/default/a:8080`, `tcp://node/node-1:31001`, `http://$REDIS_SERVICE_HOST:$REDIS_SERVICE_PORT`. Without a scheme: tcp.
 */
export function parseTarget(text: string): Target | undefined {
  const [, word = 'tcp', rest = ''] = /^(?:([a-z]+):\/\/)?(.*)$/.exec(text) ?? []
  const match = (OBJECT.test(rest) ? OBJECT_AND_PORT : HOST_AND_PORT).exec(rest)
  if (match === null || !Object.hasOwn(PORTS, word)) return undefined
  const scheme = word as Scheme
  const [, where = '', portText, path = ''] = match
  const host = parseHost(where)
  const port = portText === undefined ? PORTS[scheme] : portText.startsWith('$') ? variableName(portText) : Number(portText)
  if (host === undefined || port === undefined || !isPort(port, scheme)) return undefined
  return { scheme, host, port, path, text }
}

const OBJECT = /^(svc|service|pod|po|node|no)\//
const OBJECT_AND_PORT = /^([^:]+)(?::(\d{1,5}|\$\w+|\$\{\w+\}))?(\/.*)?$/
const HOST_AND_PORT = /^([^:/]+)(?::(\d{1,5}|\$\w+|\$\{\w+\}))?(\/.*)?$/

function isPort(port: number | string, scheme: Scheme): boolean {
  if (typeof port === 'string') return true
  return PORTS[scheme] === 0 ? port === 0 : port >= 1 && port <= 65535
}

function variableName(text: string): string {
  return text.replace(/[${}]/g, '')
}

function parseHost(text: string): Host | undefined {
  if (text.startsWith('$')) return /^\$(\w+|\{\w+\})$/.test(text) ? { kind: 'variable', variable: variableName(text) } : undefined
  if (parseAddress(text) !== undefined) return { kind: 'address', address: text }
  if (!text.includes('/')) return isHostName(text) ? { kind: 'name', name: text } : undefined
  const object = parseReference(text)
  if (object === undefined) return undefined
  return { kind: 'object', object: object.kind === 'service' && object.namespace === '' ? splitServiceName(object) : object }
}

/** `svc/NAME.NS`: a Service's name has no dot of its own. */
function splitServiceName(service: Reference): Reference {
  const [name = '', namespace = ''] = service.name.split('.')
  return { kind: 'service', namespace, name }
}

/** A host name as resolvers take it: letters of either case, underscores (SRV), a trailing dot. */
function isHostName(text: string): boolean {
  return isName(text.toLowerCase().replace(/_/g, 'x').replace(/\.$/, '')) && !/^[\d.]+$/.test(text)
}

const RULE = 'SCHEME://HOST:PORT with tcp, udp, http, icmp or dns, and a name, an IPv4 address, svc/NAME.NAMESPACE or pod/NAME as host'
const EXAMPLES = ['http://redis:6379', 'tcp://svc/redis.default:6379']

interface Parts {
  scheme: string
  rest: string
  where: string
  port: string | undefined
}

/** What can be wrong with a text that is no target; the first that has something to say is right. */
const FAULTS: readonly ((parts: Parts) => string | undefined)[] = [
  ({ scheme }) => (Object.hasOwn(PORTS, scheme) ? undefined : `there is no scheme ${scheme}; ${suggest(scheme, Object.keys(PORTS)) ?? ''}`),
  ({ rest }) => (/^\[|:.*:/.test(rest) ? 'only IPv4 is modelled' : undefined),
  ({ where }) => (where === '' || where.endsWith('/') ? `there is no host; write ${RULE}` : undefined),
  ({ where }) => (/^[\d.]+$/.test(where) && parseAddress(where) === undefined ? `${where} is no IPv4 address` : undefined),
  ({ where }) => (where.includes('/') && !OBJECT.test(where) && parseReference(where) !== undefined ? 'only svc/NAME.NAMESPACE, pod/NAMESPACE/NAME and node/NAME can be sent to' : undefined),
  ({ scheme, port }) => (port !== undefined && PORTS[scheme as Scheme] === 0 ? `${scheme} has no ports` : undefined),
  ({ port }) => (port === undefined || isPortText(port) ? undefined : `${port || 'nothing'} is no port: a number from 1 to 65535`),
  ({ scheme, where, port }) => (port === undefined && PORTS[scheme as Scheme] === undefined ? `${scheme} needs a port, such as ${scheme}://${where}:80` : undefined),
]

function isPortText(text: string): boolean {
  return text.startsWith('$') || (/^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535)
}

/** What is wrong with a text that is no target. */
export function faultOfTarget(text: string): string {
  const [, scheme = 'tcp', rest = ''] = /^(?:([^/:]*):\/\/)?(.*)$/s.exec(text) ?? []
  const [, where = '', port] = /^((?:[a-z]+\/)?[^:]*?)(?::([^:/]*))?(?:\/[^:]*)?$/s.exec(rest) ?? []
  return FAULTS.map((faultIn) => faultIn({ scheme, rest, where, port })).find((fault) => fault !== undefined) ?? `write ${RULE}, such as ${EXAMPLES.join(' or ')}`
}

export const target: Written<Target> = {
  what: 'a target',
  rule: RULE,
  examples: EXAMPLES,
  parse: parseTarget,
  fault: faultOfTarget,
}
