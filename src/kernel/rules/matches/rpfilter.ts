import type { MatchModule, MatchOf } from './match-module.ts'

/** `-m rpfilter`: the reverse path test, as a match (net/ipv4/netfilter/ipt_rpfilter.c). */
export const rpfilter: MatchModule<'rpfilter'> = {
  kind: 'rpfilter',
  modules: ['rpfilter'],
  options: { '--loose': 0, '--validmark': 0, '--accept-local': 0, '--invert': 0 },
  read(options) {
    const match: MatchOf<'rpfilter'> = { kind: 'rpfilter' }
    if (options.has('--loose')) match.loose = true
    if (options.has('--validmark')) match.validMark = true
    if (options.has('--accept-local')) match.acceptLocal = true
    if (options.has('--invert')) match.invert = true
    return match
  },
  print: ({ loose, validMark, acceptLocal, invert }) =>
    `-m rpfilter${loose === true ? ' --loose' : ''}${validMark === true ? ' --validmark' : ''}${acceptLocal === true ? ' --accept-local' : ''}${invert === true ? ' --invert' : ''}`,
  test: ({ loose, acceptLocal, invert }) => (packet, { environment }) => {
    const passes =
      packet.inInterface?.kind === 'loopback' ||
      (acceptLocal === true && environment.addressType(packet.source) === 'LOCAL') ||
      (environment.isReversePath?.(packet, loose === true) ?? true)
    return passes !== (invert === true)
  },
}
