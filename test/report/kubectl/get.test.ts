import type { Cluster } from '../../../src/cluster/cluster.ts'
import type { KubeObject } from '../../../src/cluster/api/object.ts'
import { age } from '../../../src/report/kubectl/age.ts'
import { describe } from '../../../src/report/kubectl/describe/describe.ts'
import { get, type GetRequest } from '../../../src/report/kubectl/get.ts'
import { findResource } from '../../../src/report/kubectl/resources.ts'
import { RequestError } from '../../../src/report/kubectl/request-error.ts'
import { parseSelector } from '../../../src/report/kubectl/selector.ts'
import { alignTabs, DESCRIPTION, TABLE } from '../../../src/report/kubectl/tabwriter.ts'
import { parseWanted } from '../../../src/report/kubectl/wanted.ts'
import { build, pod, service, workload } from '../../cluster/build.ts'
import { assert, suite } from '../../kit.ts'

const s = 1
const m = 60 * s
const h = 60 * m
const d = 24 * h
const y = 365 * d

const ages = suite('ages')

ages('they are said in the units that kubectl chooses', () => {
  const table: [number, string][] = [
    [-2, '<invalid>'], [-1, '0s'], [0, '0s'], [1, '1s'], [119, '119s'], [2 * m, '2m'], [2 * m + 1, '2m1s'], [9 * m + 59, '9m59s'], [10 * m + 59, '10m'],
    [3 * h - 1, '179m'], [3 * h, '3h'], [3 * h + 5 * m, '3h5m'], [8 * h + 5 * m, '8h'], [47 * h, '47h'], [48 * h, '2d'], [49 * h, '2d1h'], [8 * d + h, '8d'],
    [2 * y - 1, '729d'], [2 * y, '2y'], [2 * y + d, '2y1d'], [8 * y + d, '8y'],
  ]
  for (const [seconds, text] of table) assert.is(age('2026-01-01T00:00:00Z', Date.parse('2026-01-01T00:00:00Z') + seconds * 1000), text)
  assert.is(age(undefined, 0), '<unknown>')
})

const tabs = suite('tabwriter')

tabs('a column is as wide as its widest cell and the gutter, and the last cell is not padded', () => {
  assert.is(alignTabs('NAME\tAGE\nlong-name\t5s\n', TABLE), 'NAME        AGE\nlong-name   5s\n')
})

tabs('a column ends at a line without it', () => {
  assert.is(alignTabs('a\tb\nnothing\nlonger\tc\n', DESCRIPTION), 'a  b\nnothing\nlonger  c\n')
})

tabs('an empty last cell leaves its gutter', () => {
  assert.is(alignTabs('IP:\t\nName:\tx\n', DESCRIPTION), 'IP:    \nName:  x\n')
})

const selectors = suite('label selectors')

selectors('every form that kubectl takes is taken', () => {
  const labels = { app: 'web', tier: 'front' }
  const table: [string, boolean][] = [
    ['app=web', true], ['app==web', true], ['app!=web', false], ['app=web,tier=back', false], ['app in (web, db)', true], ['app notin (web,db)', false],
    ['tier', true], ['!tier', false], ['!canary', true], ['canary', false], ['app in (db),tier', false], ['canary!=x', true], ['canary notin (x)', true], ['app = web', true],
  ]
  for (const [text, holds] of table) assert.is(parseSelector(text)(labels), holds, text)
})

selectors('what is no selector is refused with the forms there are', () => {
  for (const wrong of ['a=b=c', 'in (a)', 'app in web', '=x', '']) assert.throws(() => parseSelector(wrong), (error: unknown) => error instanceof RequestError)
})

const gets = suite('get')

/** What `kubectl get` prints for these words. */
function print(objects: KubeObject[], words: string, request: Partial<GetRequest> = {}) {
  return get(build(objects).cluster, { wanted: parseWanted(words.split(' ')), namespace: 'default', ...request })
}

gets('a kind answers to its short name, its plural and its group', () => {
  for (const name of ['deploy', 'deployment', 'Deployments', 'deployments.apps']) assert.is(findResource(name)?.fullName, 'deployment.apps')
  assert.is(findResource('gizmo'), undefined)
})

gets('nothing there is said beside the output, not in it', () => {
  assert.equal(print([], 'pods'), { text: '', notes: ['No resources found in default namespace.'], missing: [] })
  assert.equal(print([], 'pods', { allNamespaces: true }).notes, ['No resources found'])
  assert.equal(print([pod('a')], 'pods b'), { text: '', notes: [], missing: ['pods "b" not found'] })
})

gets('a list of nothing is a document all the same', () => {
  assert.equal((JSON.parse(print([], 'pods', { output: 'json' }).text) as { items: unknown[] }).items, [])
  assert.match(print([], 'pods', { output: 'yaml' }).text, /^items: \[\]$/m)
})

gets('a column for labels, no headers, a selection', () => {
  const { text } = print([pod('a', {}, { x: '1', app: 'a' }), pod('b')], 'pods', { showLabels: true, noHeaders: true, selector: 'app=a' })
  assert.is(text, 'a     1/1   Running   0     0s    app=a,x=1\n')
})

gets('several kinds are several tables, each name with its kind', () => {
  const { text } = print([pod('a'), workload('Deployment', 'web', { replicas: 0 })], 'pods,deploy')
  assert.is(text, 'NAME    READY   STATUS    RESTARTS   AGE\npod/a   1/1     Running   0          0s\n\nNAME                  READY   UP-TO-DATE   AVAILABLE   AGE\ndeployment.apps/web   0/0     0            0           0s\n')
})

gets('a table is titled by kind wherever more than one was asked for, and neighbours of one kind share it', () => {
  const objects = [pod('a'), pod('b'), service('web', { clusterIP: '10.96.0.9' })]
  const firsts = (words: string) => print(objects, words, { noHeaders: true }).text.split('\n').map((line) => line.split(' ')[0])
  assert.equal(firsts('pod/b pod/a'), ['b', 'a', ''])
  assert.equal(firsts('pod/b svc/web pod/a'), ['pod/b', '', 'service/web', '', 'pod/a', ''])
  assert.equal(firsts('pod b a'), ['b', 'a', ''])
  assert.equal(firsts('svc,pod'), ['service/kubernetes', 'service/web', '', 'pod/a', 'pod/b', ''])
  assert.equal(firsts('svc,services'), ['kubernetes', 'web', ''])
})

gets("all is kubectl's category, in its order, what there is of it", () => {
  const objects = [workload('StatefulSet', 'db', { replicas: 1 }), workload('Deployment', 'web', { replicas: 1 })]
  const kinds = print(objects, 'all', { output: 'name' }).text.trimEnd().split('\n').map((name) => name.split('/')[0])
  assert.equal(kinds, ['pod', 'pod', 'service', 'deployment.apps', 'replicaset.apps', 'statefulset.apps'])
  assert.match(print([], 'all').text, /^NAME .*\nservice\/kubernetes /)
})

gets('one object asked for by its name is printed bare, in either form', () => {
  const kind = (words: string) => (JSON.parse(print([pod('a'), pod('b')], words, { output: 'json' }).text) as KubeObject).kind
  assert.equal(['pod a', 'pod/a', 'pod a b', 'pod/a pod/b', 'pod', 'pod,svc'].map(kind), ['Pod', 'Pod', 'List', 'List', 'List', 'List'])
})

gets('forms that kubectl does not take are refused', () => {
  const table: [words: string, request: Partial<GetRequest>, says: RegExp][] = [
    ['pod/a b', {}, /do not mix/],
    ['pod a/b', {}, /do not mix/],
    ['pod/', {}, /TYPE\/NAME/],
    ['pod/default/a', {}, /TYPE\/NAME/],
    ['podz', {}, /"podz"; did you mean `pod`\?/],
    ['gizmo', {}, /there is svc, ep, endpointslice, po, no, ns, deploy, rs, sts, ds and all/],
    ['pod a', { selector: 'x=1' }, /name cannot be provided when a selector/],
    ['pod a', { allNamespaces: true }, /across all namespaces/],
  ]
  for (const [words, request, says] of table) assert.throws(() => print([pod('a')], words, request), (error: unknown) => error instanceof RequestError && says.test(error.message), words)
})

gets('names, YAML and JSON are those of the objects', () => {
  assert.is(print([pod('a')], 'pods,svc', { output: 'name' }).text, 'pod/a\nservice/kubernetes\n')
  const [one, list] = [print([pod('a')], 'pods a', { output: 'json' }).text, print([pod('a')], 'pods', { output: 'json' }).text]
  assert.is((JSON.parse(one) as KubeObject).kind, 'Pod')
  assert.equal((JSON.parse(list) as { items: KubeObject[] }).items.map(({ metadata }) => metadata?.name), ['a'])
  const { text } = print([service('web', { clusterIP: '10.96.0.9' }, { creationTimestamp: '2026-01-01T00:00:00Z', resourceVersion: '5', uid: 'u', managedFields: [{}] })], 'svc web', { output: 'yaml' })
  assert.is(
    text,
    `apiVersion: v1
kind: Service
metadata:
  creationTimestamp: "2026-01-01T00:00:00Z"
  name: web
  namespace: default
  resourceVersion: "5"
  uid: u
spec:
  clusterIP: 10.96.0.9
  clusterIPs:
  - 10.96.0.9
  ports:
  - port: 80
    protocol: TCP
    targetPort: http
  selector:
    app: web
  sessionAffinity: None
  type: ClusterIP
status:
  loadBalancer: {}
`,
  )
})

gets('ages grow with simulated time', () => {
  const { cluster, agenda } = build([pod('a')])
  agenda.run(90e9)
  assert.match(get(cluster, { wanted: parseWanted(['pods']), namespace: 'default' }).text, /a {6}1\/1 {5}Running {3}0 {10}90s/)
})

gets('addresses outside are joined, and cut where they are long', () => {
  const lb = (ingress: object[], spec: object = {}) => ({ ...service('lb', { type: 'LoadBalancer', clusterIP: '10.96.0.9', ...spec }), status: { loadBalancer: { ingress } } })
  const external = (object: KubeObject, output?: 'wide') => print([object], 'svc', output ? { output } : {}).text.split('\n')[1]?.split(/ {2,}/)[3]
  assert.is(external(lb([{ ip: '192.0.2.7' }])), '192.0.2.7')
  assert.is(external(lb([{ ip: '192.0.2.7' }], { externalIPs: ['198.51.100.1'] })), '192.0.2.7,198.51.100.1')
  assert.is(external(lb([{ hostname: 'a-very-long-name.example' }])), 'a-very-long-n...')
  assert.is(external(lb([{ hostname: 'a-very-long-name.example' }]), 'wide'), 'a-very-long-name.example')
  assert.is(external(lb([])), '<pending>')
})

const status = suite('pod status')

/** STATUS and RESTARTS of a pod with this status. */
function podStatus(given: object, metadata: object = {}, spec: object = {}): (string | undefined)[] {
  const document = pod('a', spec)
  const row = print([{ ...document, metadata: { ...document.metadata, ...metadata }, status: { podIP: '10.244.1.9', phase: 'Running', conditions: [], ...given } }], 'pods').text.split('\n')[1]?.split(/ {2,}/)
  return [row?.[1], row?.[2], row?.[3]]
}

const container = (state: object, more: object = {}) => ({ name: 'c', image: 'i', imageID: '', ready: false, restartCount: 0, state, ...more })

status('a pod that waits for a node is Pending, and one that has it is being created', () => {
  const waiting = { phase: 'Pending', podIP: undefined }
  assert.equal([podStatus(waiting)[1], podStatus(waiting, {}, { nodeName: 'node-1' })[1]], ['Pending', 'ContainerCreating'])
})

status('the reason of the container that has one is the status', () => {
  assert.equal(podStatus({ containerStatuses: [container({ waiting: { reason: 'CrashLoopBackOff' } }, { restartCount: 4 })] }), ['0/1', 'CrashLoopBackOff', '4'])
  assert.equal(podStatus({ containerStatuses: [container({ terminated: { exitCode: 3 } })] }), ['0/1', 'ExitCode:3', '0'])
  assert.equal(podStatus({ phase: 'Succeeded', containerStatuses: [container({ terminated: { exitCode: 0, reason: 'Completed' } })] }), ['0/1', 'Completed', '0'])
  assert.equal(podStatus({ phase: 'Failed', reason: 'Evicted' }), ['0/1', 'Evicted', '0'])
})

status('init containers come first', () => {
  const init = (state: object) => ({ initContainerStatuses: [container({ terminated: { exitCode: 0 } }), container(state)] })
  const spec = { initContainers: [{ name: 'one' }, { name: 'two' }] }
  assert.equal(podStatus({ phase: 'Pending', ...init({ running: {} }) }, {}, spec), ['0/1', 'Init:1/2', '0'])
  assert.equal(podStatus({ phase: 'Pending', ...init({ waiting: { reason: 'ImagePullBackOff' } }) }, {}, spec), ['0/1', 'Init:ImagePullBackOff', '0'])
})

status('a pod on its way out is terminating', () => {
  assert.equal(podStatus({ containerStatuses: [container({ running: {} }, { ready: true })] }, { deletionTimestamp: '2026-01-01T00:00:00Z' }), ['1/1', 'Terminating', '0'])
})

const describes = suite('describe')

/** What `kubectl describe` prints for these words. */
function described(cluster: Cluster, words: string): string {
  return describe(cluster, { wanted: parseWanted(words.split(' ')), namespace: 'default' }).text
}

describes('a Service shows what it has and leaves out what it has not', () => {
  const annotations = { short: 'text', 'kubectl.kubernetes.io/last-applied-configuration': '{}', long: `first\n${'x'.repeat(200)}` }
  const spec = { type: 'LoadBalancer', clusterIP: '10.96.0.9', externalTrafficPolicy: 'Local', healthCheckNodePort: 31000, loadBalancerSourceRanges: ['192.0.2.0/24'], externalIPs: ['198.51.100.1'], ports: [{ name: 'http', port: 80, nodePort: 30080, targetPort: 'http' }] }
  const { cluster } = build([{ ...service('web', spec, { annotations }), status: { loadBalancer: { ingress: [{ ip: '192.0.2.7' }, { hostname: 'lb.example' }] } } }, workload('Deployment', 'web', { replicas: 5 })], { nodes: 1 })
  assert.is(
    described(cluster, 'svc web'),
    `Name:                        web
Namespace:                   default
Labels:                      <none>
Annotations:                 long:
                               first
                               ${'x'.repeat(138)}...
                             short: text
Selector:                    app=web
Type:                        LoadBalancer
IP Families:                 <none>
IP:                          10.96.0.9
IPs:                         10.96.0.9
External IPs:                198.51.100.1
LoadBalancer Ingress:        192.0.2.7, lb.example
Port:                        http  80/TCP
TargetPort:                  http/TCP
NodePort:                    http  30080/TCP
Endpoints:                   10.244.1.2:8080,10.244.1.3:8080,10.244.1.4:8080 + 2 more...
Session Affinity:            None
External Traffic Policy:     Local
HealthCheck NodePort:        31000
LoadBalancer Source Ranges:  192.0.2.0/24
Events:                      <none>
`,
  )
  assert.equal(describe(cluster, { wanted: parseWanted(['svc/ghost', 'ep/ghost']), namespace: 'default' }), { text: '', notes: [], missing: ['services "ghost" not found', 'endpoints "ghost" not found'] })
})

describes('ports that not every pod has are in subsets of their own', () => {
  const containers = (ports: object[]) => ({ containers: [{ name: 'c', ports }] })
  const http = { name: 'http', containerPort: 80 }
  const admin = { name: 'admin', containerPort: 81 }
  const ports = [{ name: 'http', port: 80, targetPort: 'http' }, { name: 'admin', port: 81, targetPort: 'admin' }]
  const { cluster } = build([pod('a', containers([http, admin]), { app: 'web' }), pod('b', containers([http]), { app: 'web' }), service('web', { ports })], { nodes: 1 })
  const [, subsets = ''] = described(cluster, 'ep web').split('Subsets:\n') ?? []
  assert.is(
    subsets,
    `  Addresses:          10.244.1.2,10.244.1.3
  NotReadyAddresses:  <none>
  Ports:
    Name  Port  Protocol
    ----  ----  --------
    http  80    TCP

  Addresses:          10.244.1.2
  NotReadyAddresses:  <none>
  Ports:
    Name   Port  Protocol
    ----   ----  --------
    admin  81    TCP

Events:  <none>
`,
  )
})

describes('a pod shows where it runs, its containers, and its conditions', () => {
  const env = [{ name: 'HOST', value: 'redis' }, { name: 'KEY', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }]
  const containers = [{ name: 'web', image: 'nginx:1', ports: [{ containerPort: 80 }, { containerPort: 443, protocol: 'TCP' }], env }, { name: 'side', image: 'busybox', command: ['sleep', '1d'] }]
  const { cluster } = build([{ apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1', labels: { disk: 'ssd' } } }, pod('web', { containers, serviceAccountName: 'robot', nodeSelector: { disk: 'ssd' } }, { app: 'web' })])
  const started = 'Thu, 01 Jan 1970 00:00:00 +0000'
  assert.is(
    described(cluster, 'pod web'),
    `Name:             web
Namespace:        default
Service Account:  robot
Node:             node-1/172.18.0.2
Start Time:       ${started}
Labels:           app=web
Annotations:      <none>
Status:           Running
IP:               10.244.1.2
IPs:
  IP:  10.244.1.2
Containers:
  web:
    Image:          nginx:1
    Ports:          80/TCP, 443/TCP
    Host Ports:     0/TCP, 0/TCP
    State:          Running
      Started:      ${started}
    Ready:          True
    Restart Count:  0
    Environment:
      HOST:  redis
      KEY:   <set to the key 'k' in secret 's'>  Optional: false
  side:
    Image:      busybox
    Port:       <none>
    Host Port:  <none>
    Command:
      sleep
      1d
    State:          Running
      Started:      ${started}
    Ready:          True
    Restart Count:  0
    Environment:    <none>
Conditions:
  Type              Status
  Initialized       True 
  Ready             True 
  ContainersReady   True 
  PodScheduled      True 
Node-Selectors:     disk=ssd
Events:             <none>
`,
  )
})

describes('a Deployment shows its replicas, its template and its ReplicaSets', () => {
  const { cluster } = build([workload('Deployment', 'web', { replicas: 2 })], { nodes: 1 })
  const text = described(cluster, 'deploy/web')
  assert.match(text, /^Replicas: +2 desired \| 2 updated \| 2 total \| 2 available \| 0 unavailable$/m)
  assert.match(text, /^RollingUpdateStrategy: +25% max unavailable, 25% max surge\nPod Template:\n {2}Labels: {2}app=web\n {2}Containers:\n {3}c:\n {4}Image: /m)
  assert.match(text, /^OldReplicaSets: +<none>\nNewReplicaSet: +web-[a-z0-9]+ \(2\/2 replicas created\)\n/m)
})

describes('a node shows its addresses, its range of pods, and the pods', () => {
  const { cluster } = build([pod('a'), pod('b')], { nodes: 1 })
  const text = described(cluster, 'node')
  assert.match(text, /^Name: +node-1\nRoles: +<none>\nLabels: +kubernetes\.io\/hostname=node-1\n/)
  assert.match(text, /^Addresses:\n {2}InternalIP: {2}172\.18\.0\.2\n {2}Hostname: +node-1\n/m)
  assert.match(text, /^PodCIDR: +10\.244\.1\.0\/24\nPodCIDRs: +10\.244\.1\.0\/24\nNon-terminated Pods: {2}\(2 in total\)\n {2}Namespace +Name {2}Age\n.*\n {2}default +a +0s\n {2}default +b +0s\nEvents: /m)
})

describes('a name that nothing has stands for all that begin with it, two blank lines apart', () => {
  const { cluster } = build([pod('web-1'), pod('web-2'), pod('db')])
  assert.equal(described(cluster, 'pod web').split('\n\n\n').map((text) => text.split('\n')[0]?.split(/ +/)[1]), ['web-1', 'web-2'])
  assert.equal(described(cluster, 'pod web-1 db').split('\n\n\n').length, 2)
})

describes('a kind without a description is refused with those that have one', () => {
  assert.throws(() => described(build([]).cluster, 'rs'), /there is svc, ep, pod, node and deploy/)
})

for (const part of [ages, tabs, selectors, gets, status, describes]) part.run()
