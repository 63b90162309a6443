import { readFileSync } from 'node:fs'
import { addressOf } from '../../src/kernel/address.ts'
import { parseIpsetSave } from '../../src/kernel/ipset/save.ts'
import { parseIpvsadmSave } from '../../src/kernel/ipvs/save.ts'
import { parseIptablesSave } from '../../src/kernel/rules/iptables-save/parse.ts'
import { walkThrough, type Passage, type SavedNode, type WalkThrough } from '../../src/kernel/walkthrough/walk-through.ts'
import { readPacket, UnreadablePacket } from '../../src/kernel/walkthrough/written-packet.ts'
import { assert, suite } from '../kit.ts'

const walks = suite('a packet through rules that somebody saved')

function fileOf(name: string): string {
  return readFileSync(`test/vectors/${name}`, 'utf8')
}

function nodeOf(rules: string, more: Partial<SavedNode> = {}): SavedNode {
  return { rules: parseIptablesSave(rules), services: undefined, sets: new Map(), localAddresses: [], ...more }
}

function walk(node: SavedNode, packet: string, passage: Partial<Passage> = {}): WalkThrough {
  return walkThrough(node, { packet: readPacket(packet), in: undefined, out: undefined, ctState: 'NEW', mark: 0, hook: undefined, seed: '1', ...passage })
}

function places({ hits }: WalkThrough): string[] {
  return hits.map(({ table, chain, position }) => `${table}:${chain} ${position}`)
}

const HERE = [addressOf('172.18.0.2'), addressOf('10.244.1.1')]
const KUBE_PROXY = nodeOf(fileOf('iptables-save-1.20.txt'), { localAddresses: HERE })

walks('a pod asks a ClusterIP: rewritten to an endpoint in PREROUTING, forwarded, its own address kept', () => {
  const result = walk(KUBE_PROXY, 'tcp 10.244.1.12:40000 > 10.96.1.2:80', { in: 'veth1' })
  assert.is(result.verdict, 'forwarded')
  assert.match(result.becomes, /TCP SYN 10\.244\.1\.12:40000 > 10\.244\.[123]\.11:8080/)
  assert.is(result.hits[0]?.line, 155)
  assert.is(result.hits[0]?.hook, 'PREROUTING')
  assert.is(result.hits.at(-1)?.chain, 'KUBE-POSTROUTING')
  assert.equal(result.doubts, [])
})

walks('other seeds draw other endpoints', () => {
  const ends = new Set(['1', '2', '3', '4', '5', '6', '7', '8'].map((seed) => walk(KUBE_PROXY, 'tcp 10.244.1.12:40000 > 10.96.1.2:80', { in: 'veth1', seed }).becomes))
  assert.is(ends.size, 3)
})

walks('a process of the node asks a NodePort on localhost: OUTPUT, and masqueraded with the node’s first address', () => {
  const result = walk(KUBE_PROXY, 'tcp 127.0.0.1:40000 > 127.0.0.1:30080')
  assert.is(result.verdict, 'forwarded')
  assert.match(result.becomes, /TCP SYN 172\.18\.0\.2:\d+ > 10\.244\.\d\.11:8080/)
  assert.is(result.hits[0]?.hook, 'OUTPUT')
})

walks('a Service without endpoints is rejected, by the rule that is named', () => {
  const result = walk(KUBE_PROXY, 'tcp 172.18.0.100:40000 > 172.18.0.2:30088', { in: 'eth0' })
  assert.is(result.verdict, 'rejected')
  assert.is(result.end, 'by filter:KUBE-EXTERNAL-SERVICES rule 3')
  assert.is(result.hits.at(-1)?.line, 30)
})

walks('what rewrites nothing and is for the node ends at a socket', () => {
  const result = walk(KUBE_PROXY, 'udp 172.18.0.100:40000 > 172.18.0.2:9999', { in: 'eth0' })
  assert.is(result.verdict, 'delivered')
  assert.is(result.becomes, result.packet)
})

walks('a packet of a known connection does not meet nat', () => {
  const result = walk(KUBE_PROXY, 'tcp 10.244.1.12:40000 > 10.96.1.2:80', { in: 'veth1', ctState: 'ESTABLISHED' })
  assert.not.ok(result.hits.some(({ table }) => table === 'nat'))
  assert.is(result.becomes, 'TCP ACK 10.244.1.12:40000 > 10.96.1.2:80')
})

walks('an invalid packet is dropped in FORWARD', () => {
  const result = walk(KUBE_PROXY, 'tcp 10.244.1.12:40000 > 10.244.2.11:8080', { in: 'veth1', ctState: 'INVALID' })
  assert.is(result.verdict, 'dropped')
  assert.is(result.end, 'by filter:KUBE-FORWARD rule 1')
})

walks('one hook alone, with a mark', () => {
  const result = walk(KUBE_PROXY, 'tcp 10.244.1.12:40000 > 10.244.2.11:8080', { hook: 'POSTROUTING', out: 'eth0', mark: 0x4000 })
  assert.is(result.verdict, 'accepted')
  assert.match(result.becomes, /^TCP SYN 172\.18\.0\.2:/)
  assert.is(result.mark, 0)
})

const IPVS = nodeOf(fileOf('ipvs-node-a-iptables.txt'), {
  services: parseIpvsadmSave(fileOf('ipvs-node-a-ipvsadm.txt')).servers,
  sets: parseIpsetSave(fileOf('ipvs-node-a-ipset.txt')).sets,
  localAddresses: HERE,
})

walks('in ipvs mode a ClusterIP is local: INPUT, a real server, then OUTPUT and POSTROUTING, never FORWARD', () => {
  const result = walk(IPVS, 'tcp 10.244.1.12:40000 > 10.96.1.2:80', { in: 'veth1' })
  assert.is(result.verdict, 'forwarded')
  assert.match(result.becomes, /10\.244\.1\.12:40000 > 10\.244\.[123]\.11:8080/)
  const hooks = [...new Set(result.hits.map(({ hook }) => hook))]
  assert.equal(hooks, ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'])
  assert.ok(result.steps.some(({ what }) => what === 'IPVS'))
  assert.equal(result.doubts, [])
})

walks('a virtual service without real servers refuses', () => {
  const result = walk(IPVS, 'tcp 10.244.1.12:40000 > 10.96.1.14:80', { in: 'veth1' })
  assert.is(result.verdict, 'rejected')
})

walks('a node in ipvs mode asks a NodePort from outside: masqueraded, because a set says so', () => {
  const result = walk(IPVS, 'tcp 172.18.0.100:40000 > 172.18.0.2:30080', { in: 'eth0' })
  assert.ok(places(result).includes('nat:KUBE-MARK-MASQ 1'), places(result).join('\n'))
  assert.match(result.becomes, /^TCP SYN 172\.18\.0\.2:/)
})

walks('sets that were not given are doubts', () => {
  const result = walk({ ...IPVS, sets: new Map() }, 'tcp 10.244.1.12:40000 > 10.96.1.2:80', { in: 'veth1' })
  assert.ok(result.doubts.some((doubt) => doubt.includes('KUBE-CLUSTER-IP')))
})

const DOCKER = nodeOf(fileOf('foreign-docker-ufw.txt'), { localAddresses: [addressOf('192.0.2.10')] })

walks('Docker: a published port is rewritten and accepted on its way to docker0', () => {
  const result = walk(DOCKER, 'tcp 198.51.100.9:4000 > 192.0.2.10:8080', { in: 'eth0', out: 'docker0' })
  assert.is(result.verdict, 'forwarded')
  assert.is(result.becomes, 'TCP SYN 198.51.100.9:4000 > 172.17.0.2:80')
  assert.is(places(result).at(-1), 'filter:DOCKER 1')
})

walks('Docker: without the way out the answer is another, and says so', () => {
  const result = walk(DOCKER, 'tcp 198.51.100.9:4000 > 192.0.2.10:8080', { in: 'eth0' })
  assert.is(result.verdict, 'dropped')
  assert.match(result.doubts.join(), /by which interface/)
})

walks('Docker: a container’s address from outside is dropped in raw, before connection tracking', () => {
  const result = walk(DOCKER, 'tcp 198.51.100.9:4000 > 172.17.0.2:80', { in: 'eth0' })
  assert.is(result.end, 'by raw:PREROUTING rule 1')
})

walks('ufw: an allowed port is delivered, another meets the policy of INPUT', () => {
  assert.is(walk(DOCKER, 'tcp 198.51.100.9:4000 > 192.0.2.10:22', { in: 'eth0' }).verdict, 'delivered')
  assert.is(walk(DOCKER, 'tcp 198.51.100.9:4000 > 192.0.2.10:443', { in: 'eth0' }).verdict, 'delivered')
  assert.is(walk(DOCKER, 'icmp 198.51.100.9 > 192.0.2.10', { in: 'eth0' }).verdict, 'delivered')
  const closed = walk(DOCKER, 'tcp 198.51.100.9:4000 > 192.0.2.10:3306', { in: 'eth0' })
  assert.is(closed.verdict, 'dropped')
  assert.is(closed.end, 'by the policy of filter:INPUT')
})

const CALICO = fileOf('foreign-calico.txt')

walks('Calico: marks, gotos and sets decide; what is not modelled is passed over and told', () => {
  const result = walk(nodeOf(CALICO), 'tcp 10.244.1.12:40000 > 10.244.2.7:80', { in: 'cali1234', out: 'eth0' })
  assert.is(result.verdict, 'forwarded')
  assert.is(result.mark, 0x10000)
  assert.is(result.doubts.length, 3)
  assert.match(result.doubts.join(), /-m bpf.*-j TEE/)
  const { sets } = parseIpsetSave('create cali40s:denied hash:net family inet hashsize 1024 maxelem 1048576\nadd cali40s:denied 10.244.2.0/24\n')
  const denied = walk(nodeOf(CALICO, { sets }), 'tcp 10.244.1.12:40000 > 10.244.2.7:80', { in: 'cali1234', out: 'eth0' })
  assert.is(denied.end, 'by filter:cali-pi-deny-egress rule 1')
})

walks('Calico: a workload that nobody knows is dropped', () => {
  assert.is(walk(nodeOf(CALICO), 'tcp 10.244.1.12:40000 > 10.244.2.7:80', { in: 'cali9999' }).end, 'by filter:cali-from-wl-dispatch rule 2')
})

walks('a connection’s mark is saved and restored between tables', () => {
  const node = nodeOf('*mangle\n:PREROUTING ACCEPT\n-A PREROUTING -j MARK --set-mark 7\n-A PREROUTING -j CONNMARK --save-mark\n-A PREROUTING -j MARK --set-mark 0\nCOMMIT\n*filter\n:FORWARD ACCEPT\n-A FORWARD -m connmark --mark 7 -j DROP\nCOMMIT\n')
  assert.is(walk(node, 'udp 10.0.0.1 > 10.0.0.2:53', { in: 'eth0' }).verdict, 'dropped')
})

walks('masquerading without an address of the node is a doubt', () => {
  const node = nodeOf('*nat\n:POSTROUTING ACCEPT\n-A POSTROUTING -j MASQUERADE\nCOMMIT\n')
  assert.match(walk(node, 'udp 10.0.0.1 > 10.0.0.2:53', { in: 'eth0' }).doubts.join(), /no address of the node is known/)
})

walks('what is no packet is said in words', () => {
  const cases: [string, RegExp][] = [
    ['tcp', /a packet is written/],
    ['tpc 10.0.0.1:1 > 10.0.0.2:80', /tpc is not a protocol/],
    ['tcp 10.0.0.1:1 > 10.0.0.2', /needs a port/],
    ['tcp 10.0.0.1:1 > 10.0.0.2:99999', /99999 is not a port/],
    ['tcp 10.0.0:1 > 10.0.0.2:80', /10\.0\.0:1 is not an IPv4 address/],
    ['icmp 10.0.0.1:8 > 10.0.0.2', /has no ports/],
  ]
  for (const [text, says] of cases) {
    assert.throws(() => readPacket(text), (error: unknown) => error instanceof UnreadablePacket && says.test(error.message), text)
  }
  assert.equal(readPacket('tcp 10.0.0.1 > 10.0.0.2:80').sourcePort, 40_000)
})

walks('the list of ipvsadm -Ln is read as that of ipvsadm -Sn', () => {
  const list = parseIpvsadmSave(fileOf('ipvs-node-a-ipvsadm.txt'))
  assert.equal(list.complaints, [])
  const [first] = list.servers
  assert.equal(first, { protocol: 6, address: addressOf('172.18.0.2'), port: 30080, scheduler: 'rr', flags: { fallback: false, port: false }, persistence: 0, servers: [
    { address: addressOf('10.244.3.11'), port: 8080, weight: 1 },
    { address: addressOf('10.244.2.11'), port: 8080, weight: 1 },
  ] })
  assert.is(list.servers.find(({ port }) => port === 30086)?.persistence, 10800)
  const { servers, complaints } = parseIpvsadmSave('TCP  10.0.0.1:80 sh (sh-port)\n  -> 10.1.0.1:80 Route 1 0 0\n  -> 10.1.0.2:80 Masq 3 0 0\n')
  assert.is(servers[0]?.flags.port, true)
  assert.is(servers[0]?.servers.length, 1)
  assert.match(complaints[0]?.message ?? '', /direct routing is not modelled/)
  assert.is(complaints[0]?.line, 2)
})

walks.run()
