import { ConntrackSettings, UDP_STREAM } from '../../../kernel/conntrack/settings.ts'
import { ipvsSettings } from '../../../proxy/ipvs/settings.ts'
import { formatTime } from '../../../report/units.ts'
import type { World } from '../../world.ts'

/** The place of ESTABLISHED in the TCP timeouts (enum tcp_conntrack). */
const ESTABLISHED = 3

/** What makes its receiver reset the connection: it does not know the address that the packet then comes from. */
const UNTRANSLATED = 'forwards it as it is'

/** What a setting is, beyond what probes can see in a short time. */
export function factsOf(world: World): Map<string, string> {
  const { proxyConfig: config, settings } = world
  const conntrack = new ConntrackSettings()
  for (const [name, value] of Object.entries(settings.sysctls)) conntrack.set(name, value)
  const ipvs = config.mode === 'ipvs' ? ipvsSettings(config, settings.kernel, settings.sysctls).timeouts : undefined
  const tcp = conntrack.timeouts[ESTABLISHED] ?? 0
  const udp = conntrack.timeouts[UDP_STREAM] ?? 0
  const udpIdle = config.mode === 'userspace' ? config.udpIdleTimeout : udp
  const picks = { iptables: 'at random', nftables: 'at random', ipvs: `by the scheduler ${config.ipvs.scheduler}`, userspace: 'in turn' }
  const invalid = { iptables: conntrack.tcpBeLiberal ? UNTRANSLATED : 'drops it in FORWARD', nftables: UNTRANSLATED, ipvs: "translates it by IPVS's own table", userspace: UNTRANSLATED }
  return new Map([
    ['picks a backend', picks[config.mode]],
    ['does with an answer that conntrack calls INVALID', invalid[config.mode]],
    ['forgets an idle TCP connection after', ipvs === undefined ? formatTime(tcp) : `${formatTime(ipvs.tcp * 1e9)} (IPVS; conntrack ${formatTime(tcp)})`],
    ['forgets an idle UDP flow after', ipvs === undefined ? formatTime(udpIdle) : `${formatTime(ipvs.udp * 1e9)} (IPVS; conntrack ${formatTime(udp)})`],
  ])
}
