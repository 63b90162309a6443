import * as library from '../../src/index.ts'
import { InputError } from '../../src/index.ts'
import { assert, suite } from '../kit.ts'

const door = suite('arguments from callers without a type checker')

/** The library as JavaScript sees it. */
const kubehop = library as unknown as Record<string, (...args: unknown[]) => unknown>
const { resolveTrace, tcpTrace, createVirtualService, simulate, probe, compare, parseIptablesSave, walk } = kubehop as Required<typeof kubehop>

const POD = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' }, spec: { containers: [{ name: 'c' }] } }
const SERVICE = { scheduler: 'rr', protocol: 'tcp', vip: '10.96.0.1', port: 80 }
const LOOKUP = { libc: 'glibc', resolvConf: 'nameserver 10.96.0.10\n', name: 'a', family: 'inet', server: () => 'drop' }
const TRACE = { oneWay_ms: 1, request: 1, response: 1 }
const PACKET = { protocol: 'tcp', source: '10.0.0.1', destination: '10.0.0.2' }
const RULES = library.parseIptablesSave('*filter\nCOMMIT\n')
const PROBE = { from: 'pod/a', to: 'tcp://10.96.0.1:80' }

/** The call that is refused, and what is said. */
const REFUSED: [what: string, call: () => unknown, says: RegExp][] = [
  ['a libc that is none', () => resolveTrace!({ libc: 'bionic' }), /^resolveTrace: `libc` must be one of glibc, musl-1\.2\.3, musl-1\.2\.5, go, not `bionic`$/m],
  ['every argument that is missing, in one message', () => resolveTrace!({ libc: 'go' }), /`resolvConf` is missing.*\n.*`name` is missing.*\n.*`family` is missing; it must be one of unspec, inet, inet6\n.*`server` is missing; it must be a function/],
  ['nothing at all', () => resolveTrace!(), /^resolveTrace: what it is given is missing; it must be an object$/],
  ["a scripted server's answer", () => resolveTrace!({ ...LOOKUP, server: () => 'dorp' }), /the answer of `server`: .* must be one of drop, refuse, not `dorp`; did you mean `drop`\?$/],
  ["half of a scripted server's answer", () => resolveTrace!({ ...LOOKUP, server: () => ({ afterMs: 1 }) }), /`rcode` is missing.*\n.*`answers` is missing; it must be a list$/],
  ['a delay that is missing', () => tcpTrace!({}), /^tcpTrace: `oneWay_ms` is missing; it must be a number$/m],
  ['a negative delay', () => tcpTrace!({ ...TRACE, oneWay_ms: -1 }), /`oneWay_ms` must be at least 0, not `-1`/],
  ['a delay that is no number', () => tcpTrace!({ ...TRACE, oneWay_ms: NaN }), /`oneWay_ms` must be a number, not `NaN`/],
  ['a drop rule that is none', () => tcpTrace!({ ...TRACE, rules: ['c:constructor:1'] }), /`rules\[0\]`: not a drop rule: c:constructor:1 \(write SIDE:CLASS:NUMBERS/],
  ['a side mistyped', () => tcpTrace!({ ...TRACE, closesFirst: 'clinet' }), /did you mean `client`\?/],
  ['a scheduler that IPVS lacks', () => createVirtualService!({ ...SERVICE, scheduler: 'wlcc' }), /^createVirtualService: `scheduler` must be one of rr, wrr, lc, wlc, .*, not `wlcc`; did you mean `wlc`\?$/],
  ['an address that is none', () => createVirtualService!({ ...SERVICE, vip: '10.96.0' }), /`vip` must be an IPv4 address, such as 10\.96\.0\.10, not `10\.96\.0`/],
  ['a scheduler flag that is none', () => createVirtualService!({ ...SERVICE, flags: ['sh-prot'] }), /`flags.*sh-port/],
  ['a real server without a port', () => (createVirtualService!(SERVICE) as library.VirtualServiceHandle).add({ name: 'a', address: '10.0.0.1', weight: 1 } as never), /^add: `port` is missing/],
  ['a weight out of range', () => (createVirtualService!(SERVICE) as library.VirtualServiceHandle).add({ name: 'a', address: '10.0.0.1', port: 80, weight: -1 }), /^add: `weight` must be at least 0, not `-1`/],
  ['a client that is none', () => (createVirtualService!(SERVICE) as library.VirtualServiceHandle).connect(undefined as never), /^connect: what it is given is missing/],
  ['a scenario that is a number', () => simulate!(5), /`scenario` must be YAML or JSON text, an object, or a list of objects, not `5`/],
  ['no scenario', () => simulate!(null), /`scenario` must be YAML .*, not nothing/],
  ['a mode mistyped', () => simulate!([POD], { mode: 'nftable' }), /`options\.mode` must be one of iptables, ipvs, nftables, userspace, not `nftable`; did you mean `nftables`\?/],
  ['an option mistyped', () => simulate!([POD], { sedd: '1' }), /^simulate: there is no `sedd`; did you mean `seed`\?$/],
  ['a meter without its function', () => simulate!([POD], { observers: { app: {} } }), /`options\.observers\.app\.ended` is missing/],
  ['a probe without its ends', () => probe!([], {}), /`options\.from` is missing.*\n.*`options\.to` is missing/],
  ['a probe from a number', () => probe!([POD], { ...PROBE, from: 5 }), /`options\.from` must be text, not `5`/],
  ['a probe from a pod that is not there', () => probe!([POD], { ...PROBE, from: 'pod/b' }), /^there is no pod default\/b; did you mean `a`\?$/],
  ['a count that is a word', () => probe!([POD], { ...PROBE, count: 'three' }), /`options\.count` must be a number, not `three`/],
  ['settings that are no object', () => probe!([POD], { ...PROBE, set: 'cluster.nodes=5' }), /`options\.set` must be an object of paths and values/],
  ['modes that are one text', () => compare!([POD], { modes: 'iptables,ipvs' }), /`options\.modes` must be a list, not `iptables,ipvs`/],
  ['seeds beyond counting', () => compare!([POD], { modes: ['iptables', 'ipvs'], seeds: 1e9 }), /`options\.seeds` must be at most 100000/],
  ['rules that are no text', () => parseIptablesSave!(5), /^parseIptablesSave: `text` must be text, not `5`$/],
  ['a hook mistyped', () => walk!(RULES, PACKET, 'FORWRD'), /^walk: `hook` must be one of PREROUTING, INPUT, FORWARD, OUTPUT, POSTROUTING, not `FORWRD`; did you mean `FORWARD`\?$/],
  ['rules that were not parsed', () => walk!('*filter\nCOMMIT\n', PACKET, 'FORWARD'), /`ruleset` must be what parseIptablesSave returns, not `\*filter COMMIT `/],
  ['a port out of range', () => walk!(RULES, { ...PACKET, sourcePort: 65536 }, 'FORWARD'), /`packet\.sourcePort` must be at most 65535, not `65536`/],
  ['a state in small letters', () => walk!(RULES, { ...PACKET, ctstate: 'new' }, 'FORWARD'), /`packet\.ctstate` must be one of NEW, .*; did you mean `NEW`\?/],
]

for (const [what, call, says] of REFUSED) {
  door(`${what}: refused with an InputError that names the argument and what it must be`, () => {
    try {
      call()
    } catch (error) {
      assert.instance(error, InputError)
      assert.match((error as InputError).message, says)
      return
    }
    assert.unreachable('it was taken')
  })
}

door('what ipvsadm refuses, and connections that are not there, are IpvsErrors', () => {
  const service = createVirtualService!(SERVICE) as library.VirtualServiceHandle
  for (const call of [() => service.remove('a'), () => service.edit('a', { weight: 1 }), () => service.close(1), () => service.expire(1)]) {
    assert.throws(call, (error: unknown) => error instanceof library.IpvsError && /^No such destination: a$|^no connection 1/.test(error.message))
  }
})

door('what is right is taken, and fields that nobody knows are passed over', () => {
  assert.is((resolveTrace!({ ...LOOKUP, id: 'case-1' }) as library.ResolveTrace).result.ok, false)
  assert.type((tcpTrace!({ ...TRACE, rules: ['c:syn:1', 'b:bh:75000000'], id: 'case-2' }) as library.TcpTrace).connect_us, 'number')
  const service = createVirtualService!({ ...SERVICE, protocol: 'TCP', flags: 'sh-port,sh-fallback' }) as library.VirtualServiceHandle
  service.add({ name: 'a', address: '10.0.0.1', port: 80, weight: 1 })
  assert.equal(service.connect({ source: '10.0.0.2', sourcePort: 4000 }), { id: 1, destination: 'a' })
  assert.is((simulate!([POD], { seed: 5 }) as library.Report).seed, '5')
  assert.is((walk!(RULES, PACKET, 'FORWARD', { random: () => 0.5 }) as library.WalkResult).verdict, 'ACCEPT')
})

door('a field that is null counts as one that is not given, as callers with JSON have it', () => {
  assert.equal(tcpTrace!({ ...TRACE, rules: null, closesFirst: null }), tcpTrace!(TRACE))
  assert.not.throws(() => createVirtualService!({ ...SERVICE, flags: null }))
  assert.equal(walk!(RULES, { ...PACKET, mark: null }, 'FORWARD'), walk!(RULES, PACKET, 'FORWARD'))
  assert.not.throws(() => resolveTrace!({ ...LOOKUP, server: () => ({ afterMs: 1, rcode: 3, answers: [], tc: null }) }))
})

door.run()
