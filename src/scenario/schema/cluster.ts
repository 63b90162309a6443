import { z } from 'zod'
import { parseCidr } from '../../kernel/address.ts'
import { bandwidth } from '../values/bandwidth.ts'
import { duration, positiveDuration } from '../values/duration.ts'
import { fraction } from '../values/fraction.ts'
import { written } from '../values/written.ts'
import { fields, whole } from './shape.ts'

const cidr = z.string().refine((text) => parseCidr(text) !== undefined, 'must be an IPv4 CIDR, such as 10.244.0.0/16')

/** Between clients whose address is on another network and what MetalLB announces on the nodes'. */
const router = fields({
  arpTimeout: written(positiveDuration).prefault('30s').describe('how long it believes an ARP answer; Linux 30s, others minutes to hours'),
  gratuitousARP: z.boolean().default(true).describe('takes gratuitous ARP for an address that it knows, as Linux does'),
})

/** The wires between the nodes, and how pods hang on them. */
const network = fields({
  delay: written(duration).prefault('50us').describe('one way, between any two nodes'),
  zoneDelay: written(duration).prefault('0').describe('added, one way, between nodes of different zones'),
  bandwidth: written(bandwidth).prefault('10Gbit'),
  pods: z.enum(['ptp', 'bridge', 'sriov']).default('ptp').describe('how a pod is attached: a routed veth, a veth on a bridge, or its own virtual NIC'),
  hairpin: z.boolean().default(true).describe('bridge ports may send a packet back to the pod it came from (hairpin mode, as kubelet and most plugins set it)'),
  routing: z.enum(['host-gw', 'vxlan', 'ipip']).default('host-gw').describe('how a packet for a pod crosses to its node'),
  jitter: written(duration).prefault('0').describe('the mean of an exponential addition to the delay'),
  loss: written(fraction).prefault('0'),
  reorder: written(fraction).prefault('0').describe('share of packets that skip the jitter, and so overtake those that do not (reorder of tc netem)'),
  mtu: whole(576, 65535).default(1500),
  router: router.prefault({}),
})

/** What a node's kernel is. Its version decides fixes such as conntrack's clash resolution. */
const kernel = fields({
  version: z
    .union([z.string(), z.number()], { error: 'must be a kernel version in quotes, such as "6.1"' })
    .transform(String)
    .refine((text) => /^\d+\.\d+(\.\d+)*$/.test(text), 'must be a kernel version in quotes, such as "6.1"')
    .prefault('6.1'),
  iptables: z.enum(['nft', 'legacy']).default('nft').describe("iptables' backend"),
})

/** Who gives LoadBalancer Services an address and takes their packets to a node. MetalLB is configured by its own objects. */
const loadBalancer = fields({
  pool: z.array(cidr).default([]).describe('addresses to give out; none: EXTERNAL-IP stays <pending>'),
  healthCheck: fields({
    interval: written(positiveDuration).prefault('10s'),
    timeout: written(positiveDuration).prefault('5s'),
    unhealthy: whole(1, 1000).default(3).describe('failures in a row after which a node gets no new connections'),
    healthy: whole(1, 1000).default(2).describe('successes in a row after which it does again'),
  }).prefault({}),
})

/** Flags of the cluster's own components, and the time that a container takes, which nobody has measured for you. */
const controlPlane = fields({
  nodeMonitorGracePeriod: written(positiveDuration).prefault('50s').describe("kube-controller-manager's --node-monitor-grace-period"),
  endpointUpdatesBatchPeriod: written(duration).prefault('0').describe("kube-controller-manager's --endpoint-updates-batch-period"),
  containerStart: written(duration).prefault('1s').describe("from a pod's arrival at its node until its containers run, their images being there"),
})

/** `net.core.somaxconn`, also with slashes, as sysctl(8) takes it. */
function isSysctlName(name: string): boolean {
  return /^(net|kernel|vm|fs|dev)[./][\w./-]+$/.test(name)
}

const sysctls = z.record(
  z.string().refine(isSysctlName, 'must be the name of a sysctl, such as net.core.somaxconn'),
  z.union([z.number(), z.string().regex(/^-?\d+([\s,-]+\d+)*$/, 'must be a number, or several')], { error: 'must be a number, or several' }),
)

/** Which core works on which packet. A flow's packets share one, by its hash, as veth, RSS and RPS have it. */
const steering = fields({
  migration: written(fraction)
    .prefault('0')
    .describe('share of the packets a socket sends that are worked on by another core while the one before is still on its way: senders with several threads, or steering without flow hashes'),
})

export const cluster = fields({
  nodes: whole(1, 5000).default(2).describe('how many to make up (node-1, node-2, …) where there are no Node documents'),
  zones: z.array(z.string().min(1)).default([]).describe('made-up nodes are spread over these in turn'),
  cores: whole(1, 1024).default(4).describe('per node'),
  steering: steering.prefault({}),
  podCIDR: cidr.default('10.244.0.0/16'),
  serviceCIDR: cidr.default('10.96.0.0/12'),
  clusterDomain: z.string().min(1).default('cluster.local'),
  network: network.prefault({}),
  kernel: kernel.prefault({}),
  sysctls: sysctls.default({}).describe('by their dotted names, on every node'),
  costs: z.string().min(1).default('hot').describe('hot, cold, or a profile file'),
  loadBalancer: loadBalancer.prefault({}),
  controlPlane: controlPlane.prefault({}),
})
