import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { addressOf, formatAddress } from '../../src/kernel/address.ts'
import { printIpsetSave } from '../../src/kernel/ipset/save.ts'
import { Ipvs } from '../../src/kernel/ipvs/ipvs.ts'
import { printServices } from '../../src/kernel/ipvs/print.ts'
import { kernelVersion } from '../../src/kernel/version.ts'
import { newPacket, SCTP, TCP, UDP } from '../../src/kernel/packet.ts'
import { proxyConfigFrom } from '../../src/proxy/config.ts'
import { IpvsProxy, type IpvsProgram } from '../../src/proxy/ipvs.ts'
import { ipvsSettings } from '../../src/proxy/ipvs/settings.ts'
import { servicePortsOf } from '../../src/proxy/service-port.ts'
import { ServiceSnapshot } from '../../src/proxy/service-snapshot.ts'
import { assert, suite } from '../kit.ts'
import { readLab } from './lab.ts'
import { NODE_1, NODE_2, service, slice } from './objects.ts'
import { rulesOf } from './rule-text.ts'

const ipvs = suite('ipvs mode')

const CONFIG = { mode: 'ipvs', clusterCIDR: '10.244.0.0/16' }

function programOf(services: Parameters<typeof ServiceSnapshot.of>[0], slices: Parameters<typeof ServiceSnapshot.of>[1], config: object = CONFIG, node = NODE_1): IpvsProgram {
  return new IpvsProxy(proxyConfigFrom({ ...config })).program(ServiceSnapshot.of(services, slices), node)
}

function recorded(name: string): string {
  return readFileSync(`test/vectors/ipvs-node-a-${name}.txt`, 'utf8')
}

/** The texts of node-a were recorded with the first of the lab's Services only, those of 10.96.1.0/24. */
function labProgram(): IpvsProgram {
  const lab = readLab()
  const snapshot = ServiceSnapshot.of(lab.services.filter(({ spec }) => spec?.clusterIP?.startsWith('10.96.1.')), lab.slices)
  return new IpvsProxy(proxyConfigFrom({ ...lab.config, mode: 'ipvs' })).program(snapshot, lab.nodes.find(({ nodeName }) => nodeName === 'node-a') ?? NODE_1)
}

function kernelWith(program: IpvsProgram): Ipvs {
  const kernel = new Ipvs(ipvsSettings(proxyConfigFrom(CONFIG), kernelVersion('6.1')), { isConfirmed: () => false, alterReply: () => {}, drop: () => {} })
  kernel.services.source = program.servers
  return kernel
}

function entries(program: IpvsProgram, name: string): string[] {
  const set = program.set(name)
  const text = set === undefined ? '' : printIpsetSave([set])
  return text.split('\n').filter((line) => line.startsWith('add')).map((line) => line.split(' ')[2] ?? '')
}

ipvs('the virtual services of the lab are those of node-a\'s ipvsadm -Ln', () => {
  assert.is(printServices(kernelWith(labProgram()).services.all()).trimEnd(), recorded('ipvsadm').trimEnd())
})

ipvs('the ipsets of the lab are those of node-a, but for the order of entries and the random initval', () => {
  const sorted = (text: string): string[] => {
    const sets = text.replace(/ initval \S+/g, '').trimEnd().split(/^(?=create)/m)
    return sets.flatMap((set) => [set.split('\n')[0] ?? '', ...set.trimEnd().split('\n').slice(1).sort()])
  }
  assert.equal(sorted(printIpsetSave(labProgram().sets())), sorted(recorded('ipset')))
})

ipvs('the rules of the lab are those of node-a, but for the kubelet\'s chain', () => {
  const { rules } = labProgram()
  const lines = recorded('iptables').split('\n').filter((line) => line.startsWith('-A') && !line.includes('KUBE-FIREWALL'))
  const filter = rules.tables.filter?.chainNames() ?? []
  const nat = rules.tables.nat?.chainNames() ?? []
  assert.equal([...rulesOf(rules, 'filter', ...filter), ...rulesOf(rules, 'nat', ...nat)], lines)
  const chains = recorded('iptables').split('\n').filter((line) => line.startsWith(':') && !line.includes('KUBE-FIREWALL')).map((line) => line.slice(1).split(' ')[0])
  assert.equal([...filter, ...nat], chains)
})

const WEB = service('demo/web', '10.96.0.10')
const WEB_SLICE = slice('demo/web', ['10.244.1.10', '10.244.2.10', '10.244.10.9'])

ipvs('real servers are added in the order of their text, so round robin begins with the greatest', () => {
  const [server] = programOf([WEB], [WEB_SLICE]).servers.all()
  assert.equal(server?.servers.map(({ address, port, weight }) => `${formatAddress(address)}:${port} ${weight}`), ['10.244.2.10:8080 1', '10.244.10.9:8080 1', '10.244.1.10:8080 1'])
})

ipvs('with no Service but one the rules of empty sets are not written', () => {
  const { rules } = programOf([WEB], [WEB_SLICE], CONFIG, { ...NODE_2, nodeName: 'n3' })
  assert.equal(rulesOf(rules, 'nat', 'KUBE-SERVICES', 'KUBE-NODE-PORT', 'KUBE-LOAD-BALANCER'), [
    '-A KUBE-SERVICES -s 127.0.0.0/8 -j RETURN',
    '-A KUBE-SERVICES ! -s 10.244.0.0/16 -m comment --comment "Kubernetes service cluster ip + port for masquerade purpose" -m set --match-set KUBE-CLUSTER-IP dst,dst -j KUBE-MARK-MASQ',
    '-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODE-PORT',
    '-A KUBE-SERVICES -m set --match-set KUBE-CLUSTER-IP dst,dst -j ACCEPT',
    '-A KUBE-LOAD-BALANCER -j KUBE-MARK-MASQ',
  ])
  assert.is(rulesOf(rules, 'nat', 'KUBE-POSTROUTING').length, 3)
  assert.is(rulesOf(programOf([], []).rules, 'nat', 'KUBE-SERVICES').length, 2)
})

ipvs('each way to tell local traffic has its masquerade rule; without one only service addresses as source are masqueraded', () => {
  const masquerade = (config: object) => rulesOf(programOf([WEB], [], config).rules, 'nat', 'KUBE-SERVICES')[1] ?? ''
  assert.match(masquerade({ mode: 'ipvs', detectLocalMode: 'NodeCIDR' }), '! -s 10.244.1.0/24 -m comment')
  assert.match(masquerade({ mode: 'ipvs', detectLocalMode: 'BridgeInterface', detectLocal: { bridgeInterface: 'cbr0' } }), '! -i cbr0 -m comment')
  assert.match(masquerade({ mode: 'ipvs' }), '--match-set KUBE-CLUSTER-IP src,dst')
  assert.match(masquerade({ ...CONFIG, iptables: { masqueradeAll: true } }), /^-A KUBE-SERVICES -m comment .* dst,dst -j KUBE-MARK-MASQ$/)
})

const LB = service(
  'demo/lb',
  '10.96.0.12',
  { type: 'LoadBalancer', nodePort: 30081, externalTrafficPolicy: 'Local', healthCheckNodePort: 31999, loadBalancerSourceRanges: ['198.51.100.0/24', '192.168.0.1/32'] },
  ['203.0.113.7'],
)

ipvs('source ranges: the node inside a range may come back by the source-IP set, one outside is kept out by a rule', () => {
  const inside = programOf([LB], [slice('demo/lb', ['10.244.1.10'])])
  assert.equal(entries(inside, 'KUBE-LOAD-BALANCER-SOURCE-IP'), ['203.0.113.7,tcp:80,203.0.113.7'])
  assert.equal(rulesOf(inside.rules, 'filter', 'KUBE-IPVS-OUT-FILTER'), [])
  const outside = programOf([LB], [slice('demo/lb', ['10.244.1.10'])], CONFIG, NODE_2)
  assert.equal(entries(outside, 'KUBE-LOAD-BALANCER-SOURCE-IP'), [])
  assert.equal(entries(outside, 'KUBE-LOAD-BALANCER-SOURCE-CIDR').sort(), ['203.0.113.7,tcp:80,192.168.0.1', '203.0.113.7,tcp:80,198.51.100.0/24'])
  assert.equal(rulesOf(outside.rules, 'filter', 'KUBE-IPVS-OUT-FILTER'), ['-A KUBE-IPVS-OUT-FILTER -s 203.0.113.7/32 -m ipvs --vproto 6 --vaddr 203.0.113.7 --vport 80 -j DROP'])
})

ipvs('a source range of size 0 is refused by the kernel, and its rule is written all the same', () => {
  const open = service('demo/open', '10.96.0.13', { type: 'LoadBalancer', loadBalancerSourceRanges: ['0.0.0.0/0'] }, ['203.0.113.9'])
  const { rules, set } = programOf([open], [])
  assert.is(set('KUBE-LOAD-BALANCER-SOURCE-CIDR')?.size, 0)
  assert.is(rulesOf(rules, 'filter', 'KUBE-SOURCE-RANGES-FIREWALL').length, 3)
})

ipvs('policy Local serves local endpoints, and falls back to the cluster\'s where there are none', () => {
  const slices = [slice('demo/lb', ['10.244.1.10', '10.244.2.10'])]
  const at = (node: typeof NODE_1, address: string, port: number) =>
    programOf([LB], slices, CONFIG, node).servers.find(TCP, addressOf(address), port)?.servers.map((server) => formatAddress(server.address))
  assert.equal(at(NODE_1, '203.0.113.7', 80), ['10.244.1.10'])
  assert.equal(at(NODE_1, '192.168.0.1', 30081), ['10.244.1.10'])
  assert.equal(at(NODE_1, '10.96.0.12', 80), ['10.244.2.10', '10.244.1.10'])
  assert.equal(at({ ...NODE_1, nodeName: 'n3' }, '203.0.113.7', 80), ['10.244.2.10', '10.244.1.10'])
  assert.is(at(NODE_1, '127.0.0.1', 30081), undefined)
  assert.is(at(NODE_1, '192.168.0.2', 30081), undefined)
})

ipvs('session affinity makes a virtual service persistent; mh hashes the source port too', () => {
  const sticky = service('demo/sticky', '10.96.0.14', { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 77 } } })
  const [server] = programOf([sticky], [], { ...CONFIG, ipvs: { scheduler: 'mh' } }).servers.all()
  assert.is(server?.persistence, 77)
  assert.is(server?.scheduler, 'mh')
  assert.equal(server?.flags, { fallback: false, port: true })
})

ipvs('SCTP NodePorts stand in a set of their own, with each node address', () => {
  const sctp = service('demo/sctp', '10.96.0.15', { type: 'NodePort', ports: [{ name: 'http', port: 80, protocol: 'SCTP', nodePort: 30090 }] })
  const program = programOf([sctp], [])
  assert.equal(entries(program, 'KUBE-NODE-PORT-SCTP-HASH'), ['192.168.0.1,sctp:30090', '10.244.1.1,sctp:30090'])
  assert.is(program.servers.find(SCTP, NODE_1.primaryAddress, 30090)?.port, 30090)
  assert.is(program.servers.find(UDP, NODE_1.primaryAddress, 30090), undefined)
})

ipvs('every service address is bound to kube-ipvs0, but an external one that the node has elsewhere', () => {
  const external = service('demo/ext', '10.96.0.16', { externalIPs: ['192.168.0.1', '198.51.100.10'] })
  assert.equal([...programOf([external], []).bound].map(formatAddress), ['10.96.0.16', '198.51.100.10'])
  assert.equal(entries(programOf([external], [], CONFIG, NODE_2), 'KUBE-IPVS-IPS'), ['10.96.0.16', '192.168.0.1', '198.51.100.10'])
})

ipvs('an unknown scheduler keeps kube-proxy from starting', () => {
  assert.throws(() => programOf([], [], { ...CONFIG, ipvs: { scheduler: 'best' } }), /no scheduler best/)
})

ipvs('settings: kube-proxy expires what has no server, and leaves conn_reuse_mode alone from 5.9 on', () => {
  const settings = (kernel: string, timeouts: object = {}) => ipvsSettings(proxyConfigFrom({ ...CONFIG, ipvs: timeouts }), kernelVersion(kernel))
  assert.is(settings('5.4').connReuseMode, 0)
  assert.is(settings('5.15').connReuseMode, 1)
  assert.is(settings('6.1').expireNodestConn && settings('6.1').expireQuiescentTemplate, true)
  assert.equal(settings('6.1', { tcpTimeout: '1h', udpTimeout: '30s' }).timeouts, { tcp: 3600, tcpFin: 120, udp: 30 })
})

ipvs('nodes that know the same share what does not depend on them', () => {
  const proxy = new IpvsProxy(proxyConfigFrom(CONFIG))
  const snapshot = ServiceSnapshot.of([WEB, LB], [WEB_SLICE])
  const [one, two] = [proxy.program(snapshot, NODE_1), proxy.program(snapshot, NODE_2)]
  for (const name of ['KUBE-CLUSTER-IP', 'KUBE-NODE-PORT-TCP', 'KUBE-IPVS-IPS']) assert.is(one.set(name), two.set(name))
  assert.is.not(one.set('KUBE-LOOP-BACK'), two.set('KUBE-LOOP-BACK'))
  assert.is(one.bound, two.bound)
})

ipvs('a packet to a service address is scheduled without any other service being made', () => {
  const services = Array.from({ length: 100 }, (_, i) => service(`demo/s${i}`, `10.96.1.${i}`))
  const kernel = kernelWith(programOf(services, [slice('demo/s7', ['10.244.1.7'])]))
  const packet = Object.assign(newPacket(), { protocol: TCP, tcpFlags: 2, source: addressOf('10.244.1.9'), sourcePort: 1, destination: addressOf('10.96.1.7'), destinationPort: 80 })
  kernel.local(packet, 0)
  assert.is(formatAddress(packet.destination), '10.244.1.7')
  assert.is(kernel.services.size, 1)
})

ipvs('law: a program made from the one before equals a fresh one, whatever changed', () => {
  const step = fc.record({ service: fc.integer({ min: 0, max: 4 }), kind: fc.constantFrom('ClusterIP', 'NodePort', 'LoadBalancer', 'gone'), local: fc.boolean(), endpoints: fc.uniqueArray(fc.integer({ min: 1, max: 6 }), { maxLength: 4 }) })
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), (steps) => {
      const proxy = new IpvsProxy(proxyConfigFrom(CONFIG))
      let snapshot = ServiceSnapshot.of([], [])
      for (const { service: i, kind, local, endpoints } of steps) {
        const key = `demo/s${i}`
        const object = service(key, `10.96.3.${i}`, { ...(kind === 'NodePort' ? { nodePort: 30000 + i } : {}), type: kind, externalTrafficPolicy: local ? 'Local' : 'Cluster' }, kind === 'LoadBalancer' ? [`203.0.113.${i}`] : [])
        const servicePorts = kind === 'gone' ? [] : servicePortsOf(object, [slice(key, endpoints.map((e) => `10.244.${e % 3}.${e}`))])
        snapshot = snapshot.with([{ service: key, servicePorts }])
        for (const node of [NODE_1, NODE_2]) assert.equal(textOf(proxy.program(snapshot, node)), textOf(new IpvsProxy(proxyConfigFrom(CONFIG)).program(new ServiceSnapshot(snapshot.servicePorts), node)))
      }
    }),
    { seed: 11, numRuns: 60 },
  )
})

function textOf(program: IpvsProgram): unknown {
  const { tables } = program.rules
  return [
    [...program.servers.all()],
    [...program.bound],
    printIpsetSave(program.sets()).split('\n').sort(),
    ...(['nat', 'filter'] as const).map((table) => rulesOf(program.rules, table, ...(tables[table]?.chainNames() ?? []))),
  ]
}

ipvs.run()
