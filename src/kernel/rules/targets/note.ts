import { quote, type Options } from '../iptables-save/options.ts'
import type { TargetModule } from './target-module.ts'

/** In the order in which iptables-save prints them. */
const OPTIONS = {
  '--log-prefix': 1, '--log-level': 1, '--log-tcp-sequence': 0, '--log-tcp-options': 0, '--log-ip-options': 0, '--log-uid': 0, '--log-macdecode': 0,
  '--nflog-prefix': 1, '--nflog-group': 1, '--nflog-range': 1, '--nflog-size': 1, '--nflog-threshold': 1,
  '--set-mss': 1, '--clamp-mss-to-pmtu': 0, '--checksum-fill': 0, '--set-class': 1, '--set-tos': 1, '--set-dscp': 1, '--set-dscp-class': 1,
}

/** Options whose value iptables-save quotes when it must. */
const QUOTED = new Set(['--log-prefix', '--nflog-prefix'])

/** Targets that write a note, or change a field that nothing here looks at, and go on: LOG, NFLOG, TRACE, TCPMSS … */
export const note: TargetModule<'note'> = {
  kind: 'note',
  modules: ['LOG', 'NFLOG', 'TRACE', 'TCPMSS', 'CHECKSUM', 'CLASSIFY', 'TOS', 'DSCP'],
  options: OPTIONS,
  read(options, module) {
    const given = Object.keys(OPTIONS).filter((name) => options.has(name) && !isDefault(name, options))
    return { kind: 'note', module, options: given.map((name) => formatOption(name, options.values(name))).join(' ') }
  },
  print: ({ module, options }) => (options === '' ? module : `${module} ${options}`),
}

function formatOption(name: string, values: readonly string[]): string {
  return [name, ...values.map((value) => (QUOTED.has(name) ? quote(value) : value))].join(' ')
}

/** `warning`, which is not printed. */
function isDefault(name: string, options: Options): boolean {
  return name === '--log-level' && ['4', 'warning'].includes(options.text(name))
}
