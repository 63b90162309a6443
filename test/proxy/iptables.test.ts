import type { EndpointSlice } from 'kubernetes-types/discovery/v1.d.ts'
import type { Service } from 'kubernetes-types/core/v1.d.ts'
import { type ProxyConfig, proxyConfigFrom } from '../../src/proxy/config.ts'
import { IptablesProxy } from '../../src/proxy/iptables.ts'
import { ServiceSnapshot } from '../../src/proxy/service-snapshot.ts'
import { assert, suite } from '../kit.ts'
import { endpointAt, NODE_1, NODE_2, service, slice } from './objects.ts'
import { rulesOf } from './rule-text.ts'

const iptables = suite('iptables mode')

const CLUSTER_CIDR = { clusterCIDR: '10.244.0.0/16' }
const CONFIG = proxyConfigFrom(CLUSTER_CIDR)

function compiled(services: Service[], slices: EndpointSlice[], config: ProxyConfig = CONFIG, node = NODE_1) {
  return new IptablesProxy(config).program(ServiceSnapshot.of(services, slices), node)
}

const TAIL = '-A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS'

iptables('the jumps stand in the live order: each was put before those before it', () => {
  const program = compiled([], [])
  assert.equal(rulesOf(program, 'filter', 'INPUT', 'FORWARD', 'OUTPUT'), [
    '-A INPUT -j KUBE-FIREWALL',
    '-A INPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL',
    '-A INPUT -m comment --comment "kubernetes health check service ports" -j KUBE-NODEPORTS',
    '-A INPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes externally-visible service portals" -j KUBE-EXTERNAL-SERVICES',
    '-A FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL',
    '-A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD',
    '-A FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
    '-A FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes externally-visible service portals" -j KUBE-EXTERNAL-SERVICES',
    '-A OUTPUT -j KUBE-FIREWALL',
    '-A OUTPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL',
    '-A OUTPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
  ])
  assert.equal(rulesOf(program, 'nat', 'PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'), [
    '-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
    '-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
    '-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING',
  ])
})

iptables('constant rules are those of the current release', () => {
  const program = compiled([], [])
  assert.equal(rulesOf(program, 'nat', 'KUBE-MARK-MASQ', 'KUBE-POSTROUTING', 'KUBE-SERVICES', 'KUBE-NODEPORTS', 'KUBE-PROXY-CANARY'), [
    '-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000',
    '-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN',
    '-A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0',
    '-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully',
    TAIL,
  ])
  assert.equal(rulesOf(program, 'filter', 'KUBE-FIREWALL', 'KUBE-FORWARD', 'KUBE-PROXY-CANARY'), [
    '-A KUBE-FIREWALL ! -s 127.0.0.0/8 -d 127.0.0.0/8 -m comment --comment "block incoming localnet connections" -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP',
    '-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP',
    '-A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark 0x4000/0x4000 -j ACCEPT',
    '-A KUBE-FORWARD -m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
  ])
})

iptables('the tables hold built-in chains first, then the others by name, and the canary in each', () => {
  const { mangle, nat, filter } = compiled([service('demo/web', '10.96.0.10')], [slice('demo/web', ['10.244.1.10'])]).tables
  assert.equal(mangle?.chainNames(), ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING', 'KUBE-PROXY-CANARY'])
  assert.equal(nat?.chainNames(), [
    'PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING',
    'KUBE-MARK-MASQ', 'KUBE-NODEPORTS', 'KUBE-POSTROUTING', 'KUBE-PROXY-CANARY', 'KUBE-SEP-SI62D7XAGVO2CP3X', 'KUBE-SERVICES', 'KUBE-SVC-XRY76EGRC3BSCIIJ',
  ])
  assert.equal(filter?.chainNames(), [
    'INPUT', 'FORWARD', 'OUTPUT',
    'KUBE-EXTERNAL-SERVICES', 'KUBE-FIREWALL', 'KUBE-FORWARD', 'KUBE-NODEPORTS', 'KUBE-PROXY-CANARY', 'KUBE-PROXY-FIREWALL', 'KUBE-SERVICES',
  ])
  for (const table of [mangle, nat, filter]) {
    assert.is(table?.chain('PREROUTING')?.policy ?? table?.chain('INPUT')?.policy, 'ACCEPT')
    assert.is(table?.chain('KUBE-PROXY-CANARY')?.policy, undefined)
    assert.is(table?.chain('KUBE-NO-SUCH'), undefined)
  }
})

const WEB = service('demo/web', '10.96.0.10')
const WEB_SLICE = slice('demo/web', ['10.244.1.10', '10.244.2.10', '10.244.2.11'])

iptables('A: a ClusterIP with three endpoints', () => {
  const program = compiled([WEB], [WEB_SLICE])
  assert.equal(rulesOf(program, 'nat', 'KUBE-SERVICES', 'KUBE-SVC-XRY76EGRC3BSCIIJ', 'KUBE-SEP-SI62D7XAGVO2CP3X'), [
    '-A KUBE-SERVICES -d 10.96.0.10/32 -p tcp -m comment --comment "demo/web:http cluster IP" -m tcp --dport 80 -j KUBE-SVC-XRY76EGRC3BSCIIJ',
    TAIL,
    '-A KUBE-SVC-XRY76EGRC3BSCIIJ ! -s 10.244.0.0/16 -d 10.96.0.10/32 -p tcp -m comment --comment "demo/web:http cluster IP" -m tcp --dport 80 -j KUBE-MARK-MASQ',
    '-A KUBE-SVC-XRY76EGRC3BSCIIJ -m comment --comment "demo/web:http -> 10.244.1.10:8080" -m statistic --mode random --probability 0.33333333349 -j KUBE-SEP-SI62D7XAGVO2CP3X',
    '-A KUBE-SVC-XRY76EGRC3BSCIIJ -m comment --comment "demo/web:http -> 10.244.2.10:8080" -m statistic --mode random --probability 0.50000000000 -j KUBE-SEP-S43XANNWXD6645P5',
    '-A KUBE-SVC-XRY76EGRC3BSCIIJ -m comment --comment "demo/web:http -> 10.244.2.11:8080" -j KUBE-SEP-NOSZTYP2FVG5BARL',
    '-A KUBE-SEP-SI62D7XAGVO2CP3X -s 10.244.1.10/32 -m comment --comment "demo/web:http" -j KUBE-MARK-MASQ',
    '-A KUBE-SEP-SI62D7XAGVO2CP3X -p tcp -m comment --comment "demo/web:http" -m tcp -j DNAT --to-destination 10.244.1.10:8080',
  ])
})

iptables('B: a NodePort with policy Cluster is masqueraded on its way to the cluster chain', () => {
  const program = compiled([service('demo/np', '10.96.0.11', { type: 'NodePort', nodePort: 30080 })], [slice('demo/np', ['10.244.2.10'])])
  assert.equal(rulesOf(program, 'nat', 'KUBE-NODEPORTS', 'KUBE-EXT-4IIC76BHGSQBKXMN'), [
    '-A KUBE-NODEPORTS -p tcp -m comment --comment "demo/np:http" -m tcp --dport 30080 -j KUBE-EXT-4IIC76BHGSQBKXMN',
    '-A KUBE-EXT-4IIC76BHGSQBKXMN -m comment --comment "masquerade traffic for demo/np:http external destinations" -j KUBE-MARK-MASQ',
    '-A KUBE-EXT-4IIC76BHGSQBKXMN -j KUBE-SVC-4IIC76BHGSQBKXMN',
  ])
})

const LB = service(
  'demo/lb',
  '10.96.0.12',
  { type: 'LoadBalancer', nodePort: 30081, externalTrafficPolicy: 'Local', healthCheckNodePort: 31999, loadBalancerSourceRanges: ['198.51.100.0/24', '192.168.0.0/24'] },
  ['203.0.113.7'],
)

iptables('C: a LoadBalancer with source ranges and policy Local', () => {
  const program = compiled([LB], [slice('demo/lb', ['10.244.1.10'])])
  assert.equal(rulesOf(program, 'filter', 'KUBE-PROXY-FIREWALL', 'KUBE-NODEPORTS', 'KUBE-EXTERNAL-SERVICES'), [
    '-A KUBE-PROXY-FIREWALL -d 203.0.113.7/32 -p tcp -m comment --comment "demo/lb:http traffic not accepted by KUBE-FW-MWAZOLWASR2RTM3S" -m tcp --dport 80 -j DROP',
    '-A KUBE-NODEPORTS -p tcp -m comment --comment "demo/lb:http health check node port" -m tcp --dport 31999 -j ACCEPT',
  ])
  assert.equal(rulesOf(program, 'nat', 'KUBE-SERVICES', 'KUBE-NODEPORTS', 'KUBE-EXT-MWAZOLWASR2RTM3S', 'KUBE-FW-MWAZOLWASR2RTM3S'), [
    '-A KUBE-SERVICES -d 10.96.0.12/32 -p tcp -m comment --comment "demo/lb:http cluster IP" -m tcp --dport 80 -j KUBE-SVC-MWAZOLWASR2RTM3S',
    '-A KUBE-SERVICES -d 203.0.113.7/32 -p tcp -m comment --comment "demo/lb:http loadbalancer IP" -m tcp --dport 80 -j KUBE-FW-MWAZOLWASR2RTM3S',
    TAIL,
    '-A KUBE-NODEPORTS -p tcp -m comment --comment "demo/lb:http" -m tcp --dport 30081 -j KUBE-EXT-MWAZOLWASR2RTM3S',
    '-A KUBE-EXT-MWAZOLWASR2RTM3S -s 10.244.0.0/16 -m comment --comment "pod traffic for demo/lb:http external destinations" -j KUBE-SVC-MWAZOLWASR2RTM3S',
    '-A KUBE-EXT-MWAZOLWASR2RTM3S -m comment --comment "masquerade LOCAL traffic for demo/lb:http external destinations" -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ',
    '-A KUBE-EXT-MWAZOLWASR2RTM3S -m comment --comment "route LOCAL traffic for demo/lb:http external destinations" -m addrtype --src-type LOCAL -j KUBE-SVC-MWAZOLWASR2RTM3S',
    '-A KUBE-EXT-MWAZOLWASR2RTM3S -j KUBE-SVL-MWAZOLWASR2RTM3S',
    '-A KUBE-FW-MWAZOLWASR2RTM3S -s 198.51.100.0/24 -m comment --comment "demo/lb:http loadbalancer IP" -j KUBE-EXT-MWAZOLWASR2RTM3S',
    '-A KUBE-FW-MWAZOLWASR2RTM3S -s 192.168.0.0/24 -m comment --comment "demo/lb:http loadbalancer IP" -j KUBE-EXT-MWAZOLWASR2RTM3S',
    '-A KUBE-FW-MWAZOLWASR2RTM3S -s 203.0.113.7/32 -m comment --comment "demo/lb:http loadbalancer IP" -j KUBE-EXT-MWAZOLWASR2RTM3S',
    '-A KUBE-FW-MWAZOLWASR2RTM3S -m comment --comment "other traffic to demo/lb:http will be dropped by KUBE-PROXY-FIREWALL"',
  ])
})

iptables('D: policy Local without local endpoints drops outsiders and serves insiders', () => {
  const l0 = service('demo/l0', '10.96.0.13', { type: 'LoadBalancer', nodePort: 30082, externalTrafficPolicy: 'Local' }, ['203.0.113.8'])
  const program = compiled([l0], [slice('demo/l0', ['10.244.2.10'])])
  assert.equal(rulesOf(program, 'filter', 'KUBE-EXTERNAL-SERVICES', 'KUBE-SERVICES'), [
    '-A KUBE-EXTERNAL-SERVICES -d 203.0.113.8/32 -p tcp -m comment --comment "demo/l0:http has no local endpoints" -m tcp --dport 80 -j DROP',
    '-A KUBE-EXTERNAL-SERVICES -p tcp -m comment --comment "demo/l0:http has no local endpoints" -m addrtype --dst-type LOCAL -m tcp --dport 30082 -j DROP',
  ])
  assert.equal(rulesOf(program, 'nat', 'KUBE-EXT-3QPKPCAHK7MNTGIH').length, 3)
  assert.equal(rulesOf(program, 'nat', 'KUBE-SVC-3QPKPCAHK7MNTGIH').length, 2)
  assert.equal(rulesOf(program, 'nat', 'KUBE-SVL-3QPKPCAHK7MNTGIH'), ['no chain nat KUBE-SVL-3QPKPCAHK7MNTGIH'])
})

iptables('E: session affinity asks each endpoint whether it knows the client, then balances', () => {
  const sticky = service('demo/sticky', '10.96.0.14', { sessionAffinity: 'ClientIP' })
  const program = compiled([sticky], [slice('demo/sticky', ['10.244.1.10', '10.244.2.10'])])
  assert.equal(rulesOf(program, 'nat', 'KUBE-SVC-AXLOBOE2HHHPV3ST', 'KUBE-SEP-H7VSECNRLGOTBJPN'), [
    '-A KUBE-SVC-AXLOBOE2HHHPV3ST ! -s 10.244.0.0/16 -d 10.96.0.14/32 -p tcp -m comment --comment "demo/sticky:http cluster IP" -m tcp --dport 80 -j KUBE-MARK-MASQ',
    '-A KUBE-SVC-AXLOBOE2HHHPV3ST -m comment --comment "demo/sticky:http -> 10.244.1.10:8080" -m recent --rcheck --seconds 10800 --reap --name KUBE-SEP-H7VSECNRLGOTBJPN --mask 255.255.255.255 --rsource -j KUBE-SEP-H7VSECNRLGOTBJPN',
    '-A KUBE-SVC-AXLOBOE2HHHPV3ST -m comment --comment "demo/sticky:http -> 10.244.2.10:8080" -m recent --rcheck --seconds 10800 --reap --name KUBE-SEP-2ZSHAJHPVIO2X56G --mask 255.255.255.255 --rsource -j KUBE-SEP-2ZSHAJHPVIO2X56G',
    '-A KUBE-SVC-AXLOBOE2HHHPV3ST -m comment --comment "demo/sticky:http -> 10.244.1.10:8080" -m statistic --mode random --probability 0.50000000000 -j KUBE-SEP-H7VSECNRLGOTBJPN',
    '-A KUBE-SVC-AXLOBOE2HHHPV3ST -m comment --comment "demo/sticky:http -> 10.244.2.10:8080" -j KUBE-SEP-2ZSHAJHPVIO2X56G',
    '-A KUBE-SEP-H7VSECNRLGOTBJPN -s 10.244.1.10/32 -m comment --comment "demo/sticky:http" -j KUBE-MARK-MASQ',
    '-A KUBE-SEP-H7VSECNRLGOTBJPN -p tcp -m comment --comment "demo/sticky:http" -m recent --set --name KUBE-SEP-H7VSECNRLGOTBJPN --mask 255.255.255.255 --rsource -m tcp -j DNAT --to-destination 10.244.1.10:8080',
  ])
})

iptables('F: without endpoints there is nothing in nat, and filter rejects', () => {
  const empty = service('demo/empty', '10.96.0.15', { type: 'NodePort', nodePort: 30083, externalIPs: ['198.51.100.9'] })
  const program = compiled([empty], [])
  assert.equal(rulesOf(program, 'filter', 'KUBE-SERVICES', 'KUBE-EXTERNAL-SERVICES'), [
    '-A KUBE-SERVICES -d 10.96.0.15/32 -p tcp -m comment --comment "demo/empty:http has no endpoints" -m tcp --dport 80 -j REJECT --reject-with icmp-port-unreachable',
    '-A KUBE-EXTERNAL-SERVICES -d 198.51.100.9/32 -p tcp -m comment --comment "demo/empty:http has no endpoints" -m tcp --dport 80 -j REJECT --reject-with icmp-port-unreachable',
    '-A KUBE-EXTERNAL-SERVICES -p tcp -m comment --comment "demo/empty:http has no endpoints" -m addrtype --dst-type LOCAL -m tcp --dport 30083 -j REJECT --reject-with icmp-port-unreachable',
  ])
  assert.equal(rulesOf(program, 'nat', 'KUBE-SERVICES', 'KUBE-NODEPORTS'), [TAIL])
})

iptables('G: an external IP goes the way of external traffic', () => {
  const program = compiled([service('demo/ext', '10.96.0.16', { externalIPs: ['198.51.100.10'] })], [slice('demo/ext', ['10.244.1.10'])])
  assert.is(
    rulesOf(program, 'nat', 'KUBE-SERVICES')[1],
    '-A KUBE-SERVICES -d 198.51.100.10/32 -p tcp -m comment --comment "demo/ext:http external IP" -m tcp --dport 80 -j KUBE-EXT-KNW2XDFRRKFZWJDL',
  )
})

iptables('H: internal policy Local goes to the local chain, with the masquerade rule in it', () => {
  const local = service('demo/itp', '10.96.0.17', { internalTrafficPolicy: 'Local' })
  const slices = [slice('demo/itp', ['10.244.1.10', '10.244.2.10'])]
  const [dispatch] = rulesOf(compiled([local], slices), 'nat', 'KUBE-SERVICES')
  const chain = dispatch?.split(' ').at(-1) ?? ''
  assert.match(chain, /^KUBE-SVL-/)
  const program = compiled([local], slices)
  assert.match(rulesOf(program, 'nat', chain)[0] ?? '', `-A ${chain} ! -s 10.244.0.0/16 -d 10.96.0.17/32`)
  assert.is(rulesOf(program, 'nat', chain).length, 2)
  assert.is(program.tables.nat?.chain(chain.replace('SVL', 'SVC')), undefined)
  assert.equal(rulesOf(compiled([local], [slice('demo/itp', ['10.244.2.10'])]), 'filter', 'KUBE-SERVICES'), [
    '-A KUBE-SERVICES -d 10.96.0.17/32 -p tcp -m comment --comment "demo/itp:http has no local endpoints" -m tcp --dport 80 -j DROP',
  ])
})

const DETECTORS: readonly (readonly [object, string | undefined])[] = [
  [CLUSTER_CIDR, '! -s 10.244.0.0/16 -d 10.96.0.10/32 -p tcp'],
  [{ clusterCIDR: 'fd00::/48,10.1.0.0/16' }, '! -s 10.1.0.0/16 -d 10.96.0.10/32 -p tcp'],
  [{ clusterCIDR: '' }, undefined],
  [{ detectLocalMode: 'NodeCIDR' }, '! -s 10.244.1.0/24 -d 10.96.0.10/32 -p tcp'],
  [{ detectLocalMode: 'BridgeInterface', detectLocal: { bridgeInterface: 'cbr0' } }, '-d 10.96.0.10/32 ! -i cbr0 -p tcp'],
  [{ detectLocalMode: 'InterfaceNamePrefix', detectLocal: { interfaceNamePrefix: 'veth' } }, '-d 10.96.0.10/32 ! -i veth+ -p tcp'],
  [{ ...CLUSTER_CIDR, iptables: { masqueradeAll: true } }, '-d 10.96.0.10/32 -p tcp'],
  [{ clusterCIDR: '', masqueradeAll: true }, '-d 10.96.0.10/32 -p tcp'],
]

iptables('each way to detect local traffic has its match in the masquerade rule', () => {
  for (const [document, head] of DETECTORS) {
    const [first = ''] = rulesOf(compiled([WEB], [WEB_SLICE], proxyConfigFrom({ ...document })), 'nat', 'KUBE-SVC-XRY76EGRC3BSCIIJ')
    if (head === undefined) assert.match(first, '-m statistic')
    else assert.is(first, `-A KUBE-SVC-XRY76EGRC3BSCIIJ ${head} -m comment --comment "demo/web:http cluster IP" -m tcp --dport 80 -j KUBE-MARK-MASQ`)
  }
})

const NODEPORT_NOTE = '-m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain"'
const TAILS: readonly (readonly [object, readonly string[]])[] = [
  [{}, [TAIL]],
  [{ nodePortAddresses: ['0.0.0.0/0', '10.0.0.0/8'] }, [TAIL]],
  [{ nodePortAddresses: ['fd00::/8'] }, [TAIL]],
  [{ iptables: { localhostNodePorts: false } }, [`-A KUBE-SERVICES ! -d 127.0.0.0/8 ${NODEPORT_NOTE} -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS`]],
  [{ nodePortAddresses: ['primary'] }, [`-A KUBE-SERVICES -d 192.168.0.1/32 ${NODEPORT_NOTE} -j KUBE-NODEPORTS`]],
  [{ nodePortAddresses: ['10.244.0.0/16', '192.168.0.0/24'] }, ['10.244.1.1', '192.168.0.1'].map((ip) => `-A KUBE-SERVICES -d ${ip}/32 ${NODEPORT_NOTE} -j KUBE-NODEPORTS`)],
  [{ nodePortAddresses: ['127.0.0.0/8'] }, [`-A KUBE-SERVICES -d 127.0.0.1/32 ${NODEPORT_NOTE} -j KUBE-NODEPORTS`]],
  [{ nodePortAddresses: ['127.0.0.0/8'], iptables: { localhostNodePorts: false } }, []],
]

iptables('nodePortAddresses and localhostNodePorts choose the addresses that answer NodePorts', () => {
  for (const [document, tail] of TAILS) assert.equal(rulesOf(compiled([], [], proxyConfigFrom({ ...document })), 'nat', 'KUBE-SERVICES'), tail, JSON.stringify(document))
})

iptables('127.0.0.1 is guarded only where localhost NodePorts open it', () => {
  for (const document of [{ iptables: { localhostNodePorts: false } }, { nodePortAddresses: ['primary'] }]) {
    assert.equal(rulesOf(compiled([], [], proxyConfigFrom(document)), 'filter', 'KUBE-FIREWALL'), [])
  }
})

iptables('invalid packets pass where conntrack is told to be liberal', () => {
  assert.is(rulesOf(compiled([], [], proxyConfigFrom({ conntrack: { tcpBeLiberal: true } })), 'filter', 'KUBE-FORWARD').length, 2)
})

iptables('another masquerade bit is used everywhere', () => {
  const program = compiled([], [], proxyConfigFrom({ iptables: { masqueradeBit: 15 } }))
  assert.match(rulesOf(program, 'nat', 'KUBE-MARK-MASQ', 'KUBE-POSTROUTING').join('\n'), '0x8000/0x8000')
  assert.match(rulesOf(program, 'filter', 'KUBE-FORWARD').join('\n'), '--mark 0x8000/0x8000')
})

iptables('a large cluster saves itself the comments on endpoints, and no others', () => {
  const many = Array.from({ length: 998 }, (_, i) => `10.244.${3 + (i >> 8)}.${i & 255}`)
  const small = compiled([WEB, service('demo/z', '10.96.0.99')], [WEB_SLICE, slice('demo/z', many.slice(1))])
  assert.match(rulesOf(small, 'nat', 'KUBE-SVC-XRY76EGRC3BSCIIJ')[1] ?? '', 'demo/web:http -> 10.244.1.10:8080')
  const large = compiled([WEB, service('demo/z', '10.96.0.99')], [WEB_SLICE, slice('demo/z', many)])
  assert.equal(rulesOf(large, 'nat', 'KUBE-SVC-XRY76EGRC3BSCIIJ', 'KUBE-SEP-SI62D7XAGVO2CP3X'), [
    '-A KUBE-SVC-XRY76EGRC3BSCIIJ ! -s 10.244.0.0/16 -d 10.96.0.10/32 -p tcp -m comment --comment "demo/web:http cluster IP" -m tcp --dport 80 -j KUBE-MARK-MASQ',
    '-A KUBE-SVC-XRY76EGRC3BSCIIJ -m statistic --mode random --probability 0.33333333349 -j KUBE-SEP-SI62D7XAGVO2CP3X',
    '-A KUBE-SVC-XRY76EGRC3BSCIIJ -m statistic --mode random --probability 0.50000000000 -j KUBE-SEP-S43XANNWXD6645P5',
    '-A KUBE-SVC-XRY76EGRC3BSCIIJ -j KUBE-SEP-NOSZTYP2FVG5BARL',
    '-A KUBE-SEP-SI62D7XAGVO2CP3X -s 10.244.1.10/32 -j KUBE-MARK-MASQ',
    '-A KUBE-SEP-SI62D7XAGVO2CP3X -p tcp -m tcp -j DNAT --to-destination 10.244.1.10:8080',
  ])
})

iptables('an endpoint chain is found by name even if nobody asked for its family', () => {
  const program = compiled([WEB], [WEB_SLICE])
  assert.is(rulesOf(program, 'nat', 'KUBE-SEP-NOSZTYP2FVG5BARL').length, 2)
})

const MIXED: Service[] = [WEB, LB, service('demo/itp', '10.96.0.17', { internalTrafficPolicy: 'Local' }), service('demo/sticky', '10.96.0.14', { sessionAffinity: 'ClientIP' })]
const MIXED_SLICES = [WEB_SLICE, slice('demo/lb', ['10.244.1.10', '10.244.2.12']), slice('demo/itp', ['10.244.1.11']), slice('demo/sticky', ['10.244.1.12', '10.244.2.13'])]

iptables('nodes share what does not depend on them: long segments and chains are the same objects', () => {
  const proxy = new IptablesProxy(CONFIG)
  const snapshot = ServiceSnapshot.of(MIXED, MIXED_SLICES)
  const [one, two] = [NODE_1, NODE_2].map((node) => proxy.program(snapshot, node).tables.nat)
  assert.is(one?.chain('KUBE-SERVICES')?.segments[0], two?.chain('KUBE-SERVICES')?.segments[0])
  assert.ok((one?.chain('KUBE-SERVICES')?.segments[0]?.rules.length ?? 0) >= 3)
  assert.is(one?.chain('KUBE-SVC-XRY76EGRC3BSCIIJ'), two?.chain('KUBE-SVC-XRY76EGRC3BSCIIJ'))
  assert.is.not(one?.chain('KUBE-SVL-MWAZOLWASR2RTM3S'), two?.chain('KUBE-SVL-MWAZOLWASR2RTM3S'))
})

iptables('a change of one Service leaves the rules and chains of the others as they are', () => {
  const proxy = new IptablesProxy(CONFIG)
  const before = ServiceSnapshot.of(MIXED, MIXED_SLICES)
  const after = before.with([{ service: 'demo/itp', servicePorts: [] }])
  assert.is(after.servicePorts.length, before.servicePorts.length - 1)
  const [old, young] = [before, after].map((snapshot) => proxy.program(snapshot, NODE_1).tables.nat)
  assert.is(old?.chain('KUBE-SVC-XRY76EGRC3BSCIIJ'), young?.chain('KUBE-SVC-XRY76EGRC3BSCIIJ'))
  const shared = (table = old) => table?.chain('KUBE-SERVICES')?.segments[0]?.rules ?? []
  for (const rule of shared(young)) assert.ok(shared(old).includes(rule))
})

iptables('rules are counted without being built, and the count is that of what is built', () => {
  const spread = { type: 'NodePort', nodePort: 30009 }
  const services = [...MIXED, service('demo/empty', '10.96.0.15', spread), service('demo/np', '10.96.0.21', { ...spread, internalTrafficPolicy: 'Local' })]
  const slices = [...MIXED_SLICES, slice('demo/np', [endpointAt('10.244.2.20', { hints: { forZones: [{ name: 'zone-2' }] } }), endpointAt('10.244.1.20', { hints: { forZones: [{ name: 'zone-1' }] } })])]
  for (const document of [CLUSTER_CIDR, {}, { detectLocalMode: 'NodeCIDR' }, { masqueradeAll: true, nodePortAddresses: ['primary'] }]) {
    const proxy = new IptablesProxy(proxyConfigFrom(document))
    const snapshot = ServiceSnapshot.of(services, slices)
    for (const node of [NODE_1, NODE_2]) {
      const { tables } = proxy.program(snapshot, node)
      const built = Object.values(tables).flatMap((table) => table.chainNames().map((name) => table.chain(name)?.length ?? 0))
      assert.is(proxy.countRules(snapshot, node), built.reduce((sum, length) => sum + length), `${JSON.stringify(document)} ${node.nodeName}`)
    }
  }
})

iptables.run()
