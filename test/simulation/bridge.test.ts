import { readFileSync } from 'node:fs'
import { assert, suite } from '../kit.ts'
import { parse } from 'yaml'
import { probe } from '../../src/simulation/probe-words.ts'

interface BridgeCase {
  case: string
  bridge_nf_call_iptables: 0 | 1
  hairpin_mode: 'on' | 'off'
  source: string
  dst: string
  port: number
  proto: string
  result: { backends: Record<string, number>; sources_seen: Record<string, number>; failures: Record<string, number> }
}

const recorded = JSON.parse(readFileSync('test/vectors/outcomes-bridge-cni.json', 'utf8')) as { objects: object[]; cases: BridgeCase[] }
const lab = parse(`
- {apiVersion: v1, kind: Node, metadata: {name: node-a}, spec: {podCIDR: 10.244.1.0/24}, status: {addresses: [{type: InternalIP, address: 172.18.0.2}]}}
- {apiVersion: v1, kind: Node, metadata: {name: node-c}, spec: {podCIDR: 10.244.3.0/24}, status: {addresses: [{type: InternalIP, address: 172.18.0.4}]}}
- {apiVersion: kubeproxy.config.k8s.io/v1alpha1, kind: KubeProxyConfiguration, mode: iptables, clusterCIDR: 10.244.0.0/16}
`) as object[]

function pod(name: string, node: string, address: string): object {
  const ports = [{ containerPort: 8080 }, { containerPort: 8053, protocol: 'UDP' }]
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { nodeName: node, containers: [{ name: 'echo', image: 'echo', ports }] }, status: { phase: 'Running', podIP: address } }
}

const pods = [pod('pod-a2', 'node-a', '10.244.1.12'), pod('pod-c4', 'node-c', '10.244.3.14'), pod('pod-c5', 'node-c', '10.244.3.15')]
const bridge = suite('pods on a Linux bridge are reached as on the real one')

for (const one of recorded.cases) {
  const settings = `bridge-nf-call-iptables ${one.bridge_nf_call_iptables}, hairpin ${one.hairpin_mode}`
  bridge(`${one.case}, ${one.proto} ${one.dst}:${one.port}, ${settings}`, () => {
    const scenario = {
      apiVersion: 'kubehop.dev/v1alpha1',
      kind: 'Scenario',
      metadata: { name: 'bridge' },
      spec: { cluster: { network: { pods: 'bridge', hairpin: one.hairpin_mode === 'on' }, sysctls: { 'net.bridge.bridge-nf-call-iptables': one.bridge_nf_call_iptables } } },
    }
    const from = one.source.startsWith('node-') ? `node/${one.source}` : `pod/default/${one.source}`
    const result = probe([scenario, ...lab, ...pods, ...recorded.objects], { from, to: `${one.proto}://${one.dst}:${one.port}`, count: 6 })
    assert.equal(result.backends, one.result.backends)
    assert.equal(result.sources_seen, one.result.sources_seen)
    assert.equal(result.failures, one.result.failures)
  })
}

bridge.run()
