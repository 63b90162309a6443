import { proxyConfigFrom } from '../../src/proxy/config.ts'
import { sysctlsOf } from '../../src/proxy/sysctls.ts'
import { assert, suite } from '../kit.ts'

const config = suite('proxy configuration')

config('an empty document means the defaults of kube-proxy', () => {
  assert.equal(proxyConfigFrom({}), {
    mode: 'iptables',
    clusterCIDR: '',
    detectLocalMode: 'ClusterCIDR',
    detectLocal: { bridgeInterface: '', interfaceNamePrefix: '' },
    masqueradeAll: false,
    masqueradeBit: 14,
    minSyncPeriod: 1e9,
    syncPeriod: 30e9,
    nodePortAddresses: [],
    localhostNodePorts: true,
    ipvs: { scheduler: 'rr', strictARP: false, tcpTimeout: 0, tcpFinTimeout: 0, udpTimeout: 0 },
    conntrack: { maxPerCore: 32768, min: 131072, tcpEstablishedTimeout: 86400e9, tcpCloseWaitTimeout: 3600e9, tcpBeLiberal: false, udpTimeout: 0, udpStreamTimeout: 0 },
    udpIdleTimeout: 250e6,
  })
})

config('nftables mode answers NodePorts on the primary address unless told otherwise', () => {
  assert.equal(proxyConfigFrom({ mode: 'nftables' }).nodePortAddresses, ['primary'])
  assert.equal(proxyConfigFrom({ mode: 'nftables', nodePortAddresses: ['0.0.0.0/0'] }).nodePortAddresses, ['0.0.0.0/0'])
})

config('each mode reads its own section', () => {
  const document = { iptables: { masqueradeAll: true, minSyncPeriod: '2s' }, nftables: { masqueradeBit: 15, syncPeriod: '1m0s' }, ipvs: { scheduler: 'lc', minSyncPeriod: '5s' } }
  assert.is(proxyConfigFrom(document).masqueradeAll, true)
  assert.is(proxyConfigFrom(document).minSyncPeriod, 2e9)
  const nftables = proxyConfigFrom({ ...document, mode: 'nftables' })
  assert.equal([nftables.masqueradeAll, nftables.masqueradeBit, nftables.syncPeriod], [false, 15, 60e9])
  const ipvs = proxyConfigFrom({ ...document, mode: 'ipvs' })
  assert.equal([ipvs.masqueradeAll, ipvs.ipvs.scheduler, ipvs.minSyncPeriod], [true, 'lc', 5e9])
})

config('durations are Go text or nanoseconds; 0s and what cannot be read mean the default of syncPeriod', () => {
  const period = (syncPeriod: unknown) => proxyConfigFrom({ iptables: { syncPeriod } }).syncPeriod
  assert.equal([period('1h2m3.5s'), period('250ms'), period(5e9), period('0s'), period('soon')], [3723.5e9, 250e6, 5e9, 30e9, 30e9])
})

config('fields of the wrong type count as absent', () => {
  const odd = proxyConfigFrom({ mode: 'warp', iptables: 'all', conntrack: null, nodePortAddresses: 'primary', detectLocalMode: 3 })
  assert.equal(odd, proxyConfigFrom({}))
})

config('the conntrack limit grows with the cores from a minimum', () => {
  const limit = (cores: number, document = {}) => sysctlsOf(proxyConfigFrom(document), cores)['net.netfilter.nf_conntrack_max']
  assert.equal([limit(1), limit(4), limit(8)], [131072, 131072, 262144])
  assert.is(limit(8, { conntrack: { maxPerCore: 0 } }), undefined)
})

config('sysctls follow the configuration', () => {
  assert.equal(sysctlsOf(proxyConfigFrom({ iptables: { localhostNodePorts: false }, conntrack: { tcpEstablishedTimeout: '2h', tcpCloseWaitTimeout: '0s', maxPerCore: 0, tcpBeLiberal: true, udpTimeout: '10s' } }), 4), {
    'net.netfilter.nf_conntrack_tcp_be_liberal': 1,
    'net.netfilter.nf_conntrack_tcp_timeout_established': 7200,
    'net.netfilter.nf_conntrack_udp_timeout': 10,
  })
  assert.is(sysctlsOf(proxyConfigFrom({}), 4)['net.ipv4.conf.all.route_localnet'], 1)
  assert.is(sysctlsOf(proxyConfigFrom({ mode: 'nftables' }), 4)['net.ipv4.conf.all.route_localnet'], undefined)
})

config.run()
