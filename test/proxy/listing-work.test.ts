import { printTable } from '../../src/kernel/nftables/print.ts'
import { printRuleset } from '../../src/kernel/rules/iptables-save/print.ts'
import { proxyConfigFrom } from '../../src/proxy/config.ts'
import { IptablesProxy } from '../../src/proxy/iptables.ts'
import { NftablesProxy } from '../../src/proxy/nftables.ts'
import type { ServicePort } from '../../src/proxy/service-port.ts'
import { ServiceSnapshot } from '../../src/proxy/service-snapshot.ts'
import { assert, suite } from '../kit.ts'
import { NODE_1, service, slice } from './objects.ts'

const listing = suite('the work of listing all rules')

const ENDPOINTS = 3

/** So many Services, a third of them with rules of their own on each node; told of each look at somebody's endpoints. */
function watched(services: number, look: () => void): ServiceSnapshot {
  const keys = Array.from({ length: services }, (_, i) => `default/s${i}`)
  const { servicePorts } = ServiceSnapshot.of(
    keys.map((key, i) => service(key, `10.96.${i >> 8}.${i & 255}`, i % 3 === 0 ? { type: 'NodePort', nodePort: 30000 + i, externalTrafficPolicy: 'Local' } : {})),
    keys.map((key, i) => slice(key, Array.from({ length: ENDPOINTS }, (_, n) => `10.244.${n + 1}.${i % 250}`))),
  )
  return new ServiceSnapshot(servicePorts.map((port): ServicePort => ({
    ...port,
    get endpoints() {
      look()
      return port.endpoints
    },
  })))
}

/** What is listed of so many Services: its lines, and how often somebody's endpoints were looked at for it. */
function work(services: number, list: (snapshot: ServiceSnapshot) => Iterable<string>): { lines: number; looks: number } {
  let looks = 0
  const snapshot = watched(services, () => looks++)
  looks = 0
  return { lines: [...list(snapshot)].length, looks }
}

const CONFIG = proxyConfigFrom({ clusterCIDR: '10.244.0.0/16' })

const LISTINGS: [what: string, list: (snapshot: ServiceSnapshot) => Iterable<string>][] = [
  ['show iptables', (snapshot) => printRuleset(new IptablesProxy(CONFIG).program(snapshot, NODE_1))],
  ['show nftables', (snapshot) => printTable(new NftablesProxy(CONFIG, []).program(snapshot, NODE_1))],
]

for (const [what, list] of LISTINGS) {
  listing(`${what}: twice the Services are twice the work, not four times`, () => {
    const [few, many] = [work(120, list), work(240, list)]
    assert.ok(many.lines > 240 * ENDPOINTS, `${many.lines} lines`)
    assert.ok(many.looks <= 2 * few.looks, `${few.looks} looks, then ${many.looks}`)
    assert.ok(many.looks < 20 * 240, `${many.looks} looks`)
  })
}

listing.run()
