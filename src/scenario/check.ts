import type * as core from 'kubernetes-types/core/v1.js'
import { parseCidr, type AddressRange } from '../cluster/cidr.ts'
import { nearest, suggest } from '../engine/nearest.ts'
import type { Complaints } from './complaint.ts'
import { nameOf } from './objects/collisions.ts'
import type { Located } from './objects/read.ts'
import type { Scenario, TimelineEvent } from './spec/scenario.ts'
import { below, type Origin, type Path } from './text/source.ts'
import { formatReference, isNamespaced, type Reference } from './values/reference.ts'

/** Says what is wrong at a path inside the scenario's spec. */
type Say = (path: Path, message: string, fix?: string) => void

/** What can be said of a scenario, under a proxy mode and against its objects, before anything runs: what points nowhere, happens too late, or overlaps. */
export function checkScenario(scenario: Scenario, mode: string, origin: Origin, located: Located[], complaints: Complaints): void {
  const say: Say = (path, message, fix) => complaints.error({ origin: below(origin, 'spec', ...path) }, message, fix)
  const hint: Say = (path, message, fix) => complaints.note({ origin: below(origin, 'spec', ...path) }, message, fix)
  checkReferences(scenario, located, say, hint)
  checkNames(scenario, say)
  checkTimes(scenario, say, hint)
  checkExpectations(scenario, say)
  checkNetworks(scenario, say)
  checkKernel(scenario, mode, say)
}

function checkReferences(scenario: Scenario, located: Located[], say: Say, hint: Say): void {
  const known = new Known(scenario, located)
  const look = (path: Path, reference: Reference) => {
    const missing = known.missing(reference)
    if (missing !== undefined) say(path, missing.message, missing.fix)
  }
  scenario.servers.forEach(({ select }, i) => look(['servers', i, 'select'], select))
  scenario.traffic.forEach(({ from, to, via }, i) => {
    look(['traffic', i, 'from'], from)
    if (to.host.kind === 'object') look(['traffic', i, 'to'], to.host.object)
    if (to.host.kind === 'name' && !to.host.name.includes('.')) {
      const missing = known.missing({ kind: 'service', namespace: from.namespace || scenario.namespace, name: to.host.name })
      if (missing !== undefined) hint(['traffic', i, 'to'], `the name \`${to.host.name}\` will not resolve: ${missing.message}`, missing.fix)
    }
    if (via !== undefined) look(['traffic', i, 'via'], { kind: 'node', namespace: '', name: via })
  })
  scenario.timeline.forEach((event, i) => {
    // What an earlier `apply` brings is not read yet.
    if (scenario.timeline.some((other) => other.action === 'apply' && other.at <= event.at)) return
    for (const { field, reference } of referencesOf(event)) look(['timeline', i, ...field], reference)
  })
}

function referencesOf(event: TimelineEvent): { field: Path; reference: Reference }[] {
  if (event.action === 'partition') return event.nodes.map((reference, i) => ({ field: ['partition', i], reference }))
  if (event.action === 'loss') return event.link === undefined ? [] : [{ field: ['on'], reference: event.link }]
  if (event.action === 'set') return event.node === undefined ? [] : [{ field: ['node'], reference: event.node }]
  return 'target' in event ? [{ field: [event.action], reference: event.target }] : []
}

/** Kinds of references, as Kubernetes spells them. */
const KIND_NAMES: Partial<Record<Reference['kind'], string>> = {
  pod: 'Pod', deployment: 'Deployment', replicaset: 'ReplicaSet', statefulset: 'StatefulSet', daemonset: 'DaemonSet', service: 'Service', node: 'Node',
}

/** A machine outside that is always there, for those who need just one. */
const DEFAULT_CLIENT = 'client'

/** Everything that a reference can point at. */
class Known {
  /** By kind: `namespace/name`, or the name of what has no namespace. */
  readonly #names = new Map<string, Set<string>>()

  constructor(scenario: Scenario, located: Located[]) {
    for (const one of located) this.#namesOf(one.object.kind).add(nameOf(one))
    const nodes = this.#namesOf('Node')
    if (nodes.size === 0) for (let i = 1; i <= scenario.cluster.nodes; i++) nodes.add(`node-${i}`)
    this.#names.set('link', nodes)
    this.#names.set('nodelocal', nodes)
    this.#names.set('client', new Set([DEFAULT_CLIENT, ...scenario.clients.map(({ name }) => name)]))
  }

  missing(reference: Reference): { message: string; fix?: string } | undefined {
    const { kind, namespace, name } = reference
    if (name === '' || kind === 'coredns') return undefined
    const names = this.#namesOf(KIND_NAMES[kind] ?? kind)
    const full = isNamespaced(kind) ? `${namespace}/${name}` : name
    if (names.has(full) || (kind === 'pod' && this.#willBeMade(full))) return undefined
    const fix = this.#suggest(reference, [...names])
    return { message: `there is no ${formatReference(reference)}`, ...(fix === undefined ? {} : { fix }) }
  }

  /** Workloads name their pods after themselves: `redis-0`, `web-7d4b9c-x2x9k`. */
  #willBeMade(full: string): boolean {
    return ['StatefulSet', 'Deployment', 'ReplicaSet', 'DaemonSet'].some((kind) => [...this.#namesOf(kind)].some((owner) => full.startsWith(`${owner}-`)))
  }

  #suggest({ kind, namespace, name }: Reference, names: string[]): string | undefined {
    if (!isNamespaced(kind)) return suggest(name, names)
    const elsewhere = names.find((one) => one.endsWith(`/${name}`))
    if (elsewhere !== undefined) return `did you mean \`${kind}/${elsewhere}\`?`
    const here = names.filter((one) => one.startsWith(`${namespace}/`)).map((one) => one.slice(namespace.length + 1))
    return suggest(name, here)
  }

  #namesOf(kind: string): Set<string> {
    let names = this.#names.get(kind)
    if (names === undefined) this.#names.set(kind, (names = new Set()))
    return names
  }
}

/** Reports and expectations call traffic and clients by name. */
function checkNames({ traffic, clients }: Scenario, say: Say): void {
  for (const [field, list] of [['traffic', traffic], ['clients', clients]] as const) {
    const seen = new Set<string>()
    list.forEach(({ name }, i) => {
      if (seen.has(name)) say([field, i, 'name'], `two entries of ${field} are called \`${name}\``)
      seen.add(name)
    })
  }
  const addresses = new Set<string>()
  clients.forEach(({ address }, i) => {
    if (address === undefined) return
    if (addresses.has(address)) say(['clients', i, 'address'], `two clients have the address ${address}`)
    addresses.add(address)
  })
}

function checkTimes({ duration, warmup, timeline }: Scenario, say: Say, hint: Say): void {
  if (warmup >= duration) say(['warmup'], 'the warm-up is as long as the whole run: nothing would be measured')
  const failed = new Set<string>()
  timeline.forEach((event, i) => {
    if (event.at > duration) say(['timeline', i, 'at'], `this happens after the end (the run lasts ${duration / 1e9} s)`, 'make `duration` longer, or the time earlier')
    const before = timeline[i - 1]
    if (before !== undefined && before.at > event.at) hint(['timeline', i, 'at'], 'this stands after an event that happens later; the times decide, not the order of the lines')
  })
  const inOrder = timeline.map((event, i) => ({ event, i })).sort((a, b) => a.event.at - b.event.at)
  for (const { event, i } of inOrder) {
    if (event.action === 'fail') failed.add(formatReference(event.target))
    if (event.action === 'recover' && !failed.has(formatReference(event.target))) say(['timeline', i, 'recover'], `${formatReference(event.target)} has not failed before`)
  }
}

/** The form of an expectation, and the traffic that it names; the figures themselves are the report's. */
function checkExpectations({ expect, traffic }: Scenario, say: Say): void {
  const names = traffic.map(({ name }) => name)
  expect.forEach((text, i) => {
    if (!/[<>=]=?|!=/.test(text)) return say(['expect', i], `\`${text}\` compares nothing: write a figure, a comparison (<, <=, >, >=, ==, !=) and a value`, 'such as app.p99 < 2ms')
    const root = /^\s*([A-Za-z][-\w]*)\./.exec(text)?.[1]
    if (root === undefined || names.includes(root)) return
    const meant = nearest(root, names)
    if (meant !== undefined) say(['expect', i], `there is no traffic \`${root}\``, `did you mean \`${meant}\`?`)
  })
}

function checkNetworks({ cluster }: Scenario, say: Say): void {
  const pods = parseCidr(cluster.podCIDR)
  const services = parseCidr(cluster.serviceCIDR)
  if (pods !== undefined && services !== undefined && overlap(pods, services))
    say(['cluster', 'serviceCIDR'], `serviceCIDR ${cluster.serviceCIDR} overlaps podCIDR ${cluster.podCIDR}`)
}

/** The kernel that kube-proxy asks for before it starts in nftables mode (KEP-3866). */
const NFTABLES_KERNEL = [5, 13] as const

function checkKernel({ cluster }: Scenario, mode: string, say: Say): void {
  const [major = 0, minor = 0] = cluster.kernel.version.split('.').map(Number)
  const [least, leastMinor] = NFTABLES_KERNEL
  if (mode === 'nftables' && (major < least || (major === least && minor < leastMinor)))
    say(['cluster', 'kernel', 'version'], `nftables mode needs kernel ${least}.${leastMinor} or later, not ${cluster.kernel.version}: kube-proxy would not start`)
}

function overlap(a: AddressRange, b: AddressRange): boolean {
  return a.first <= b.last && b.first <= a.last
}

/** Nodes whose pod CIDRs overlap: a packet for a pod could go to either. */
export function checkNodeNetworks(located: Located[], complaints: Complaints): void {
  const nodes = located.filter(({ object }) => object.kind === 'Node')
  const ranges = nodes.flatMap((one) => {
    const range = parseCidr((one.object['spec'] as core.NodeSpec | undefined)?.podCIDR ?? '')
    return range === undefined ? [] : [{ range, one }]
  })
  ranges.sort((a, b) => a.range.first - b.range.first)
  ranges.forEach(({ range, one }, i) => {
    const before = ranges[i - 1]
    if (before !== undefined && overlap(before.range, range))
      complaints.error({ origin: below(one.origin, 'spec', 'podCIDR') }, `the podCIDR of Node ${nameOf(one)} overlaps that of ${nameOf(before.one)}`, undefined, before.one.origin)
  })
}
