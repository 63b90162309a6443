import { ICMP } from '../../packet.ts'
import { bang, NotUnderstood } from '../iptables-save/options.ts'
import type { MatchModule } from './match-module.ts'

/** `--icmp-type any`, which the kernel writes as type 255. */
const ANY_TYPE = 255

/** The names of iptables -p icmp -h that rules in the wild use; the rest must come as numbers, as iptables-save prints them. */
const NAMES: Readonly<Record<string, string>> = {
  any: '255',
  'echo-reply': '0',
  pong: '0',
  'destination-unreachable': '3',
  'network-unreachable': '3/0',
  'host-unreachable': '3/1',
  'protocol-unreachable': '3/2',
  'port-unreachable': '3/3',
  'fragmentation-needed': '3/4',
  'source-quench': '4',
  redirect: '5',
  'echo-request': '8',
  ping: '8',
  'router-advertisement': '9',
  'router-solicitation': '10',
  'time-exceeded': '11',
  'ttl-exceeded': '11',
  'parameter-problem': '12',
  'timestamp-request': '13',
  'timestamp-reply': '14',
}

/** `-m icmp` (net/ipv4/netfilter/ip_tables.c: icmp_match). */
export const icmp: MatchModule<'icmp'> = {
  kind: 'icmp',
  modules: ['icmp'],
  options: { '--icmp-type': 1 },
  read(options) {
    if (!options.has('--icmp-type')) return { kind: 'icmp', type: ANY_TYPE }
    const text = options.text('--icmp-type')
    const [, type, code] = /^(\d{1,3})(?:\/(\d{1,3}))?$/.exec(NAMES[text] ?? text) ?? []
    if (type === undefined) throw new NotUnderstood(`--icmp-type ${text} is neither TYPE[/CODE] nor a known name`)
    return { kind: 'icmp', type: Number(type), ...(code !== undefined && { code: Number(code) }), ...options.negation('--icmp-type') }
  },
  print({ type, code, negated }) {
    if (type === ANY_TYPE) return `-m icmp ${bang(negated)}--icmp-type any`
    return `-m icmp ${bang(negated)}--icmp-type ${type}${code === undefined ? '' : `/${code}`}`
  },
  test({ type, code, negated }) {
    const expected = negated !== true
    return (packet) =>
      packet.protocol === ICMP &&
      (type === ANY_TYPE || (packet.icmpType === type && (code === undefined || packet.icmpCode === code))) === expected
  },
}
