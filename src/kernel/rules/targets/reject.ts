import { NotUnderstood } from '../iptables-save/options.ts'
import type { RejectWith } from '../rule.ts'
import type { TargetModule } from './target-module.ts'

/** Every answer by the names that iptables accepts; the first of each is the one that iptables-save prints. */
const NAMES: Readonly<Record<string, RejectWith>> = {
  'icmp-net-unreachable': 'icmp-net-unreachable',
  'net-unreach': 'icmp-net-unreachable',
  'icmp-host-unreachable': 'icmp-host-unreachable',
  'host-unreach': 'icmp-host-unreachable',
  'icmp-proto-unreachable': 'icmp-proto-unreachable',
  'proto-unreach': 'icmp-proto-unreachable',
  'icmp-port-unreachable': 'icmp-port-unreachable',
  'port-unreach': 'icmp-port-unreachable',
  'icmp-net-prohibited': 'icmp-net-prohibited',
  'net-prohib': 'icmp-net-prohibited',
  'icmp-host-prohibited': 'icmp-host-prohibited',
  'host-prohib': 'icmp-host-prohibited',
  'icmp-admin-prohibited': 'icmp-admin-prohibited',
  'admin-prohib': 'icmp-admin-prohibited',
  'tcp-reset': 'tcp-reset',
  'tcp-rst': 'tcp-reset',
}

/** `-j REJECT`: drop, and say so to the sender (net/ipv4/netfilter/ipt_REJECT.c). */
export const REJECT: TargetModule<'REJECT'> = {
  kind: 'REJECT',
  modules: ['REJECT'],
  options: { '--reject-with': 1 },
  read(options) {
    if (!options.has('--reject-with')) return { kind: 'REJECT', with: 'icmp-port-unreachable' }
    const answer = NAMES[options.text('--reject-with')]
    if (answer === undefined) throw new NotUnderstood(`--reject-with ${options.text('--reject-with')} is not an answer that REJECT gives`)
    return { kind: 'REJECT', with: answer }
  },
  print: (target) => `REJECT --reject-with ${target.with}`,
}
