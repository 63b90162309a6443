import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { assert, test } from '../../kit.ts'
import { addressOf, cidrOf, contains, formatAddress } from '../../../src/kernel/address.ts'
import { IpSet } from '../../../src/kernel/ipset/ip-set.ts'
import { parseIpsetSave, printIpsetSave } from '../../../src/kernel/ipset/save.ts'
import { ICMP, newPacket, SCTP, TCP, UDP, type Packet } from '../../../src/kernel/packet.ts'

const recorded = readFileSync('test/vectors/ipvs-node-a-ipset.txt', 'utf8')

function packet(protocol: number, from: string, to: string): Packet {
  const [source = '', sourcePort] = from.split(':')
  const [destination = '', destinationPort] = to.split(':')
  return Object.assign(newPacket(), { protocol, source: addressOf(source), sourcePort: Number(sourcePort), destination: addressOf(destination), destinationPort: Number(destinationPort) })
}

function setOf(text: string): IpSet {
  const { sets, complaints } = parseIpsetSave(text)
  assert.equal(complaints, [])
  const [set] = sets.values()
  if (set === undefined) throw new Error('no set')
  return set
}

test('a recorded ipset save is read whole and printed as it was', () => {
  const { sets, complaints } = parseIpsetSave(recorded)
  assert.equal(complaints, [])
  assert.is(sets.size, 17)
  assert.is(printIpsetSave(sets.values()), recorded)
})

test('each part of an entry is held against the end of the packet that its side names', () => {
  const { sets } = parseIpsetSave(recorded)
  const has = (name: string, what: Packet, ...sides: ('src' | 'dst')[]) => sets.get(name)?.has(what, sides)
  const request = packet(TCP, '10.244.1.11:40000', '10.96.1.1:80')
  assert.is(has('KUBE-CLUSTER-IP', request, 'dst', 'dst'), true)
  assert.is(has('KUBE-CLUSTER-IP', request, 'src', 'dst'), false)
  assert.is(has('KUBE-CLUSTER-IP', packet(UDP, '10.244.1.11:40000', '10.96.1.1:80'), 'dst', 'dst'), false)
  assert.is(has('KUBE-CLUSTER-IP', packet(TCP, '10.96.1.1:40000', '10.0.0.1:80'), 'src', 'dst'), true)
  assert.is(has('KUBE-LOOP-BACK', packet(TCP, '10.244.1.11:40000', '10.244.1.11:8080'), 'dst', 'dst', 'src'), true)
  assert.is(has('KUBE-LOOP-BACK', packet(TCP, '10.244.1.12:40000', '10.244.1.11:8080'), 'dst', 'dst', 'src'), false)
  assert.is(has('KUBE-LOOP-BACK', packet(TCP, '10.244.1.11:40000', '10.244.1.11:8080'), 'dst', 'dst'), false, 'too few sides match nothing')
  assert.is(has('KUBE-NODE-PORT-TCP', packet(TCP, '1.2.3.4:1', '172.18.0.2:30084'), 'dst'), true)
  assert.is(has('KUBE-IPVS-IPS', request, 'dst'), true)
})

test('a bitmap of ports knows TCP and UDP only; other types take the protocol with the port', () => {
  const bitmap = setOf('create b bitmap:port range 0-65535\nadd b 53\n')
  for (const [protocol, expected] of [[TCP, true], [UDP, true], [SCTP, false], [ICMP, false]] as const) assert.is(bitmap.has(packet(protocol, '1.1.1.1:53', '2.2.2.2:53'), ['dst']), expected)
  const pings = setOf('create p hash:ip,port family inet\nadd p 10.0.0.1,icmp:8/0\n')
  const ping = Object.assign(packet(ICMP, '1.1.1.1:7', '10.0.0.1:1'), { icmpType: 8 })
  assert.is(pings.has(ping, ['dst', 'dst']), true)
  assert.is(printIpsetSave([pings]), 'create p hash:ip,port family inet\nadd p 10.0.0.1,icmp:8/0\n')
})

test('an entry twice is one, and the kernel refuses a network of size 0 and what is above maxelem', () => {
  const set = new IpSet('few', 'hash:net', 'family inet maxelem 2')
  assert.is(set.add({ address: addressOf('10.0.0.0'), prefix: 0 }), 'The value of the CIDR parameter of the IP address is invalid')
  for (const text of ['10.0.0.0', '10.0.0.0', '10.0.0.1']) assert.is(set.add({ address: addressOf(text) }), undefined)
  assert.is(set.size, 2)
  assert.is(set.add({ address: addressOf('10.0.0.2') }), 'Hash is full, cannot add more elements')
})

test('what is not understood is named with its line', () => {
  const cases: [string, RegExp][] = [
    ['create m hash:mac', /sets of type hash:mac are not modelled/],
    ['create a hash:ip family inet6', /IPv6/],
    ['add nowhere 10.0.0.1', /no set nowhere/],
    ['flush x', /neither create nor add/],
    ['create a hash:ip family inet\nadd a 10.0.0.0/8', /not an IPv4 address/],
    ['create a hash:ip,port family inet\nadd a 10.0.0.1', /not an entry of a hash:ip,port set/],
    ['create a hash:ip,port family inet\nadd a 10.0.0.1,gre:1', /not a protocol and its port/],
    ['create a hash:net family inet\nadd a 10.0.0.0/8 nomatch', /nomatch/],
  ]
  for (const [text, message] of cases) {
    const { complaints } = parseIpsetSave(text)
    assert.is(complaints.length, 1, text)
    assert.match(complaints[0]?.message ?? '', message)
    assert.is(complaints[0]?.line, text.split('\n').length)
  }
})

test('law: a set of networks holds an address exactly if one of them contains it', () => {
  const network = fc.tuple(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 12, max: 32 })).map(([bits, prefix]) => cidrOf(`${formatAddress(0x0a000000 | (bits << 4))}/${prefix}`))
  fc.assert(
    fc.property(fc.array(network, { maxLength: 200 }), fc.array(fc.integer({ min: 0, max: 0xfffff }), { minLength: 20 }), (networks, probes) => {
      const set = new IpSet('n', 'hash:net')
      for (const { network: address, prefix } of networks) set.add({ address, prefix })
      for (const probe of probes) {
        const to = 0x0a000000 | probe
        assert.is(set.has(packet(TCP, '1.1.1.1:1', `${formatAddress(to)}:80`), ['dst']), networks.some((cidr) => contains(cidr, to)))
      }
      assert.is(printIpsetSave([setOf(printIpsetSave([set]))]), printIpsetSave([set]))
    }),
    { seed: 3, numRuns: 200 },
  )
})

test.run()
