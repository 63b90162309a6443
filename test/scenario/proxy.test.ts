import { loadInput } from '../../src/scenario/load.ts'
import { assert, suite } from '../kit.ts'
import { said } from './said.ts'

const proxy = suite('proxy configuration')

function configuration(fields: string): string {
  return `apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n${fields}\n`
}

/** As kubeadm writes it: every field, most of them zero. */
const KUBEADM = `apiVersion: v1
kind: ConfigMap
metadata: {name: kube-proxy, namespace: kube-system}
data:
  config.conf: |-
    apiVersion: kubeproxy.config.k8s.io/v1alpha1
    bindAddress: 0.0.0.0
    clusterCIDR: 10.244.0.0/16
    conntrack:
      maxPerCore: null
      min: null
      tcpCloseWaitTimeout: null
    detectLocalMode: ""
    iptables:
      masqueradeAll: false
      masqueradeBit: null
      minSyncPeriod: 0s
      syncPeriod: 0s
    ipvs:
      excludeCIDRs: null
      scheduler: ""
    kind: KubeProxyConfiguration
    mode: ipvs
    nodePortAddresses: null
  kubeconfig.conf: |-
    apiVersion: v1
`

proxy('kubeadm’s ConfigMap is read, zero values and all', () => {
  const { proxy: document, complaints } = loadInput({ given: KUBEADM })
  assert.equal(complaints, [])
  assert.equal([document['mode'], document['clusterCIDR'], document['nodePortAddresses']], ['ipvs', '10.244.0.0/16', undefined])
})

proxy('a mistake inside the ConfigMap’s text points into it', () => {
  const [complaint] = loadInput({ given: KUBEADM.replace('mode: ipvs', 'mode: ipsv') }).complaints
  assert.equal([complaint?.file, complaint?.line, complaint?.sourceLine, complaint?.fix], ['(input) (ConfigMap kube-proxy, config.conf)', 18, 'mode: ipsv', 'did you mean `ipvs`?'])
})

proxy('a document of its own goes before the ConfigMap; a later one changes the fields that it names', () => {
  assert.is(loadInput({ given: `${KUBEADM}---\n${configuration('mode: nftables')}` }).proxy['mode'], 'nftables')
  assert.equal(said(`${configuration('mode: nftables')}---\n${configuration('mode: nftables')}`), [])
  const laidOver = `${configuration('mode: ipvs\nipvs: {scheduler: lc, strictARP: true}')}---\n${configuration('ipvs: {scheduler: sh}')}`
  assert.match(said(laidOver).join(), /note: a second KubeProxyConfiguration: its ipvs count over those of the first/)
  const { mode, ipvs } = loadInput({ given: laidOver }).proxy
  assert.equal({ mode, ipvs }, { mode: 'ipvs', ipvs: { scheduler: 'sh', strictARP: true } })
})

proxy('a field with a dot in its name is a field inside another', () => {
  const { proxy: read, ok } = loadInput({ given: configuration('detectLocalMode: InterfaceNamePrefix\ndetectLocal.interfaceNamePrefix: veth-') })
  assert.ok(ok)
  assert.equal(read['detectLocal'], { interfaceNamePrefix: 'veth-' })
})

proxy('an unknown scheduler or mode names the nearest', () => {
  assert.match(said(configuration('mode: iptable')).join(), /must be one of iptables, ipvs, nftables, userspace, not `iptable` \(did you mean `iptables`\?\)/)
  assert.match(said(configuration('mode: ipvs\nipvs: {scheduler: wlcc}')).join(), /did you mean `wlc`\?/)
})

proxy('settings that contradict each other are errors; those without effect are notes', () => {
  const table: [string, RegExp][] = [
    ['detectLocalMode: BridgeInterface', /3:18 error: detectLocalMode BridgeInterface needs `detectLocal\.bridgeInterface`/],
    ['iptables: {minSyncPeriod: 1m, syncPeriod: 30s}', /error: `iptables\.minSyncPeriod` \(1m\) is longer than syncPeriod \(30s\)/],
    ['nodePortAddresses: [primary, 10.0.0.0/8]', /error: `primary` cannot stand beside CIDRs/],
    ['mode: iptables\nipvs: {scheduler: lc}', /note: the scheduler lc has no effect in iptables mode/],
    ['clusterCIDR: 10.244.0.0', /error: `clusterCIDR` must be a CIDR/],
    ['iptables: {masqueradeBit: 40}', /error: `iptables\.masqueradeBit` must be a whole number, not negative, not|from 0 to 31/],
    ['conntrack: {tcpEstablishedTimeout: 1 day}', /error: `conntrack\.tcpEstablishedTimeout` must be a duration, such as 1s or 1m30s, not `1 day`/],
    ['modde: ipvs', /note: unknown field `modde` in KubeProxyConfiguration; ignored \(did you mean `mode`\?\)/],
  ]
  for (const [fields, message] of table) assert.match(said(configuration(fields)).join('\n'), message, fields)
  assert.equal(said(configuration('clusterCIDR: "10.244.0.0/16,fd00::/56"\nnodePortAddresses: [primary]')), [])
})

proxy.run()
