import type * as core from 'kubernetes-types/core/v1.js'
import { parseCidr, type AddressRange } from '../cluster/api/cidr.ts'
import type { Complaints } from './complaint.ts'
import { checkExpectations } from './check-expectations.ts'
import { checkTimeline } from './check-timeline.ts'
import { Known } from './known.ts'
import { nameOf, type Located } from './objects/read.ts'
import type { Scenario } from './schema/scenario.ts'
import { speakers, type Say } from './say.ts'
import { below, type Origin, type Path } from './text/source.ts'
import type { Reference } from './values/reference.ts'

/** What can be said of a scenario, under a proxy mode and against its objects, before anything runs: what points nowhere, happens too late, or overlaps. */
export function checkScenario(scenario: Scenario, mode: string, origin: Origin, located: Located[], complaints: Complaints): void {
  const { say, hint } = speakers(origin, complaints)
  const known = new Known(scenario, located)
  checkReferences(scenario, known, say, hint)
  checkNames(scenario, say)
  if (scenario.warmup >= scenario.duration) say(['warmup'], 'the warm-up is as long as the whole run: nothing would be measured')
  checkTimeline(scenario, known, origin, complaints)
  checkExpectations(scenario, known, say)
  checkNetworks(scenario, say, hint)
  checkKernel(scenario, mode, say)
}

function checkReferences(scenario: Scenario, known: Known, say: Say, hint: Say): void {
  const look = (path: Path, reference: Reference) => {
    const missing = known.missingAlways(reference)
    if (missing !== undefined) say(path, missing.message, missing.fix)
  }
  scenario.servers.forEach(({ select }, i) => look(['servers', i, 'select'], select))
  scenario.traffic.forEach(({ from, to, via }, i) => {
    look(['traffic', i, 'from'], from)
    if (to.host.kind === 'object') look(['traffic', i, 'to'], to.host.object)
    if (to.host.kind === 'name' && !to.host.name.includes('.')) {
      const missing = known.missingAlways({ kind: 'service', namespace: from.namespace || scenario.namespace, name: to.host.name })
      if (missing !== undefined) hint(['traffic', i, 'to'], `the name \`${to.host.name}\` will not resolve: ${missing.message}`, missing.fix)
    }
    if (via !== undefined) look(['traffic', i, 'via'], { kind: 'node', namespace: '', name: via })
  })
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
