import { contains, formatAddress, formatCidr, parseCidr, type Cidr } from '../../address.ts'
import { bang, NotUnderstood } from '../iptables-save/options.ts'
import { parseProtocol } from '../protocols.ts'
import type { MatchModule, MatchOf } from './match-module.ts'

/** `-m ipvs`: part of an IPVS connection to that virtual service (net/netfilter/xt_ipvs.c). */
export const ipvs: MatchModule<'ipvs'> = {
  kind: 'ipvs',
  modules: ['ipvs'],
  options: { '--ipvs': 0, '--vproto': 1, '--vaddr': 1, '--vport': 1 },
  read(options) {
    const match: MatchOf<'ipvs'> = { kind: 'ipvs' }
    if (options.has('--ipvs')) return { ...match, ...options.negation('--ipvs') }
    if (options.has('--vproto')) match.vproto = readProtocol(options.text('--vproto'))
    if (options.has('--vaddr')) match.vaddr = readCidr(options.text('--vaddr'))
    if (options.has('--vport')) match.vport = options.number('--vport')
    for (const option of ['--vproto', '--vaddr', '--vport']) if (options.negated(option)) throw new NotUnderstood(`! ${option} is not modelled`)
    return match
  },
  print({ vproto, vaddr, vport, negated }) {
    if (vproto === undefined && vaddr === undefined && vport === undefined) return `-m ipvs ${bang(negated)}--ipvs`
    let text = '-m ipvs'
    if (vproto !== undefined) text += ` --vproto ${vproto}`
    if (vaddr !== undefined) text += ` --vaddr ${formatVaddr(vaddr)}`
    if (vport !== undefined) text += ` --vport ${vport}`
    return text
  },
  test({ vproto, vaddr, vport, negated }) {
    const expected = negated !== true
    return (packet, { environment }) => {
      const connection = environment.ipvsConnection?.(packet)
      const found =
        connection !== undefined &&
        (vproto === undefined || connection.vproto === vproto) &&
        (vaddr === undefined || contains(vaddr, connection.vaddr)) &&
        (vport === undefined || connection.vport === vport)
      return found === expected
    }
  },
}

function readProtocol(text: string): number {
  const protocol = parseProtocol(text)
  if (protocol === undefined) throw new NotUnderstood(`--vproto ${text} is not a protocol`)
  return protocol
}

function readCidr(text: string): Cidr {
  const cidr = parseCidr(text)
  if (cidr === undefined) throw new NotUnderstood(`--vaddr ${text} is not an IPv4 address`)
  return cidr
}

function formatVaddr(vaddr: Cidr): string {
  return vaddr.prefix === 32 ? formatAddress(vaddr.network) : formatCidr(vaddr)
}
