import { costsOf } from '../../src/costs.ts'
import { addressOf, cidrOf } from '../../src/kernel/address.ts'
import { FORWARD, NF_ACCEPT, POST_ROUTING, PRE_ROUTING } from '../../src/kernel/netfilter.ts'
import type { NftEnvironment } from '../../src/kernel/nftables/program.ts'
import { TimedSet } from '../../src/kernel/nftables/timed-set.ts'
import { NftWalker } from '../../src/kernel/nftables/walker.ts'
import { CT_ESTABLISHED, CT_NEW, UDP, type Packet } from '../../src/kernel/packet.ts'
import { proxyConfigFrom } from '../../src/proxy/config.ts'
import { NftablesProxy } from '../../src/proxy/nftables.ts'
import { ServiceSnapshot } from '../../src/proxy/service-snapshot.ts'
import { assert, suite } from '../kit.ts'
import { NODE_1, service, slice } from '../proxy/objects.ts'
import { packetOf } from './rules/fixtures.ts'

const nftablesCosts = suite('costs of nftables mode')

const PROXY = new NftablesProxy(proxyConfigFrom({ mode: 'nftables', clusterCIDR: '10.244.0.0/16' }), [cidrOf('10.96.0.0/12')])
const POD = addressOf('10.244.2.10')
const HOOKS = [PRE_ROUTING, FORWARD, POST_ROUTING] as const

/** What a forwarded packet walks: all base chains on its way, those of type nat for the first packet of a flow alone. */
function walked(services: number, packet: Packet): { evaluated: number; lookups: number; draws: number; chains: number } {
  const keys = Array.from({ length: services }, (_, i) => `demo/s${i}`)
  const snapshot = ServiceSnapshot.of(
    keys.map((key, i) => service(key, `10.${96 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`)),
    keys.map((key) => slice(key, ['10.244.2.10'])),
  )
  const table = PROXY.program(snapshot, NODE_1)
  const environment: NftEnvironment = {
    now: () => 0,
    random: () => 0,
    addressType: () => 'UNICAST',
    timedSet: () => new TimedSet(),
    act: () => {
      packet.destination = POD
      return NF_ACCEPT
    },
  }
  const walker = new NftWalker(environment, table)
  const sum = { evaluated: 0, lookups: 0, draws: 0, chains: 0 }
  for (const hook of HOOKS) {
    const chains = table.baseChains.filter(({ base }) => base?.hook === hook && (base.type === 'filter' || packet.ctState === CT_NEW))
    for (const chain of chains) {
      walker.walk(chain, hook, packet)
      sum.evaluated += walker.evaluated
      sum.lookups += walker.lookups
      sum.draws += walker.draws
      sum.chains++
    }
  }
  return sum
}

/** From one pod's sendto() to another's recv() through one node: what the recorded rows of the verdict map measured. */
function latency(services: number, packet: Packet, profile: 'hot' | 'cold' = 'hot'): number {
  const costs = costsOf(profile, 'nft')
  const isNew = packet.ctState === CT_NEW
  const { evaluated, lookups, draws, chains } = walked(services, packet)
  const path = costs.udpSend + 2 * costs.veth + costs.route + costs.udpReceive + costs.conntrackLookup
  const nat = isNew ? costs.conntrackInsert + costs.natNullBinding + (packet.destination === POD ? costs.natDestination : 0) : 2 * costs.natTranslate
  const { nftables } = costs
  return path + nat + chains * nftables.chain + evaluated * nftables.rule + lookups * nftables.lookup + draws * nftables.random
}

const FIRST = (services: number) => packetOf({ ctState: CT_NEW, destination: addressOf(`10.96.${(services - 1) >> 8}.${(services - 1) & 255}`) })
const NO_SERVICE = () => packetOf({ ctState: CT_NEW, destination: addressOf('10.244.2.11'), protocol: UDP })
const ESTABLISHED = () => packetOf({ ctState: CT_ESTABLISHED })

function isWithin(value: number, low: number, high: number, what: string): void {
  assert.ok(value >= low && value <= high, `${what}: ${value} is not within ${low} to ${high}`)
}

nftablesCosts('latency lies within the measured rows of the verdict map, hot cache', () => {
  for (const services of [100, 20_000]) {
    isWithin(latency(services, FIRST(services)), 6570, 6830, 'first packet to the last Service')
    isWithin(latency(services, NO_SERVICE()), 5919, 6259, 'first packet to no Service')
    isWithin(latency(services, ESTABLISHED()), 4777, 5028, 'established')
  }
})

nftablesCosts('latency lies within the measured rows of the verdict map, cold cache', () => {
  isWithin(latency(1000, FIRST(1000), 'cold'), 53_039, 69_524, 'first packet')
  isWithin(latency(1000, ESTABLISHED(), 'cold'), 43_055, 52_919, 'established')
})

nftablesCosts('what is walked does not depend on how many Services there are', () => {
  for (const services of [10, 5000]) assert.equal(walked(services, FIRST(services)), { evaluated: 15, lookups: 5, draws: 1, chains: 4 })
})

nftablesCosts.run()
