import { addressOf } from '../../../src/kernel/address.ts'
import { DST_NAT, SRC_NAT } from '../../../src/kernel/conntrack/status.ts'
import { FORWARD, NF_DROP } from '../../../src/kernel/netfilter.ts'
import { ACK, CT_ESTABLISHED, CT_INVALID, CT_NEW, CT_NONE, CT_RELATED, CT_UNTRACKED, DESTINATION_UNREACHABLE, ECHO_REQUEST, ICMP, SYN, TCP, UDP, type Packet } from '../../../src/kernel/packet.ts'
import { parseIptablesSave } from '../../../src/kernel/rules/iptables-save/parse.ts'
import type { RuleEnvironment } from '../../../src/kernel/rules/environment.ts'
import type { Table } from '../../../src/kernel/rules/program.ts'
import { Walker } from '../../../src/kernel/rules/walker.ts'
import { assert, suite } from '../../kit.ts'
import { environmentOf, interfaceNamed, packetOf } from './fixtures.ts'

const matches = suite('matches')

/** A machine that drops in FORWARD what these words match. */
function matcher(words: string, own: Partial<RuleEnvironment> = {}): (packet?: Partial<Packet>) => boolean {
  const { tables, complaints } = parseIptablesSave(`*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD ${words} -j DROP\nCOMMIT`)
  assert.equal(complaints, [])
  const walker = new Walker(environmentOf(own))
  return (packet = {}) => walker.walk(tables.filter as Table, FORWARD, packetOf(packet)) === NF_DROP
}

matches('addresses match by block, and `!` turns that round', () => {
  assert.ok(matcher('-s 10.244.0.0/16')())
  assert.not.ok(matcher('! -s 10.244.0.0/16')())
  assert.ok(matcher('-d 10.96.0.10/32')())
  assert.not.ok(matcher('-d 10.96.0.11/32')())
  assert.ok(matcher('! -d 224.0.0.0/4')())
  assert.ok(matcher('-s 200.0.0.0/5')({ source: addressOf('203.0.113.7') }))
})

matches('a protocol matches itself; ports only of that protocol', () => {
  assert.ok(matcher('-p tcp')())
  assert.not.ok(matcher('! -p tcp')())
  assert.not.ok(matcher('-p udp')())
  assert.ok(matcher('-p tcp -m tcp --dport 80')())
  assert.not.ok(matcher('-p tcp -m tcp ! --dport 80')())
  assert.ok(matcher('-p tcp -m tcp --dport 79:81 --sport 1024:')())
  assert.not.ok(matcher('-p tcp -m tcp --sport :1023')())
  assert.not.ok(matcher('-p udp -m udp --dport 80')())
  assert.ok(matcher('-p udp -m udp --dport 80')({ protocol: UDP }))
  assert.not.ok(matcher('-p udp -m udp --dport 80')({ protocol: ICMP }), 'an ICMP sequence number is no port')
})

matches('TCP flags compare those that the mask names', () => {
  const isSyn = matcher('-p tcp --syn')
  assert.ok(isSyn({ tcpFlags: SYN }))
  assert.not.ok(isSyn({ tcpFlags: SYN | ACK }))
  assert.ok(matcher('-p tcp ! --syn')({ tcpFlags: ACK }))
})

matches('multiport looks at one side or at either', () => {
  assert.ok(matcher('-p tcp -m multiport --dports 22,80,443')())
  assert.not.ok(matcher('-p tcp -m multiport ! --dports 22,80,443')())
  assert.ok(matcher('-p tcp -m multiport --sports 30000:50000')())
  assert.not.ok(matcher('-p tcp -m multiport --sports 80')())
  assert.ok(matcher('-p tcp -m multiport --ports 80')())
})

matches('icmp compares type and, if given, code', () => {
  const ping = { protocol: ICMP, icmpType: ECHO_REQUEST }
  assert.ok(matcher('-p icmp -m icmp --icmp-type echo-request')(ping))
  assert.not.ok(matcher('-p icmp -m icmp ! --icmp-type 8')(ping))
  assert.ok(matcher('-p icmp -m icmp --icmp-type any')(ping))
  assert.ok(matcher('-p icmp -m icmp --icmp-type 3/4')({ protocol: ICMP, icmpType: DESTINATION_UNREACHABLE, icmpCode: 4 }))
  assert.not.ok(matcher('-p icmp -m icmp --icmp-type 3/4')({ protocol: ICMP, icmpType: DESTINATION_UNREACHABLE, icmpCode: 3 }))
})

matches('an interface matches by name, or by its beginning with `+`', () => {
  const inside = { inInterface: interfaceNamed('cali7'), outInterface: interfaceNamed('eth0') }
  assert.ok(matcher('-i cali7')(inside))
  assert.ok(matcher('-i cali+ -o eth0')(inside))
  assert.not.ok(matcher('-i cali')(inside))
  assert.ok(matcher('! -i eth0')(inside))
  assert.not.ok(matcher('! -o eth+')(inside))
  assert.not.ok(matcher('-i eth0')(), 'without an interface no name matches')
  assert.ok(matcher('! -i eth0')())
})

matches('conntrack states: what conntrack has not seen is INVALID, what it was told to leave is UNTRACKED', () => {
  assert.ok(matcher('-m conntrack --ctstate NEW')({ ctState: CT_NEW }))
  assert.ok(matcher('-m conntrack --ctstate RELATED,ESTABLISHED')({ ctState: CT_RELATED }))
  assert.not.ok(matcher('-m conntrack --ctstate RELATED,ESTABLISHED')({ ctState: CT_NEW }))
  assert.ok(matcher('-m conntrack ! --ctstate NEW')({ ctState: CT_ESTABLISHED }))
  assert.ok(matcher('-m state --state INVALID')({ ctState: CT_INVALID }))
  assert.ok(matcher('-m state --state INVALID')({ ctState: CT_NONE }))
  assert.ok(matcher('-m conntrack --ctstate UNTRACKED')({ ctState: CT_UNTRACKED }))
  assert.not.ok(matcher('-m conntrack --ctstate INVALID')({ ctState: CT_UNTRACKED }))
})

matches('conntrack SNAT and DNAT ask how the connection was translated', () => {
  const translated = { connectionStatus: () => DST_NAT }
  assert.ok(matcher('-m conntrack --ctstate DNAT', translated)({ ctState: CT_NEW }))
  assert.not.ok(matcher('-m conntrack --ctstate SNAT', translated)({ ctState: CT_NEW }))
  assert.ok(matcher('-m conntrack --ctstate SNAT,DNAT', { connectionStatus: () => SRC_NAT })({ ctState: CT_NEW }))
  // The rule with which kube-proxy guards localhost.
  const guard = '! -s 127.0.0.0/8 -d 127.0.0.0/8 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT'
  const toLocalhost: Partial<Packet> = { destination: addressOf('127.0.0.1'), ctState: CT_NEW }
  assert.ok(matcher(guard)(toLocalhost))
  assert.not.ok(matcher(guard, translated)(toLocalhost))
})

matches('a mark matches under its mask, up to the highest bit', () => {
  assert.ok(matcher('-m mark --mark 0x4000/0x4000')({ mark: 0x4001 }))
  assert.not.ok(matcher('-m mark ! --mark 0x4000/0x4000')({ mark: 0x4001 }))
  assert.not.ok(matcher('-m mark --mark 0x4000')({ mark: 0x4001 }))
  assert.ok(matcher('-m mark --mark 0x80000000/0x80000000')({ mark: 0x80000000 | 0 }))
  assert.ok(matcher('-m mark --mark 0x1/0x1 -m mark --mark 0x2/0x2')({ mark: 3 }))
  assert.not.ok(matcher('-m mark --mark 0x1/0x1 -m mark --mark 0x2/0x2')({ mark: 1 }))
})

matches('addrtype asks the routing table, and its limit the interface', () => {
  const own: Partial<RuleEnvironment> = { addressType: (address) => (address === addressOf('10.0.0.1') ? 'LOCAL' : 'UNICAST') }
  const toNode = { destination: addressOf('10.0.0.1') }
  assert.ok(matcher('-m addrtype --dst-type LOCAL', own)(toNode))
  assert.not.ok(matcher('-m addrtype ! --dst-type LOCAL', own)(toNode))
  assert.not.ok(matcher('-m addrtype --src-type LOCAL', own)(toNode))
  assert.ok(matcher('-m addrtype ! --src-type LOCAL --dst-type LOCAL', own)(toNode))
  const limited = matcher('-m addrtype --dst-type LOCAL --limit-iface-in', own)
  assert.ok(limited({ ...toNode, inInterface: interfaceNamed('eth0', ['10.0.0.1']) }))
  assert.not.ok(limited({ ...toNode, inInterface: interfaceNamed('eth1', ['10.1.0.1']) }))
})

matches('statistic random: a draw below the threshold matches', () => {
  const outcomes = [0, 0.4999, 0.5, 0.9].map((draw) => matcher('-m statistic --mode random --probability 0.5', { random: () => draw })())
  assert.equal(outcomes, [true, true, false, false])
})

matches('statistic nth: the packet of that number, from 0, then every n-th', () => {
  const [first, third] = [matcher('-m statistic --mode nth --every 3 --packet 0'), matcher('-m statistic --mode nth --every 3 --packet 2')]
  assert.equal(Array.from({ length: 7 }, () => first()), [true, false, false, true, false, false, true])
  assert.equal(Array.from({ length: 7 }, () => third()), [false, false, true, false, false, true, false])
})

matches('nth counts on each machine apart, though machines share the rule', () => {
  const { tables } = parseIptablesSave('*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -m statistic --mode nth --every 2 --packet 0 -j DROP\nCOMMIT')
  const [one, other] = [new Walker(environmentOf()), new Walker(environmentOf())]
  const walk = (walker: Walker): boolean => walker.walk(tables.filter as Table, FORWARD, packetOf()) === NF_DROP
  assert.equal([walk(one), walk(other), walk(one), walk(other)], [true, true, false, false])
})

matches('recent remembers sources; a rule of a list is asked with the address that it is about', () => {
  const { tables } = parseIptablesSave('*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -m recent --rcheck --seconds 10 --reap --name L --rsource -j DROP\n-A FORWARD -m recent --set --name L --rsource -j ACCEPT\nCOMMIT')
  let now = 0
  const walker = new Walker(environmentOf({ now: () => now }))
  const walk = (source: string): boolean => walker.walk(tables.filter as Table, FORWARD, packetOf({ source: addressOf(source) })) === NF_DROP
  assert.equal([walk('10.0.0.1'), walk('10.0.0.1'), walk('10.0.0.2')], [false, true, false])
  now = 11e9
  assert.not.ok(walk('10.0.0.1'))
})

matches('recent --mask remembers the block, --rdest the destination', () => {
  const own: Partial<RuleEnvironment> = environmentOf()
  const set = matcher('-m recent --set --name L --mask 255.255.255.0 --rdest', own)
  const check = matcher('-m recent --rcheck --name L --mask 255.255.255.0 --rdest', own)
  set({ destination: addressOf('10.0.0.1') })
  assert.ok(check({ destination: addressOf('10.0.0.77') }))
  assert.not.ok(check({ destination: addressOf('10.0.1.1') }))
})

matches('set asks the ipset; one that does not exist holds nothing', () => {
  const asked: string[] = []
  const own: Partial<RuleEnvironment> = {
    set: (name) => (name === 'KUBE-CLUSTER-IP' ? { has: (packet, sides) => asked.push(sides.join()) > 0 && packet.destinationPort === 80 } : undefined),
  }
  assert.ok(matcher('-m set --match-set KUBE-CLUSTER-IP dst,dst', own)())
  assert.not.ok(matcher('-m set ! --match-set KUBE-CLUSTER-IP dst,dst', own)())
  assert.not.ok(matcher('-m set --match-set KUBE-CLUSTER-IP dst,src', own)({ destinationPort: 81 }))
  assert.not.ok(matcher('-m set --match-set NONE dst', own)())
  assert.ok(matcher('-m set ! --match-set NONE dst', own)())
  assert.equal(asked, ['dst,dst', 'dst,dst', 'dst,src'])
})

matches('physdev looks at bridge ports, which routed packets do not have', () => {
  const bridged = { physicalIn: interfaceNamed('veth1'), physicalOut: interfaceNamed('veth2') }
  assert.ok(matcher('-m physdev --physdev-is-bridged')(bridged))
  assert.not.ok(matcher('-m physdev --physdev-is-bridged')())
  assert.ok(matcher('-m physdev ! --physdev-is-in')())
  assert.not.ok(matcher('-m physdev ! --physdev-is-in')(bridged))
  assert.ok(matcher('-m physdev --physdev-in veth1 --physdev-out veth+')(bridged))
  assert.not.ok(matcher('-m physdev ! --physdev-out veth2')(bridged))
  assert.ok(matcher('-m physdev ! --physdev-out veth2')())
})

matches('ipvs asks which virtual service the connection belongs to', () => {
  const own: Partial<RuleEnvironment> = { ipvsConnection: (packet) => (packet.mark === 1 ? { vaddr: addressOf('203.0.113.8'), vport: 80, vproto: TCP } : undefined) }
  assert.ok(matcher('-m ipvs --vproto 6 --vaddr 203.0.113.8 --vport 80', own)({ mark: 1 }))
  assert.not.ok(matcher('-m ipvs --vproto 6 --vaddr 203.0.113.9 --vport 80', own)({ mark: 1 }))
  assert.not.ok(matcher('-m ipvs --vaddr 203.0.113.8', own)())
  assert.ok(matcher('-m ipvs ! --ipvs', own)())
})

matches('nfacct counts and matches; it counts only what came that far', () => {
  const counted: string[] = []
  const count = matcher('-m mark --mark 0x1 -m nfacct --nfacct-name drops', { account: (name) => counted.push(name) })
  assert.not.ok(count())
  assert.ok(count({ mark: 1 }))
  assert.equal(counted, ['drops'])
})

matches('connmark is the mark of the connection', () => {
  const own = { connectionMark: () => 0x81 }
  assert.ok(matcher('-m connmark --mark 0x80/0x80', own)())
  assert.not.ok(matcher('-m connmark ! --mark 0x80/0x80', own)())
  assert.not.ok(matcher('-m connmark --mark 0x80/0x80')())
})

matches('length is that of the IP packet', () => {
  // IPv4 20, UDP 8.
  const datagram = { protocol: UDP, length: 72 }
  assert.ok(matcher('-m length --length 100')(datagram))
  assert.not.ok(matcher('-m length --length 101:')(datagram))
  assert.not.ok(matcher('-m length ! --length 90:110')(datagram))
})

matches('ttl is compared for equal, less or greater', () => {
  assert.ok(matcher('-m ttl --ttl-eq 64')({ ttl: 64 }))
  assert.not.ok(matcher('-m ttl ! --ttl-eq 64')({ ttl: 64 }))
  assert.ok(matcher('-m ttl --ttl-lt 64')({ ttl: 63 }))
  assert.not.ok(matcher('-m ttl --ttl-gt 64')({ ttl: 64 }))
})

matches('pkttype is told from the destination', () => {
  assert.ok(matcher('-m pkttype --pkt-type unicast')())
  assert.ok(matcher('-m pkttype --pkt-type broadcast', { addressType: () => 'BROADCAST' })())
  assert.not.ok(matcher('-m pkttype ! --pkt-type multicast', { addressType: () => 'MULTICAST' })())
})

matches('iprange holds both its ends, above 128.0.0.0 too', () => {
  const range = matcher('-m iprange --src-range 127.0.0.1-203.0.113.7')
  assert.ok(range({ source: addressOf('203.0.113.7') }))
  assert.not.ok(range({ source: addressOf('203.0.113.8') }))
  assert.not.ok(matcher('-m iprange ! --dst-range 10.96.0.0-10.96.0.255')())
})

matches('limit lets a burst pass, then one packet a period', () => {
  let now = 0
  const limited = matcher('-m limit --limit 1/sec --limit-burst 2', { now: () => now })
  assert.equal([limited(), limited(), limited()], [true, true, false])
  now = 1e9
  assert.equal([limited(), limited()], [true, false])
  now = 60e9
  assert.equal([limited(), limited(), limited()], [true, true, false])
})

matches('owner asks who sent the packet; a forwarded one has no owner', () => {
  const own = { socketOwner: () => ({ uid: 1337, gid: 5 }) }
  assert.ok(matcher('-m owner --uid-owner 1337', own)())
  assert.not.ok(matcher('-m owner ! --uid-owner 1000-2000', own)())
  assert.not.ok(matcher('-m owner --uid-owner 1337 --gid-owner 6', own)())
  assert.not.ok(matcher('-m owner --uid-owner 1337')())
  assert.ok(matcher('-m owner ! --uid-owner 1337')())
  assert.not.ok(matcher('-m owner --socket-exists')())
})

matches('policy: nothing is IPsec', () => {
  assert.ok(matcher('-m policy --dir in --pol none')())
  assert.not.ok(matcher('-m policy --dir in --pol ipsec')())
})

matches('rpfilter asks the machine where a reply would go', () => {
  const wrong = { isReversePath: () => false }
  assert.ok(matcher('-m rpfilter')())
  assert.not.ok(matcher('-m rpfilter', wrong)())
  assert.ok(matcher('-m rpfilter --validmark --invert', wrong)())
  assert.not.ok(matcher('-m rpfilter --invert', wrong)({ inInterface: { ...interfaceNamed('lo'), kind: 'loopback' } }))
  assert.ok(matcher('-m rpfilter --accept-local', { ...wrong, addressType: () => 'LOCAL' })())
})

matches('-f never matches: connection tracking has put fragments together', () => {
  assert.not.ok(matcher('-f')())
  assert.ok(matcher('! -f')())
})

matches.run()
