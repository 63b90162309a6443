import { quote } from '../iptables-save/options.ts'
import type { TargetModule } from './target-module.ts'

/** Options whose value iptables-save quotes when it must. */
const QUOTED = new Set(['--log-prefix', '--nflog-prefix'])

const OPTIONS = {
  '--log-prefix': 1, '--log-level': 1, '--log-tcp-sequence': 0, '--log-tcp-options': 0, '--log-ip-options': 0, '--log-uid': 0, '--log-macdecode': 0,
  '--nflog-prefix': 1, '--nflog-group': 1, '--nflog-range': 1, '--nflog-size': 1, '--nflog-threshold': 1,
  '--set-mss': 1, '--clamp-mss-to-pmtu': 0, '--checksum-fill': 0, '--set-class': 1, '--set-tos': 1, '--set-dscp': 1, '--set-dscp-class': 1,
}

/** Targets that write a note, or change a field that nothing here looks at, and go on: LOG, NFLOG, TRACE, TCPMSS … */
export const note: TargetModule<'note'> = {
  kind: 'note',
  modules: ['LOG', 'NFLOG', 'TRACE', 'TCPMSS', 'CHECKSUM', 'CLASSIFY', 'TOS', 'DSCP'],
  options: OPTIONS,
  read: (options, module) => ({ kind: 'note', module, options: options.names().map((name) => formatOption(name, options.values(name))).join(' ') }),
  print: ({ module, options }) => (options === '' ? module : `${module} ${options}`),
}

function formatOption(name: string, values: readonly string[]): string {
  return [name, ...values.map((value) => (QUOTED.has(name) ? quote(value) : value))].join(' ')
}
