import { loadInput } from '../../src/scenario/load.ts'
import { assert, suite } from '../kit.ts'
import { said } from './said.ts'

const objects = suite('objects')

function service(spec: string, name = 'a'): string {
  return `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}}\nspec: {${spec}}\n`
}

function deployment(labels: string, ports = '', name = 'web', namespace = 'default'): string {
  return `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ${name}, namespace: ${namespace}}\nspec: {selector: {matchLabels: {${labels}}}, template: {metadata: {labels: {${labels}}}, spec: {containers: [{name: c, ports: [${ports}]}]}}}\n`
}

function join(...documents: string[]): string {
  return documents.join('---\n')
}

const DEPLOYMENT = (spec: string, container: string) => `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {${spec}, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [${container}]}}}\n`

objects('ports, NodePorts, addresses and protocols out of range are quoted with their rule', () => {
  assert.equal(said(service('ports: [{port: 70000, protocol: TPC, targetPort: "8080"}], clusterIP: 10.0.0.300, type: NodePrt')), [
    '4:23 error: `spec.ports.0.port` must be a port from 1 to 65535, not `70000`',
    '4:40 error: `spec.ports.0.protocol` must be one of TCP, UDP, SCTP, not `TPC` (did you mean `TCP`?)',
    '4:57 error: `spec.ports.0.targetPort` must be a port from 1 to 65535, or the name of a container\'s port, not `8080` (without quotes: 8080)',
    '4:78 error: `spec.clusterIP` must be an IP address, None (headless) or empty, not `10.0.0.300`',
    '4:96 error: `spec.type` must be one of ClusterIP, NodePort, LoadBalancer, ExternalName, not `NodePrt` (did you mean `NodePort`?)',
  ])
})

objects('the end of the NodePort range is 32767, whatever tutorials say', () => {
  assert.equal(said(service('type: NodePort, ports: [{port: 80, nodePort: 32768}]')), [
    '4:53 error: `spec.ports.0.nodePort` must be a NodePort from 30000 to 32767, not `32768` (tutorials that give 32768 as the end of the range are wrong: it is 32767)',
  ])
  assert.equal(said(service('type: NodePort, ports: [{port: 80, nodePort: 32767}]')), [])
})

objects('text, numbers and flags that YAML made something else of are told how to be written', () => {
  assert.match(said(deployment('app: 1')).join(), /labels\.app` must be text, not `1` \(in quotes: "1"\)/)
  assert.match(said('apiVersion: v1\nkind: Pod\nmetadata: {name: My_Pod}\nspec: {containers: [{name: c, env: [{name: A, value: 6379}]}], hostNetwork: "true"}\n').join('\n'), /`my-pod`[^]*in quotes: "6379"[^]*without quotes: true/)
  assert.match(said(deployment('a: b').replace('spec: {', 'spec: {replicas: -1, ')).join(), /`spec\.replicas` must be a whole number, not negative, not `-1`/)
})

objects('an unknown field or kind of Kubernetes is a note, never an error', () => {
  const { ok, complaints, objects: read } = loadInput({ given: join(service('ports: [{port: 80}], selectr: {a: b}'), 'apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n', 'apiVersion: apps/v1\nkind: Deploymnet\nmetadata: {name: s}\n') })
  assert.ok(ok)
  assert.is(read.length, 1)
  assert.equal(complaints.map(({ message, fix }) => [message, fix]), [
    ['unknown field `selectr` in Service spec; ignored', 'did you mean `selector`?'],
    ['kind Secret means nothing here; ignored', undefined],
    ['kind Deploymnet (apps/v1) means nothing here; ignored', 'did you mean `Deployment`?'],
  ])
})

objects('the same note many times is said once, with how often', () => {
  const many = Array.from({ length: 200 }, (_, i) => `apiVersion: v1\nkind: Secret\nmetadata: {name: s${i}}\n`)
  assert.equal(said(join(...many, 'apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n')), ['2:7 note: kind Secret means nothing here; ignored (and 199 more like it)'])
})

objects('null means not given, and bookkeeping is ignored quietly', () => {
  const { complaints, objects: read } = loadInput({
    given: 'apiVersion: v1\nkind: Service\nmetadata: {name: a, creationTimestamp: null, labels: null, managedFields: [{manager: x}], annotations: {kubectl.kubernetes.io/last-applied-configuration: "{}"}}\nspec: {ports: [{port: 80, targetPort: null}], selector: null}\nstatus: {loadBalancer: {}}\n',
  })
  assert.equal(complaints, [])
  assert.equal(read[0]?.['spec'], { ports: [{ port: 80 }] })
})

objects('what has no namespace belongs to the default one; nodes belong to none', () => {
  const { objects: read } = loadInput({ given: join(service('ports: [{port: 80}]'), 'apiVersion: v1\nkind: Node\nmetadata: {name: n}\n'), namespace: 'shop' })
  assert.equal(read.map(({ metadata }) => metadata.namespace), ['shop', undefined])
})

objects('identical objects are one; different ones of a name are an error that names both places', () => {
  const one = service('ports: [{port: 80}]')
  assert.equal(said(join(one, one)), [])
  assert.is(loadInput({ given: join(one, one) }).objects.length, 1)
  assert.equal(said(join(one, service('ports: [{port: 81}]'))), ['8:18 error: Service default/a is defined twice, differently; see (input):1'])
})

objects('Services that claim one cluster IP or one NodePort are named, both', () => {
  const nodePort = 'type: NodePort, ports: [{port: 80, nodePort: 31001}]'
  assert.equal(said(join(service(nodePort), service(nodePort, 'b'))), ['9:53 error: nodePort 31001/TCP of Service default/b is taken by Service default/a; see (input):4'])
  assert.equal(said(join(service(nodePort), service(nodePort.replace('port: 80', 'port: 80, protocol: UDP'), 'b'))), [])
  const address = 'clusterIP: 10.96.0.10, ports: [{port: 80}]'
  assert.equal(said(join(service(address), service(address, 'b'))), ['9:19 error: clusterIP 10.96.0.10 of Service default/b is taken by Service default/a; see (input):4'])
  assert.equal(said(join(service('clusterIP: None, selector: {a: b}'), service('clusterIP: None, selector: {a: b}', 'b'), deployment('a: b'))), [])
})

objects('what the API server refuses is refused in its sense', () => {
  const table: [string, RegExp][] = [
    [service('type: ExternalName'), /needs `externalName`/],
    [service('type: ExternalName, externalName: 10.0.0.1'), /is an address/],
    [service('selector: {a: b}'), /needs `ports`/],
    [service('clusterIP: None, type: NodePort, ports: [{port: 80}]'), /headless Service \(clusterIP: None\) cannot be of type NodePort/],
    [service('ports: [{port: 80, nodePort: 31000}]'), /a nodePort needs type NodePort or LoadBalancer/],
    [service('ports: [{port: 80}], externalTrafficPolicy: Local'), /externalTrafficPolicy needs type/],
    [service('ports: [{port: 80}, {port: 81}]'), /must name each of them/],
    [service('ports: [{port: 80, name: x}, {port: 80, name: y}]'), /two ports are 80\/TCP/],
    [service('ports: [{port: 80, name: x}, {port: 81, name: x}]'), /two ports are called `x`/],
    [service('ports: []', 'a').replace('{name: a}', '{}'), /Service needs `metadata.name`/],
    ['apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: c}}, spec: {containers: [{name: c}]}}}\n', /selector does not match the labels of its own template/],
    [DEPLOYMENT('strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 0%}}', '{name: c}'), /maxUnavailable may not be 0 when maxSurge is 0/],
    [DEPLOYMENT('replicas: 1', '{name: c, lifecycle: {preStop: {sleep: {seconds: 45}}}}'), /a preStop sleep of 45 s does not fit into terminationGracePeriodSeconds \(30\)/],
    ['kind: \n', /no `kind`/],
    ['- 1\n- 2\n', /a manifest must be an object/],
    ['just text\n', /a manifest must be an object/],
  ]
  for (const [given, message] of table) assert.match(said(given).join('\n'), message, given)
})

objects('nodes whose pod CIDRs overlap are named', () => {
  const node = (name: string, cidr: string) => `apiVersion: v1\nkind: Node\nmetadata: {name: ${name}}\nspec: {podCIDR: ${cidr}}\n`
  assert.equal(said(join(node('a', '10.244.0.0/16'), node('b', '10.244.1.0/24'))), ['9:17 error: the podCIDR of Node b overlaps that of a; see (input):1'])
})

objects('a Service that finds no pods is a note that says where they are', () => {
  const wants = service('ports: [{port: 80}], selector: {app: web, tier: db}')
  assert.equal(said(join(wants, deployment('app: web, tier: app'))), [
    '4:39 note: Service default/a selects no pods: nothing in namespace default is labelled app=web, tier=db (Deployment web has tier: app where the selector wants tier: db)',
  ])
  assert.match(said(join(wants, deployment('app: web, tier: db', '', 'web', 'shop'))).join(), /Deployment web in namespace shop has these labels/)
  assert.equal(said(join(wants, deployment('app: web, tier: db'))), [])
})

objects('a targetPort that nobody listens on is a note that says what is declared', () => {
  const pods = deployment('a: b', '{containerPort: 8080, name: http}')
  assert.equal(said(join(service('ports: [{port: 80, targetPort: web}], selector: {a: b}'), pods)), ['4:39 note: Service default/a finds no port: no container of its pods names a TCP port `web`; they declare 8080 (http)'])
  assert.equal(said(join(service('ports: [{port: 80}], selector: {a: b}'), pods)), ['4:23 note: Service default/a sends to port 80, which is none of the TCP ports that its pods declare: 8080 (http)'])
  assert.equal(said(join(service('ports: [{port: 80, targetPort: http}], selector: {a: b}'), pods)), [])
  assert.equal(said(join(service('ports: [{port: 80}], selector: {a: b}'), deployment('a: b'))), [], 'a pod that declares no ports may listen anywhere')
})

objects('a Service whose pods are all unready is a note', () => {
  const pod = 'apiVersion: v1\nkind: Pod\nmetadata: {name: p, labels: {a: b}}\nspec: {containers: [{name: c}]}\nstatus: {conditions: [{type: Ready, status: "False"}]}\n'
  assert.match(said(join(service('ports: [{port: 80}], selector: {a: b}'), pod)).join(), /selects 1 pods, none of them ready/)
})

objects('of a dual-stack object the IPv4 half is kept; what is IPv6 only is ignored with a note', () => {
  const { objects: read, complaints } = loadInput({
    given: join(
      service('ports: [{port: 80}], clusterIP: "fd00::1", clusterIPs: ["fd00::1", 10.96.0.9], ipFamilies: [IPv6, IPv4]'),
      service('ports: [{port: 80}], clusterIP: "fd00::2"', 'six'),
      'apiVersion: v1\nkind: Node\nmetadata: {name: n}\nspec: {podCIDR: "fd00:1::/64", podCIDRs: ["fd00:1::/64", 10.244.1.0/24]}\nstatus: {addresses: [{type: InternalIP, address: "fd00::9"}, {type: InternalIP, address: 172.18.0.2}]}\n',
      'apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: a-6}\naddressType: IPv6\nendpoints: [{addresses: ["fd00::7"]}]\n',
    ),
  })
  assert.equal(complaints.map(({ message }) => message), ['Service with an IPv6 address: only IPv4 is modelled; ignored'])
  assert.equal(read.map(({ spec }) => spec), [
    { ports: [{ port: 80 }], clusterIP: '10.96.0.9', clusterIPs: ['10.96.0.9'], ipFamilies: ['IPv6', 'IPv4'] },
    { podCIDR: '10.244.1.0/24', podCIDRs: ['10.244.1.0/24'] },
    undefined,
  ])
})

objects('MetalLB’s old ConfigMap becomes the pool and the advertisement that say the same, with a note', () => {
  const config = (pools: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: config, namespace: metallb-system}\ndata:\n  config: |\n    ${pools.replaceAll('\n', '\n    ')}\n`
  const { objects: read, complaints, ok } = loadInput({ given: config('address-pools:\n- name: default\n  protocol: layer2\n  addresses:\n  - 192.0.2.240-192.0.2.250') })
  assert.ok(ok)
  assert.equal(read.map(({ kind, metadata, spec }) => [kind, metadata.name, spec]), [
    ['IPAddressPool', 'default', { addresses: ['192.0.2.240-192.0.2.250'] }],
    ['L2Advertisement', 'default', { ipAddressPools: ['default'] }],
  ])
  assert.match(complaints.map(({ message }) => message).join(), /MetalLB has not read this ConfigMap since 0\.13/)
  const [wrong] = loadInput({ given: config('address-pools:\n- name: default\n  protocol: layer2\n  addresses: [192.0.2.240-192.0.2]') }).complaints
  assert.equal([wrong?.file, wrong?.message], ['(input) (ConfigMap config of MetalLB)', '`spec.addresses.0` must be a CIDR or a range, such as 192.0.2.10-192.0.2.20, not `192.0.2.240-192.0.2`'])
})

objects('an address of an EndpointSlice that is none is quoted', () => {
  assert.match(said('apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: a}\naddressType: IPv4\nendpoints: [{addresses: [10.0.0.256]}]\n').join(), /5:26 error: EndpointSlice default\/a: `10\.0\.0\.256` is not an IP address/)
})

objects.run()
