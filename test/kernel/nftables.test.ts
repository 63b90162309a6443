import { costsOf } from '../../src/costs.ts'
import { Agenda } from '../../src/engine/agenda.ts'
import { Fingerprint } from '../../src/engine/fingerprint.ts'
import { RandomStreams } from '../../src/engine/random.ts'
import { addressOf } from '../../src/kernel/address.ts'
import { IcmpLimit } from '../../src/kernel/icmp-limit.ts'
import { Machine } from '../../src/kernel/machine.ts'
import { FORWARD, POST_ROUTING, PRE_ROUTING } from '../../src/kernel/netfilter.ts'
import { Nftables } from '../../src/kernel/nftables.ts'
import { SYN, type Packet } from '../../src/kernel/packet.ts'
import { parseIptablesSave } from '../../src/kernel/rules/iptables-save/parse.ts'
import { Tracking } from '../../src/kernel/tracking.ts'
import { kernelVersion } from '../../src/kernel/version.ts'
import { Xtables } from '../../src/kernel/xtables.ts'
import { proxyConfigFrom } from '../../src/proxy/config.ts'
import { NftablesProxy } from '../../src/proxy/nftables.ts'
import { ServiceSnapshot } from '../../src/proxy/service-snapshot.ts'
import { assert, suite } from '../kit.ts'
import { NODE_1, service, slice } from '../proxy/objects.ts'
import { interfaceNamed, packetOf } from './rules/fixtures.ts'

const nftables = suite('nftables on a machine')

function newMachine() {
  const streams = new RandomStreams('1')
  const machine = new Machine({ name: 'n1', agenda: new Agenda(new Fingerprint()), costs: costsOf('hot', 'nft'), cores: 1 })
  const icmpLimit = new IcmpLimit({ icmp_ratelimit: 0, icmp_ratemask: 0, icmp_msgs_per_sec: 1000, icmp_msgs_burst: 50 })
  const tracking = new Tracking(machine, { kernel: kernelVersion('6.1'), sysctls: {}, icmpLimit, random: streams.stream('nat') })
  return { machine, xtables: new Xtables(machine, tracking, streams.stream('statistic')), nftables: new Nftables(machine, tracking, streams.stream('numgen')) }
}

const STICKY = service('demo/sticky', '10.96.0.10', { sessionAffinity: 'ClientIP' })
const ONE = slice('demo/sticky', ['10.244.1.10'])

function tableWith(slices: Parameters<typeof ServiceSnapshot.of>[1]) {
  return new NftablesProxy(proxyConfigFrom({ mode: 'nftables', clusterCIDR: '10.244.0.0/16' }), []).program(ServiceSnapshot.of([STICKY], slices), NODE_1)
}

/** A SYN comes in from a pod and goes out again, to wherever it was sent on. */
function forward(machine: Machine, own: Partial<Packet> = {}): Packet {
  const packet = packetOf({ tcpFlags: SYN, inInterface: interfaceNamed('veth-1'), ...own })
  for (const hook of [PRE_ROUTING, FORWARD, POST_ROUTING] as const) machine.pass(hook, packet)
  return packet
}

const clients = (own: Nftables) => [...own.print()].filter((line) => line.includes('expires')).map((line) => line.trim())

nftables('a new connection is translated by what the table chose, and later packets by its conntrack entry', () => {
  const { machine, nftables: own } = newMachine()
  own.load(tableWith([ONE]))
  assert.is(forward(machine).destination, addressOf('10.244.1.10'))
  // A table without a way to the endpoint changes nothing for a connection that is known.
  own.load(tableWith([]))
  assert.is(forward(machine).destination, addressOf('10.244.1.10'))
})

nftables('the journey names each rule that matched, and what a map gave', () => {
  const { machine, nftables: own } = newMachine()
  own.load(tableWith([ONE]))
  const packet = forward(machine, { journey: { steps: [] } })
  const details = packet.journey?.steps.flatMap((step) => step.details) ?? []
  const service = details.find((line) => line.startsWith('nftables:services')) ?? ''
  assert.match(service, /^nftables:services rule 1 \(2 tried\): ip daddr \. meta l4proto \. th dport vmap @service-ips \(verdict goto service-[A-Z2-7]{8}-demo\/sticky\/tcp\/http\)$/)
  assert.ok(details.some((line) => /endpoint-.* rule 3 .*: meta l4proto tcp dnat to 10\.244\.1\.10:8080$/.test(line)))
})

nftables('who is in an affinity set stays there when the table is written again, and leaves with the endpoint', () => {
  const { machine, nftables: own } = newMachine()
  own.load(tableWith([ONE]))
  forward(machine)
  assert.equal(clients(own), ['elements = { 10.244.1.12 expires 3h }'])
  own.load(tableWith([ONE, slice('demo/sticky', ['10.244.2.10'])]))
  assert.equal(clients(own), ['elements = { 10.244.1.12 expires 3h }'])
  own.load(tableWith([slice('demo/sticky', ['10.244.2.10'])]))
  own.load(tableWith([ONE]))
  assert.equal(clients(own), [])
})

nftables('of two frameworks that translate at one hook, the one that was there first decides', () => {
  const dnat = '*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -d 10.96.0.10/32 -p tcp -j DNAT --to-destination 10.244.9.9:80\nCOMMIT\n'
  const { machine, nftables: own, xtables } = newMachine()
  xtables.load(parseIptablesSave(dnat))
  own.load(tableWith([ONE]))
  assert.is(forward(machine).destination, addressOf('10.244.9.9'))
  assert.equal(clients(own), [])
})

nftables.run()
