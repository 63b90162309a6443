import { existsSync } from 'node:fs'
import { assert, suite } from '../../kit.ts'
import { compareWith } from './compare.ts'
import { randomServices } from './random-services.ts'
import { IN_NAMESPACES, lacking, runInFolder, skip } from './real-kernel.ts'
import { ASKS_ALL, ONE_IN } from './sample.ts'
import type { Setup } from './simulated.ts'

const outcomes = suite('who answers whom, seen as whom, and how it fails, on the running kernel')

const IPTABLES = { mode: 'iptables', tool: 'iptables-restore' }
const LEGACY = { mode: 'iptables', tool: 'iptables-legacy-restore' }
const NFTABLES = { mode: 'nftables', tool: 'nft' }

interface Court extends Setup {
  readonly what: string
  readonly tool: string
  readonly oneIn: number
}

/** The lab as it was recorded in full; of everything else a part of the questions. */
const COURTS: readonly Court[] = [
  { ...IPTABLES, what: 'as kube-proxy comes', oneIn: 1 },
  { ...NFTABLES, what: 'as kube-proxy comes', oneIn: 1 },
  { ...LEGACY, what: "with the older backend's rules", oneIn: 20 },
  ...[IPTABLES, NFTABLES].flatMap((one) => ['1', '2', '3'].map((seed) => ({ ...one, what: `with random Services (${seed})`, oneIn: 16, change: (objects: Parameters<typeof randomServices>[0]) => randomServices(objects, seed) }))),
  ...[IPTABLES, NFTABLES].flatMap((one) => [
    { ...one, what: 'with everything masqueraded', oneIn: 40, config: { masqueradeAll: true } },
    { ...one, what: 'without a cluster CIDR', oneIn: 40, config: { clusterCIDR: '' } },
    { ...one, what: "knowing its own node's pods", oneIn: 40, config: { detectLocalMode: 'NodeCIDR' } },
    { ...one, what: "knowing its pods by their interfaces' names", oneIn: 40, config: { detectLocalMode: 'InterfaceNamePrefix', detectLocal: { interfaceNamePrefix: 'veth-' } } },
  ]),
  { ...IPTABLES, what: "with NodePorts at the node's address alone", oneIn: 40, config: { nodePortAddresses: ['172.18.0.0/16'], iptables: { localhostNodePorts: false } } },
  { ...NFTABLES, what: 'with NodePorts at every address', oneIn: 40, config: { nodePortAddresses: ['0.0.0.0/0'] } },
  ...[IPTABLES, NFTABLES].flatMap((one) => [
    { ...one, what: 'on a bridge', oneIn: 30, bridge: { hairpin: false, callIptables: true } },
    { ...one, what: 'on a bridge with hairpin', oneIn: 40, bridge: { hairpin: true, callIptables: true }, config: { detectLocalMode: 'BridgeInterface', detectLocal: { bridgeInterface: 'cni0' } } },
    { ...one, what: 'on a bridge that no rule sees', oneIn: 40, bridge: { hairpin: true, callIptables: false } },
  ]),
]
/** Attempts at once. */
const WIDTH = 800
/** Seconds for one lab and its questions. */
const LIMIT = 300

for (const { what, tool, oneIn, ...setup } of COURTS) {
  // The usual run has time for the plain cases only.
  if (oneIn > 1 && !ASKS_ALL) continue
  const words = `${setup.mode} mode ${what} (${tool})`
  outcomes(`${words}: kubehop says what the kernel does`, async () => {
    const missing = lacking(['ip', 'python3', tool])
    if (setup.bridge !== undefined && !existsSync('/proc/sys/net/bridge')) missing.push('br_netfilter')
    if (missing.length > 0) return skip(words, missing.join(', '))
    const { questions, attempts, differences } = await compareWith({ ...setup, restore: tool, width: WIDTH, oneIn: oneIn * ONE_IN, run })
    console.log(`${words}: ${questions} questions, ${attempts} attempts`)
    assert.equal(differences, [])
  })
}

async function run(files: Readonly<Record<string, string>>, result: string): Promise<string> {
  const [text = ''] = await runInFolder(files, IN_NAMESPACES, LIMIT, [result])
  return text
}

outcomes.run()
