import type * as core from 'kubernetes-types/core/v1.js'
import { parseCidr, type AddressRange } from '../cluster/cidr.ts'
import type { Nanos } from '../engine/agenda.ts'
import { nearest } from '../engine/nearest.ts'
import type { Complaints } from './complaint.ts'
import { Known } from './known.ts'
import { proxyShape } from './objects/proxy.ts'
import { nameOf, type Located } from './objects/read.ts'
import { checkShape } from './objects/shape.ts'
import { guideOfShape } from './settings/guide.ts'
import { setAt } from './settings/set.ts'
import type { Scenario, TimelineEvent } from './spec/scenario.ts'
import { LIVE_SETTINGS, whyNotLive } from './spec/live-settings.ts'
import { below, type Origin, type Path } from './text/source.ts'
import { formatReference, type Reference } from './values/reference.ts'

/** Says what is wrong at a path inside the scenario's spec. */
type Say = (path: Path, message: string, fix?: string) => void

/** What can be said of a scenario, under a proxy mode and against its objects, before anything runs: what points nowhere, happens too late, or overlaps. */
export function checkScenario(scenario: Scenario, mode: string, origin: Origin, located: Located[], complaints: Complaints): void {
  const say: Say = (path, message, fix) => complaints.error({ origin: below(origin, 'spec', ...path) }, message, fix)
  const hint: Say = (path, message, fix) => complaints.note({ origin: below(origin, 'spec', ...path) }, message, fix)
  checkReferences(scenario, located, say, hint)
  checkNames(scenario, say)
  checkTimes(scenario, say, hint)
  checkSettings(scenario, origin, say, complaints)
  checkExpectations(scenario, say)
  checkNetworks(scenario, say, hint)
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
  for (const { event, i } of inOrder(scenario)) {
    for (const { field, reference } of referencesOf(event)) look(['timeline', i, ...field], reference)
    if (event.action === 'apply') known.add(event.objects)
    if (event.action === 'delete') known.remove(event.target)
  }
}

/** The timeline's events as they will happen, each with its place in the list. */
function inOrder({ timeline }: Scenario): { event: TimelineEvent; i: number }[] {
  return timeline.map((event, i) => ({ event, i })).sort((a, b) => a.event.at - b.event.at)
}

function referencesOf(event: TimelineEvent): { field: Path; reference: Reference }[] {
  if (event.action === 'partition') return event.nodes.map((reference, i) => ({ field: ['partition', i], reference }))
  if (event.action === 'loss') return event.link === undefined ? [] : [{ field: ['on'], reference: event.link }]
  if (event.action === 'set') return event.node === undefined ? [] : [{ field: ['node'], reference: event.node }]
  return 'target' in event ? [{ field: [event.action], reference: event.target }] : []
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

function checkTimes(scenario: Scenario, say: Say, hint: Say): void {
  const { duration, warmup, timeline } = scenario
  if (warmup >= duration) say(['warmup'], 'the warm-up is as long as the whole run: nothing would be measured')
  timeline.forEach((event, i) => {
    if (event.at > duration) say(['timeline', i, 'at'], `this happens after the end (the run lasts ${duration / 1e9} s)`, 'make `duration` longer, or the time earlier')
    const before = timeline[i - 1]
    if (before !== undefined && before.at > event.at) hint(['timeline', i, 'at'], 'this stands after an event that happens later; the times decide, not the order of the lines')
  })
  checkFailures(scenario, say, hint)
}

/** What fails must be there to fail, and only what has failed comes back. */
function checkFailures(scenario: Scenario, say: Say, hint: Say): void {
  /** What has failed, and until when. */
  const failed = new Map<string, Nanos>()
  for (const { event, i } of inOrder(scenario)) {
    if ('lasts' in event && event.lasts !== undefined && event.at + event.lasts > scenario.duration) hint(['timeline', i, 'for'], 'the run ends before this does')
    if (event.action !== 'fail' && event.action !== 'recover') continue
    const name = formatReference(event.target)
    const until = failed.get(name)
    if (event.action === 'fail') {
      if (until !== undefined && event.at < until) say(['timeline', i, 'fail'], `${name} has failed already, and is not back yet`)
      failed.set(name, event.at + (event.lasts ?? Number.POSITIVE_INFINITY))
    } else if (until === undefined) say(['timeline', i, 'recover'], `${name} has not failed before`)
    else {
      if (event.at >= until) say(['timeline', i, 'recover'], `${name} is back already, ${until / 1e9} s into the run`)
      failed.delete(name)
    }
  }
}

/** What `set` changes during the run: sysctls by their names, and kube-proxy's fields, which must exist and take such a value. */
function checkSettings({ timeline }: Scenario, origin: Origin, say: Say, complaints: Complaints): void {
  timeline.forEach((event, i) => {
    if (event.action !== 'set') return
    for (const [name, value] of Object.entries(event.settings)) {
      const path: Path = ['timeline', i, 'set', name]
      const [first, ...steps] = name.split('.')
      if (first !== 'proxy') {
        const reason = whyNotLive(name, value, event.node !== undefined)
        if (reason !== undefined) say(path, reason, LIVE_SETTINGS)
        continue
      }
      if (steps[0] === 'mode') say(path, "kube-proxy's mode cannot change during a run", 'compare two runs: kubehop compare --modes')
      if (event.node !== undefined) say(['timeline', i, 'node'], "kube-proxy's configuration is the same on every node")
      const document: Record<string, unknown> = {}
      const outcome = setAt(document, guideOfShape(proxyShape), steps, value)
      if ('missing' in outcome) say(path, `\`${name}\`: ${outcome.missing}`, outcome.fix)
      else checkShape('KubeProxyConfiguration', document, proxyShape, below(origin, 'spec', ...path), complaints)
    }
  })
}

/** The form of an expectation, and the traffic that it names; the figures themselves are the report's. */
function checkExpectations({ expect, traffic }: Scenario, say: Say): void {
  const names = traffic.map(({ name }) => name)
  expect.forEach((text, i) => {
    if (!/[<>=]=?|!=/.test(text)) return say(['expect', i], `\`${text}\` compares nothing: write a figure, a comparison (<, <=, >, >=, ==, !=) and a value`, 'such as app.p99 < 2ms')
    const root = /^\s*([A-Za-z][-\w]*)(?:\[[^\]]*\])?\./.exec(text)?.[1]
    if (root === undefined || names.includes(root)) return
    const meant = nearest(root, names)
    if (meant !== undefined) say(['expect', i], `there is no traffic \`${root}\``, `did you mean \`${meant}\`?`)
  })
}

function checkNetworks({ cluster }: Scenario, say: Say, hint: Say): void {
  const pods = parseCidr(cluster.podCIDR)
  const services = parseCidr(cluster.serviceCIDR)
  if (pods !== undefined && services !== undefined && overlap(pods, services))
    say(['cluster', 'serviceCIDR'], `serviceCIDR ${cluster.serviceCIDR} overlaps podCIDR ${cluster.podCIDR}`)
  const { jitter, reorder } = cluster.network
  if (reorder > 0 && jitter === 0) hint(['cluster', 'network', 'reorder'], 'nothing is overtaken: without jitter no packet is held up', 'add `jitter: 1ms`')
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
