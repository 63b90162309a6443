import type { KubeObject } from '../../../src/cluster/api/object.ts'
import { assert, suite } from '../../kit.ts'
import { build, getService, pod, service, workload } from '../build.ts'

const services = suite('services')

services('a Service gets a ClusterIP of the service CIDR and the defaults that others read', () => {
  const { spec } = getService(build([service('web', { ports: [{ port: 80 }] })]).cluster, 'web')
  assert.match(spec.clusterIP ?? '', /^10\.(9[6-9]|10\d|11[01])\./)
  assert.equal(spec.clusterIPs, [spec.clusterIP])
  assert.equal(spec.ports, [{ port: 80, protocol: 'TCP', targetPort: 80 }])
  assert.is(spec.sessionAffinity, 'None')
})

services('node ports are given where they are needed, and kept where they are asked for', () => {
  const { cluster } = build([
    service('np', { type: 'NodePort', ports: [{ port: 80, nodePort: 31001 }, { name: 'b', port: 81 }] }),
    service('lb', { type: 'LoadBalancer' }),
    service('direct', { type: 'LoadBalancer', allocateLoadBalancerNodePorts: false }),
  ])
  const ports = (name: string) => getService(cluster, name).spec.ports?.map(({ nodePort }) => nodePort)
  const [asked, given] = ports('np')!
  assert.is(asked, 31001)
  for (const port of [given, ports('lb')?.[0]]) assert.ok(port && port >= 30000 && port <= 32767 && port !== 31001)
  assert.equal(ports('direct'), [undefined])
})

services('only a balanced Service with a Local policy gets a health check port', () => {
  const { cluster } = build([service('a', { type: 'LoadBalancer', externalTrafficPolicy: 'Local' }), service('b', { type: 'LoadBalancer' })])
  assert.ok(getService(cluster, 'a').spec.healthCheckNodePort)
  assert.is(getService(cluster, 'b').spec.healthCheckNodePort, undefined)
})

services('headless and ExternalName Services get no address', () => {
  const { cluster } = build([service('headless', { clusterIP: 'None' }), { ...service('ext'), spec: { type: 'ExternalName', externalName: 'x.example' } }])
  assert.is(getService(cluster, 'headless').spec.clusterIP, 'None')
  assert.is(getService(cluster, 'ext').spec.clusterIP, undefined)
})

services('an address outside comes from the pool, and stays pending without one', () => {
  const lb = service('lb', { type: 'LoadBalancer' })
  assert.equal(getService(build([lb]).cluster, 'lb').status.loadBalancer, {})
  assert.equal(getService(build([lb], { loadBalancerPools: ['192.0.2.10-192.0.2.20'] }).cluster, 'lb').status.loadBalancer, { ingress: [{ ip: '192.0.2.10' }] })
})

services('kube-dns is the tenth address of the service CIDR', () => {
  const dns = service('kube-dns', {}, { namespace: 'kube-system' })
  assert.is(build([dns]).cluster.store.get('Service', 'kube-system', 'kube-dns')?.spec.clusterIP, '10.96.0.10')
  assert.is(build([dns], { serviceCIDR: '10.43.0.0/16' }).cluster.store.get('Service', 'kube-system', 'kube-dns')?.spec.clusterIP, '10.43.0.10')
})

services('two Services that ask for one address or one node port are a problem', () => {
  const { problems } = build([
    service('a', { clusterIP: '10.96.5.5', type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] }),
    service('b', { clusterIP: '10.96.5.5', type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] }),
  ]).cluster
  assert.equal(problems, [
    { message: 'spec.clusterIP 10.96.5.5 belongs to another Service already', ref: { kind: 'Service', namespace: 'default', name: 'b' } },
    { message: 'node port 30080 belongs to another Service already', ref: { kind: 'Service', namespace: 'default', name: 'b' } },
  ])
})

services('what somebody asks for is not given to others that come before him', () => {
  const range = { serviceCIDR: '10.96.0.0/28' }
  const wanting: KubeObject[] = Array.from({ length: 10 }, (_, i) => service(`a${i}`))
  const { cluster } = build([...wanting, service('z', { clusterIP: '10.96.0.5' })], range)
  assert.equal(cluster.problems, [])
  assert.is(new Set(cluster.store.list('Service').map(({ spec }) => spec.clusterIP)).size, 12)
})

services('a service CIDR that runs out is a problem for those who get nothing, and not the end', () => {
  const { cluster } = build(Array.from({ length: 20 }, (_, i) => service(`s${i}`)), { serviceCIDR: '10.96.0.0/28' })
  assert.is(cluster.problems.length, 20 - 12)
  assert.match(cluster.problems[0]?.message ?? '', /the service CIDR \(10\.96\.0\.0 to 10\.96\.0\.15\) is exhausted/)
})

const nodes = suite('nodes')

nodes('nodes that nobody described have addresses, a /24 for their pods, and zones in turn', () => {
  const { store } = build([], { nodes: 3, zones: ['a', 'b'] }).cluster
  const facts = store.list('Node').map(({ metadata, spec, status }) => [metadata.name, spec.podCIDR, status.addresses?.[0]?.address, metadata.labels?.['topology.kubernetes.io/zone']])
  assert.equal(facts, [
    ['node-1', '10.244.1.0/24', '172.18.0.2', 'a'],
    ['node-2', '10.244.2.0/24', '172.18.0.3', 'b'],
    ['node-3', '10.244.3.0/24', '172.18.0.4', 'a'],
  ])
})

nodes('a described node keeps what it says, and is given what it does not', () => {
  const { store } = build([
    { apiVersion: 'v1', kind: 'Node', metadata: { name: 'a' }, spec: { podCIDR: '10.244.1.0/24' }, status: { addresses: [{ type: 'InternalIP', address: '172.18.0.2' }] } },
    { apiVersion: 'v1', kind: 'Node', metadata: { name: 'b' } },
  ]).cluster
  assert.is(store.get('Node', '', 'a')?.status.addresses?.[0]?.address, '172.18.0.2')
  assert.is(store.get('Node', '', 'b')?.spec.podCIDR, '10.244.2.0/24')
  assert.is(store.get('Node', '', 'b')?.status.addresses?.[0]?.address, '172.18.0.3')
})

nodes('a pod CIDR that is too small for the nodes is a problem that says so', () => {
  const { problems } = build([], { nodes: 5, podCIDR: '10.244.0.0/22' }).cluster
  assert.equal(problems, [
    { message: 'the pod CIDR (10.244.0.0 to 10.244.3.255, a /24 for each node) is exhausted: all 4 are taken', ref: { kind: 'Node', namespace: '', name: 'node-5' }, isRefused: true },
  ])
})

nodes('a node runs out of pod addresses', () => {
  const { problems, store } = build([workload('Deployment', 'big', { replicas: 255 })], { nodes: 1 }).cluster
  assert.is(problems.length, 255 - 253)
  assert.match(problems[0]?.message ?? '', /the pod CIDR 10\.244\.1\.0\/24 of node node-1 is exhausted/)
  assert.is(store.get('Deployment', 'default', 'big')?.status.readyReplicas, 253)
})

nodes('pods on the host\'s network have the node\'s address', () => {
  const { store } = build([pod('host', { hostNetwork: true, nodeName: 'node-2' }), pod('own', { nodeName: 'node-2' })]).cluster
  assert.is(store.get('Pod', 'default', 'host')?.status.podIP, '172.18.0.3')
  assert.is(store.get('Pod', 'default', 'own')?.status.podIP, '10.244.2.2')
})

services.run()
nodes.run()
