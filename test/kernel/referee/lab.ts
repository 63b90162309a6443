import { readFileSync } from 'node:fs'
import type { Node } from '../../../src/cluster/api/object.ts'
import { addressOf, gatewayOf, type LabObjects, type Question } from './questions.ts'

export interface Manners {
  /** Seconds. */
  readonly timeout: number
  /** Attempts at once. */
  readonly width: number
  /** How clients end connections. */
  readonly ends: 'reset' | 'fin'
}

/** What driver.py reads. */
export interface Plan extends Manners {
  /** Who answers a ping of that address. */
  readonly names: Readonly<Record<string, string>>
  /** Namespace, protocol, address, port, name. */
  readonly servers: readonly (readonly [string, string, string, number, string])[]
  /** Namespace, mark, protocol, address, port, attempts, whether they follow one another. */
  readonly questions: readonly (readonly [string, number, string, string, number, number, boolean])[]
}

/** What is loaded into a node's namespace: files by name, and the shell lines that load them. */
export interface NodeProgram {
  readonly files: Readonly<Record<string, string>>
  readonly lines: readonly string[]
}

/** Pods on a Linux bridge instead of routed veth pairs. */
export interface Bridge {
  readonly hairpin: boolean
  /** bridge-nf-call-iptables: frames between its ports pass the IP hooks. */
  readonly callIptables: boolean
}

const BRIDGE = 'cni0'
const CLIENT = 'client'
const CLIENT_ADDRESS = '172.18.0.100'
/** Drops in silence whatever is not for itself: ip_forward is 0 there. */
const BLACK_HOLE = '172.18.0.1/16'
const SERVICE_RANGES = ['10.96.0.0/12', '203.0.113.0/24', '198.51.100.0/24']
/** The client's routes by another node than the first one are in tables of their own, chosen by the socket's mark. */
const FIRST_TABLE = 100

/** As the outcomes were recorded: no limit for ICMP errors, no redirects, no reverse path filter. IPv6 would only make noise. */
const SYSCTLS = [
  'net.ipv6.conf.all.disable_ipv6=1', 'net.ipv6.conf.default.disable_ipv6=1',
  'net.ipv4.icmp_ratelimit=0', 'net.ipv4.icmp_ratemask=0', 'net.ipv4.ping_group_range=0 0',
  ...['all', 'default'].flatMap((device) => [`net.ipv4.conf.${device}.rp_filter=0`, `net.ipv4.conf.${device}.send_redirects=0`]),
]

/**
 * The shell script that builds the lab inside an empty network namespace, which becomes the wire between the machines,
 * with files for each namespace that it makes. `programs` by node.
 */
export function labFiles(lab: LabObjects, programs: ReadonlyMap<string, NodeProgram>, bridge?: Bridge): Record<string, string> {
  const files: Record<string, string> = {}
  const build = [
    'set -e',
    'mkdir -p /run/netns',
    'mount -t tmpfs tmpfs /run/netns',
    setSysctls(SYSCTLS),
    'ip link set lo up',
    'ip link add br0 type bridge',
    `ip address add ${BLACK_HOLE} dev br0`,
    'ip link set br0 up',
  ]
  const enter = (name: string, lines: readonly string[]): void => {
    files[`${name}.sh`] = ['set -e', setSysctls(SYSCTLS), 'ip link set lo up', ...lines, ''].join('\n')
    build.push(`ip netns exec ${name} sh ${name}.sh`)
  }
  const plugIn = (name: string): void => {
    build.push(`ip netns add ${name}`, `ip link add eth0 netns ${name} type veth peer name ${name}`, `ip link set ${name} master br0 up`)
  }
  for (const node of lab.nodes) {
    const name = node.metadata.name
    const program = programs.get(name)
    plugIn(name)
    for (const pod of podsOn(lab, name)) build.push(`ip netns add ${pod.name}`, `ip link add eth0 netns ${pod.name} type veth peer name ${hostEnd(pod)} netns ${name}`)
    const pods = podsOn(lab, name)
    enter(name, [...nodeLines(lab, node), ...(bridge === undefined ? routedPods(pods, node) : bridgedPods(pods, node, bridge)), ...(program?.lines ?? [])])
    for (const pod of pods) enter(pod.name, bridge === undefined ? routedPod(pod.address, gatewayOf(node)) : bridgedPod(pod.address, gatewayOf(node)))
    Object.assign(files, program?.files)
  }
  plugIn(CLIENT)
  enter(CLIENT, clientLines(lab))
  return { ...files, 'lab.sh': `${build.join('\n')}\n` }
}

export function planOf(lab: LabObjects, questions: readonly Question[], attempts: (question: Question) => number, manners: Manners): Plan {
  const nodeNames = lab.nodes.map((node) => node.metadata.name)
  return {
    ...manners,
    names: namesOf(lab),
    servers: lab.pods.flatMap(serversOf),
    questions: questions.map((question) => {
      const [, protocol = '', address = '', port = '0'] = /^(\w+):\/\/([\d.]+):?(\d+)?$/.exec(question.to) ?? []
      const mark = question.via === undefined ? 0 : FIRST_TABLE + nodeNames.indexOf(question.via)
      return [question.from.split('/').at(-1) ?? '', mark, protocol, address, Number(port), attempts(question), question.isSticky]
    }),
  }
}

/** Where driver.py leaves a list of outcomes for each question, as JSON. */
export const OUTCOMES = 'outcomes.json'

/** The files of one run: a folder that holds them is all that builds the lab and asks. `after`: shell lines for what is to be looked at then. */
export function runFiles(files: Readonly<Record<string, string>>, plan: Plan, after: readonly string[] = []): Record<string, string> {
  const run = ['set -e', '. ./lab.sh', `python3 driver.py plan.json ${OUTCOMES}`, ...after, '']
  return { ...files, 'plan.json': JSON.stringify(plan), 'driver.py': readFileSync('test/kernel/referee/driver.py', 'utf8'), 'run.sh': run.join('\n') }
}

function setSysctls(settings: readonly string[]): string {
  const lines = settings.map((setting) => {
    const [name = '', value = ''] = setting.split('=')
    return `echo ${value} > /proc/sys/${name.replaceAll('.', '/')}`
  })
  // A kernel without IPv6 has none of its settings.
  return lines.map((line) => (line.includes('/ipv6/') ? `test ! -d /proc/sys/net/ipv6 || ${line}` : line)).join('\n')
}

interface LabPod {
  readonly name: string
  readonly address: string
}

function podsOn({ pods }: LabObjects, node: string): LabPod[] {
  return pods.filter(({ spec }) => spec.nodeName === node && spec.hostNetwork !== true).map(({ metadata, status }) => ({ name: metadata.name, address: status.podIP ?? '' }))
}

function nodeLines({ nodes }: LabObjects, self: Node): string[] {
  return [
    'echo 1 > /proc/sys/net/ipv4/ip_forward',
    `ip address add ${addressOf(self)}/16 dev eth0`,
    'ip link set eth0 up',
    defaultRoute(),
    ...nodes.filter((other) => other !== self).map((other) => `ip route add ${other.spec.podCIDR} via ${addressOf(other)}`),
  ]
}

/** The node's end of a pod's veth pair, in the way of CNI plugins: InterfaceNamePrefix finds it by its beginning. */
function hostEnd({ name }: LabPod): string {
  return `veth-${name}`
}

function routedPods(pods: readonly LabPod[], node: Node): string[] {
  return pods.flatMap((pod) => [`ip address add ${gatewayOf(node)}/32 dev ${hostEnd(pod)}`, `ip link set ${hostEnd(pod)} up`, `ip route add ${pod.address}/32 dev ${hostEnd(pod)}`])
}

function routedPod(address: string, gateway: string): string[] {
  return [`ip address add ${address}/32 dev eth0`, 'ip link set eth0 up', `ip route add ${gateway} dev eth0`, `ip route add default via ${gateway}`]
}

function bridgedPods(pods: readonly LabPod[], node: Node, { hairpin, callIptables }: Bridge): string[] {
  return [
    `ip link add ${BRIDGE} type bridge`,
    `ip address add ${gatewayOf(node)}/24 dev ${BRIDGE}`,
    `ip link set ${BRIDGE} up`,
    `echo ${callIptables ? 1 : 0} > /proc/sys/net/bridge/bridge-nf-call-iptables`,
    ...pods.flatMap((pod) => [`ip link set ${hostEnd(pod)} master ${BRIDGE} up`, `ip link set ${hostEnd(pod)} type bridge_slave hairpin ${hairpin ? 'on' : 'off'}`]),
  ]
}

function bridgedPod(address: string, gateway: string): string[] {
  return [`ip address add ${address}/24 dev eth0`, 'ip link set eth0 up', `ip route add default via ${gateway}`]
}

/** Pod addresses go to the pod's own node, service addresses to the node that the mark names. */
function clientLines({ nodes }: LabObjects): string[] {
  const byNode = nodes.flatMap((node, i) => [
    `ip rule add fwmark ${FIRST_TABLE + i} lookup ${FIRST_TABLE + i}`,
    ...SERVICE_RANGES.map((range) => `ip route add ${range} via ${addressOf(node)} table ${FIRST_TABLE + i}`),
  ])
  return [`ip address add ${CLIENT_ADDRESS}/16 dev eth0`, 'ip link set eth0 up', defaultRoute(), ...nodes.map((node) => `ip route add ${node.spec.podCIDR} via ${addressOf(node)}`), ...byNode]
}

function defaultRoute(): string {
  return `ip route add default via ${BLACK_HOLE.split('/')[0]}`
}

function namesOf({ pods, nodes }: LabObjects): Record<string, string> {
  const own = pods.filter(({ spec }) => spec.hostNetwork !== true).map(({ metadata, status }) => [status.podIP ?? '', metadata.name])
  return Object.fromEntries([...own, ...nodes.flatMap((node) => [addressOf(node), gatewayOf(node)].map((address) => [address, node.metadata.name]))])
}

/** An echo server on each declared port. Datagrams are answered from the address asked only where the socket is bound to it. */
function serversOf({ metadata, spec, status }: LabObjects['pods'][number]): Plan['servers'] {
  const namespace = spec.hostNetwork === true ? (spec.nodeName ?? '') : metadata.name
  return spec.containers.flatMap(({ ports = [] }) => ports).map(({ containerPort, protocol }) => {
    const address = protocol === 'UDP' ? (status.podIP ?? '') : ''
    return [namespace, (protocol ?? 'TCP').toLowerCase(), address, containerPort, metadata.name]
  })
}
