import { readFileSync } from 'node:fs'
import { parseIptablesSave } from '../../../src/kernel/rules/iptables-save/parse.ts'
import { walk } from '../../../src/kernel/rules/walk.ts'
import { assert, suite } from '../../kit.ts'

const walks = suite('walk')

const saved = parseIptablesSave(readFileSync('test/vectors/iptables-save-1.20.txt', 'utf8'))
const client = { protocol: 'tcp', source: '10.244.1.12', sourcePort: 40000 } as const

walks('a ClusterIP leads through its chains to an endpoint', () => {
  const result = walk(saved, { ...client, destination: '10.96.1.2', destinationPort: 80 }, 'PREROUTING')
  const chains = result.hits.map(({ table, chain }) => `${table}:${chain}`)
  assert.is(result.verdict, 'ACCEPT')
  assert.is(chains[0], 'nat:PREROUTING')
  assert.is(chains[1], 'nat:KUBE-SERVICES')
  assert.match(result.hits.at(-1)?.rule ?? '', / -j DNAT --to-destination 10\.244\.\d+\.\d+:\d+$/)
  assert.is(result.hits.at(-1)?.rule.endsWith(`${result.rewritten?.destination}:${result.rewritten?.destinationPort}`), true)
})

walks('a Service without endpoints is rejected in FORWARD, by the rule that says why', () => {
  const result = walk(saved, { ...client, destination: '10.96.1.14', destinationPort: 80 }, 'FORWARD')
  assert.is(result.verdict, 'REJECT')
  assert.match(result.hits.at(-1)?.rule ?? '', 'default/empty:http has no endpoints')
  assert.is(result.hits.at(-1)?.position, 7)
  // FORWARD 1 and 2, KUBE-FORWARD 4 after the first, KUBE-SERVICES 7.
  assert.is(result.evaluated, 2 + 4 + 7)
})

walks('only the first packet of a connection meets the nat table', () => {
  const packet = { ...client, destination: '10.96.1.2', destinationPort: 80, ctstate: 'ESTABLISHED' } as const
  assert.equal(walk(saved, packet, 'PREROUTING'), { verdict: 'ACCEPT', evaluated: 0, hits: [], mark: 0, doubts: [] })
})

walks('marks travel from table to table, and MASQUERADE is named though its address is not known', () => {
  const result = walk(saved, { ...client, destination: '10.244.2.11', destinationPort: 8080, mark: 0x4000 }, 'POSTROUTING')
  assert.equal(result.hits.map(({ rule }) => rule.replace(/.* -j/, '-j')), ['-j KUBE-POSTROUTING', '-j MARK --set-xmark 0x4000/0x0', '-j MASQUERADE --random-fully'])
  assert.is(result.mark, 0)
  assert.equal(result.rewritten, {})
})

walks('what is not modelled on the way is a doubt', () => {
  const rules = parseIptablesSave('*filter\n:INPUT DROP [0:0]\n-A INPUT -m u32 --u32 "0=0" -j ACCEPT\nCOMMIT')
  const result = walk(rules, { ...client, destination: '192.0.2.1' }, 'INPUT')
  assert.equal([result.verdict, result.evaluated, result.doubts], ['DROP', 1, ['-m u32 --u32 "0=0"']])
})

walks('NOTRACK in raw keeps the packet from the nat table', () => {
  const rules = parseIptablesSave('*raw\n:OUTPUT ACCEPT\n-A OUTPUT -p tcp -j CT --notrack\nCOMMIT\n*nat\n:OUTPUT ACCEPT\n-A OUTPUT -j REDIRECT --to-ports 1\nCOMMIT\n*filter\n:OUTPUT ACCEPT\n-A OUTPUT -m conntrack --ctstate UNTRACKED -j DROP\nCOMMIT')
  const result = walk(rules, { ...client, destination: '192.0.2.1' }, 'OUTPUT')
  assert.equal(result.hits.map(({ table }) => table), ['raw', 'filter'])
  assert.is(walk(rules, { ...client, protocol: 'udp', destination: '192.0.2.1' }, 'OUTPUT').rewritten?.destinationPort, 1)
})

walks('CONNMARK carries marks to and from the connection', () => {
  const rules = parseIptablesSave('*mangle\n:PREROUTING ACCEPT\n-A PREROUTING -j CONNMARK --restore-mark --mask 0x80\n-A PREROUTING -m mark --mark 0x80/0x80 -j CONNMARK --set-xmark 0x1/0x1\n-A PREROUTING -m connmark --mark 0x81 -j DROP\nCOMMIT')
  const packet = { ...client, destination: '192.0.2.1', connmark: 0x80 }
  assert.equal([walk(rules, packet, 'PREROUTING').verdict, walk(rules, { ...packet, connmark: 0 }, 'PREROUTING').verdict], ['DROP', 'ACCEPT'])
})

walks('a sidecar that lets its own user pass is walked as it was written', () => {
  const rules = parseIptablesSave('*nat\n:OUTPUT ACCEPT\n-A OUTPUT -m owner --uid-owner 1337 -j RETURN\n-A OUTPUT -p tcp -j REDIRECT --to-ports 15001\nCOMMIT')
  const packet = { ...client, destination: '192.0.2.1' }
  assert.equal(walk(rules, packet, 'OUTPUT').rewritten, { destination: '127.0.0.1', destinationPort: 15001 })
  assert.is(walk(rules, { ...packet, owner: { uid: 1337, gid: 1337 } }, 'OUTPUT').rewritten, undefined)
})

walks('an address that is none is a TypeError', () => {
  assert.throws(() => walk(saved, { ...client, destination: 'redis' }, 'INPUT'), 'not an IPv4 address: redis')
  assert.throws(() => walk(saved, { ...client, protocol: 'quic', destination: '10.0.0.1' }, 'INPUT'), 'not a protocol: quic')
})

walks.run()
