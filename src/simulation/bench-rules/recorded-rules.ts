import { formatAddress } from '../../kernel/address.ts'
import { parseIptablesSave } from '../../kernel/rules/iptables-save/parse.ts'
import type { Ruleset } from '../../kernel/rules/program.ts'
import { clusterIP, endpointAddress, SERVICE_PORT } from './lab.ts'

/** What the recorded measurements walked: the rules of kube-proxy 1.20, which has two in KUBE-SERVICES for each Service. */
export interface RecordedRules {
  services: number
  endpoints: number
  protocol: 'udp' | 'tcp'
  /** Where pods are taken to be: a client outside is masqueraded. */
  podCIDR: string
}

const FILTER = `*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:KUBE-EXTERNAL-SERVICES - [0:0]
:KUBE-FORWARD - [0:0]
:KUBE-SERVICES - [0:0]
-A INPUT -m conntrack --ctstate NEW -j KUBE-EXTERNAL-SERVICES
-A FORWARD -j KUBE-FORWARD
-A FORWARD -m conntrack --ctstate NEW -j KUBE-SERVICES
-A FORWARD -m conntrack --ctstate NEW -j KUBE-EXTERNAL-SERVICES
-A OUTPUT -m conntrack --ctstate NEW -j KUBE-SERVICES
-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP
-A KUBE-FORWARD -m mark --mark 0x4000/0x4000 -j ACCEPT
-A KUBE-FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A KUBE-FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
COMMIT
`

const NAT = `*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-NODEPORTS - [0:0]
:KUBE-POSTROUTING - [0:0]
:KUBE-SERVICES - [0:0]
-A PREROUTING -j KUBE-SERVICES
-A OUTPUT -j KUBE-SERVICES
-A POSTROUTING -j KUBE-POSTROUTING
-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
-A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0
-A KUBE-POSTROUTING -j MASQUERADE --random-fully
`

/** Those rules, as iptables-save would print them, read back. */
export function recordedRules(recorded: RecordedRules): Ruleset {
  const lines: string[] = []
  for (let i = 0; i < recorded.services; i++) lines.push(`:KUBE-SVC-${i} - [0:0]`, ...Array.from({ length: recorded.endpoints }, (_, e) => `:KUBE-SEP-${i}-${e} - [0:0]`))
  for (let i = 0; i < recorded.services; i++) lines.push(...serviceRules(i, recorded))
  for (let i = 0; i < recorded.services; i++) for (let e = 0; e < recorded.endpoints; e++) lines.push(...endpointRules(i, e, recorded))
  const nodePorts = '-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS'
  return parseIptablesSave(`${FILTER}${NAT}${lines.join('\n')}\n${nodePorts}\nCOMMIT\n`)
}

function serviceRules(i: number, { endpoints, protocol, podCIDR }: RecordedRules): string[] {
  const asked = `-d ${formatAddress(clusterIP(i))}/32 -p ${protocol} -m ${protocol} --dport ${SERVICE_PORT}`
  const choices = Array.from({ length: endpoints }, (_, e) => {
    const left = endpoints - e
    return `-A KUBE-SVC-${i}${left > 1 ? ` -m statistic --mode random --probability ${(1 / left).toFixed(11)}` : ''} -j KUBE-SEP-${i}-${e}`
  })
  return [`-A KUBE-SERVICES ! -s ${podCIDR} ${asked} -j KUBE-MARK-MASQ`, `-A KUBE-SERVICES ${asked} -j KUBE-SVC-${i}`, ...choices]
}

function endpointRules(i: number, e: number, { protocol }: RecordedRules): string[] {
  const address = formatAddress(endpointAddress(e))
  return [`-A KUBE-SEP-${i}-${e} -s ${address}/32 -j KUBE-MARK-MASQ`, `-A KUBE-SEP-${i}-${e} -p ${protocol} -m ${protocol} -j DNAT --to-destination ${address}:8053`]
}
