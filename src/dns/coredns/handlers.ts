import { below, type Random } from '../../engine/random.ts'
import { type ClusterObjects, answerFromCluster } from '../records/kubernetes.ts'
import { emptyAnswer, type DnsMessage, type DnsQuestion, type ResourceRecord } from '../records/message.ts'
import { isBelow } from '../records/name.ts'
import { familyOf } from '../resolver/address-order.ts'
import { NOERROR, NXDOMAIN, SERVFAIL } from '../resolver/resolution.ts'
import type { Cache, CacheOptions } from './cache.ts'
import { type Handler, type Handling, type Request, type ServerHost, type Task, isFailure } from './handler.ts'
import type { KubernetesSettings } from './settings/kubernetes.ts'
import type { HostsSettings, RewriteRule, TemplateSettings } from './settings/local.ts'

/** CoreDNS's plugins as functions from the handler after them to a handler. `forward`, which has more to remember, has its own file. */

function liesIn(name: string, zones: readonly string[]): boolean {
  const lower = name.toLowerCase()
  return zones.some((zone) => isBelow(lower, zone))
}

/** plugin/loadbalance: CNAMEs first, then the rest, then addresses in random order. */
export function shuffling(random: Random, next: Handler): Handler {
  return function* (request: Request): Handling {
    const reply = yield* next(request)
    if (isFailure(reply) || reply.answers.length < 2) return reply
    const isAddress = ({ type }: ResourceRecord): boolean => type === 'A' || type === 'AAAA'
    const aliases = reply.answers.filter(({ type }) => type === 'CNAME')
    const rest = reply.answers.filter((record) => record.type !== 'CNAME' && !isAddress(record))
    return { ...reply, answers: [...aliases, ...rest, ...shuffle(reply.answers.filter(isAddress), random)] }
  }
}

function shuffle(records: ResourceRecord[], random: Random): ResourceRecord[] {
  for (let i = 0; i < records.length; i++) {
    const j = i + below(random, records.length - i)
    const swapped = records[i] as ResourceRecord // both indexes are below the length
    records[i] = records[j] as ResourceRecord
    records[j] = swapped
  }
  return records
}

/** plugin/rewrite, rules for names: what comes back bears the name that was asked for. */
export function rewriting(rules: readonly RewriteRule[], next: Handler): Handler {
  return function* (request: Request): Handling {
    const asked = request.question.name
    const name = rewriteName(asked, rules)
    if (name === asked) return yield* next(request)
    const reply = yield* next({ ...request, question: { ...request.question, name } })
    if (isFailure(reply)) return reply
    const answers = reply.answers.map((record) => (record.name.toLowerCase() === name ? { ...record, name: asked } : record))
    return { ...reply, question: request.question, answers }
  }
}

function rewriteName(asked: string, rules: readonly RewriteRule[]): string {
  let name = asked
  for (const rule of rules) {
    const rewritten = applyRule(name.toLowerCase(), rule)
    if (rewritten === undefined) continue
    name = rewritten
    if (!rule.goesOn) break
  }
  return name
}

function applyRule(name: string, { kind, from, to }: RewriteRule): string | undefined {
  switch (kind) {
    case 'exact':
      return name === from ? to : undefined
    case 'prefix':
      return name.startsWith(from) ? to + name.slice(from.length) : undefined
    case 'suffix':
      return name.endsWith(from) ? name.slice(0, name.length - from.length) + to : undefined
    case 'substring':
      return name.includes(from) ? name.replaceAll(from, to) : undefined
    case 'regex': {
      const match = new RegExp(from.replaceAll('(?P<', '(?<'), 'i').exec(`${name}.`)
      return match === null ? undefined : to.replace(/\{(\d+)\}/g, (_, group: string) => match[Number(group)] ?? '').replace(/\.$/, '')
    }
  }
}

/**
 * plugin/autopath with @kubernetes: walks the search list of the asking pod, so that the client need not. `searchOf` gives the
 * list of the pod at an address; undefined if no pod has it (or pods are not watched: `pods verified`).
 */
export function walkingSearchList(zones: readonly string[], searchOf: (client: string) => readonly string[] | undefined, next: Handler): Handler {
  return function* (request: Request): Handling {
    const { question } = request
    const search = liesIn(question.name, zones) ? searchOf(request.client) : undefined
    const first = search?.[0]
    if (search === undefined || first === undefined || !question.name.toLowerCase().endsWith(`.${first}`)) return yield* next(request)
    const base = question.name.slice(0, -first.length - 1)
    let firstReply: DnsMessage | undefined
    for (const domain of [...search, '']) {
      const name = domain === '' ? base : `${base}.${domain}`
      const reply = yield* next({ ...request, question: { ...question, name } })
      if (isFailure(reply)) return reply
      firstReply ??= reply
      if (reply.rcode !== NXDOMAIN) return pointingTo(question, reply)
    }
    return { ...(firstReply as DnsMessage), question } // the list has a first element
  }
}

/** A CNAME from the name that was asked for to the one that was found. */
function pointingTo(question: DnsQuestion, reply: DnsMessage): DnsMessage {
  const found = reply.answers.find((record) => record.name.toLowerCase() !== question.name.toLowerCase())
  if (found === undefined) return { ...reply, question }
  const alias: ResourceRecord = { name: question.name, type: 'CNAME', ttl: found.ttl, target: found.name }
  return { ...reply, question, answers: [alias, ...reply.answers] }
}

/** plugin/cache around what comes after it. */
export function caching(cache: Cache, zones: readonly string[], options: CacheOptions, host: ServerHost, next: Handler): Handler {
  function* fetch(request: Request, isPrefetch: boolean): Handling {
    const reply = yield* next(request)
    return isFailure(reply) ? reply : cache.put(request.question, reply, host.now(), isPrefetch)
  }
  function* refresh(request: Request): Task<void> {
    yield* fetch(request, true)
    cache.endRefresh(request.question)
  }
  return function* (request: Request): Handling {
    const { question } = request
    if (!liesIn(question.name, zones)) return yield* next(request)
    const hit = cache.get(question, host.now())
    if (hit === undefined) return yield* fetch(request, false)
    const isStale = hit.ttl <= 0
    if (isStale && options.stale.verify) {
      const reply = yield* fetch(request, false)
      if (!isFailure(reply) && (reply.rcode === NOERROR || reply.rcode === NXDOMAIN)) return reply
    } else if ((isStale || hit.prefetch) && cache.startRefresh(question)) {
      // Over TCP, so that the answer is not cut to the size that this client can take.
      host.spawn(refresh({ ...request, transport: 'tcp' }))
    }
    return hit.message
  }
}

/** plugin/template: the first that matches answers. */
export function templating(templates: readonly TemplateSettings[], next: Handler): Handler {
  return function* (request: Request): Handling {
    const { question } = request
    for (const template of templates) {
      if ((template.type !== 'ANY' && template.type !== question.type) || !liesIn(question.name, template.zones)) continue
      const match = template.matches.length === 0 ? [] : firstMatch(template.matches, `${question.name}.`)
      if (match === undefined) {
        if (liesIn(question.name, template.fallthrough)) continue
        return { failure: SERVFAIL }
      }
      if (template.rcode === SERVFAIL) return { failure: SERVFAIL }
      const answers = template.answers.flatMap((text) => parseRecord(fillIn(text, question, match)) ?? [])
      return { ...emptyAnswer(question, template.rcode), answers }
    }
    return yield* next(request)
  }
}

function firstMatch(patterns: readonly RegExp[], name: string): RegExpExecArray | undefined {
  for (const pattern of patterns) {
    const match = pattern.exec(name)
    if (match !== null) return match
  }
  return undefined
}

/** `{{ .Name }}`, `{{ .Group.x }}` and `{{ index .Match 1 }}`, the values that templates of answers use. */
function fillIn(text: string, question: DnsQuestion, match: readonly string[] & { groups?: Record<string, string> | undefined }): string {
  return text.replace(/\{\{\s*(?:\.(Name)|\.Group\.(\w+)|index \.Match (\d+))\s*\}\}/g, (_, name?: string, group?: string, index?: string) => {
    if (name !== undefined) return `${question.name}.`
    return group !== undefined ? (match.groups?.[group] ?? '') : (match[Number(index)] ?? '')
  })
}

/** `NAME TTL IN TYPE DATA` of an address or alias. */
function parseRecord(text: string): ResourceRecord | undefined {
  const match = /^(\S+?)\.?\s+(\d+)\s+IN\s+(A|AAAA|CNAME)\s+(\S+?)\.?$/.exec(text.trim())
  if (match === null) return undefined
  const [, name = '', ttl, type, data = ''] = match
  const owner = { name, ttl: Number(ttl) }
  return type === 'CNAME' ? { ...owner, type, target: data } : { ...owner, type: type as 'A' | 'AAAA', address: data } // the pattern names no other
}

/** plugin/hosts: a name that it does not know is a SERVFAIL, since it has no SOA to deny it with, unless it falls through. */
export function hosting(hosts: HostsSettings, next: Handler): Handler {
  return function* (request: Request): Handling {
    const { question } = request
    if (!liesIn(question.name, hosts.zones)) return yield* next(request)
    const addresses = hosts.addresses.get(question.name.toLowerCase())
    if (addresses === undefined) return liesIn(question.name, hosts.fallthrough) ? yield* next(request) : { failure: SERVFAIL }
    const family = question.type === 'A' ? 'inet' : question.type === 'AAAA' ? 'inet6' : undefined
    const type = question.type === 'AAAA' ? 'AAAA' : 'A'
    const answers = addresses.filter((address) => familyOf(address) === family).map((address): ResourceRecord => ({ name: question.name, type, ttl: hosts.ttl, address }))
    return { ...emptyAnswer(question, NOERROR), answers }
  }
}

/** plugin/kubernetes. `whole`: the server itself, which it asks for the target of an ExternalName. */
export function answeringForCluster(settings: KubernetesSettings, objects: ClusterObjects, hasSynced: () => boolean, whole: Handler, next: Handler): Handler {
  return function* (request: Request): Handling {
    const answer = answerFromCluster(request.question, objects, settings)
    if (answer === undefined) return yield* next(request)
    if (answer.rcode === NXDOMAIN) {
      if (liesIn(request.question.name, settings.fallthrough)) return yield* next(request)
      return hasSynced() ? answer : { ...answer, rcode: SERVFAIL }
    }
    if (answer.upstream === undefined) return answer
    const target = yield* whole({ ...request, question: { ...request.question, name: answer.upstream } })
    if (isFailure(target) || (target.rcode !== NOERROR && target.rcode !== NXDOMAIN)) return { ...answer, answers: [] }
    return { ...answer, answers: [...answer.answers, ...target.answers], truncated: target.truncated }
  }
}
