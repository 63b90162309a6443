const SERVICE = /^(TCP|UDP|SCTP|FWM)\s+(\S+)\s+(\S+)((?:\s.*)?)$/
const SERVER = /^->\s+(\S+)\s+(Masq|Route|Tunnel|Local)\s+(\d+)\s/
const HEADING = /^(IP Virtual Server version|Prot LocalAddress|-> RemoteAddress)/
const PROTOCOLS: Readonly<Record<string, string>> = { TCP: '-t', UDP: '-u', SCTP: '--sctp-service', FWM: '-f' }
const FORWARDING: Readonly<Record<string, string>> = { Masq: '-m', Route: '-g', Tunnel: '-i', Local: '-m' }

/**
 * Turns the lines of `ipvsadm -Ln`, which is what people have at hand, into those of `ipvsadm -Sn`. The list is sorted, so
 * the kernel's own order is lost; it is taken for that in which kube-proxy adds servers, which is sorted too.
 */
export class Listing {
  #service = ''

  /** The line as `ipvsadm -Sn` has it; '' for a heading; as it is if it is no line of a list. */
  translate(line: string): string {
    const text = line.trim()
    if (HEADING.test(text)) return ''
    const [, server, forwarding = '', weight] = SERVER.exec(`${text} `) ?? []
    if (server !== undefined) return `-a ${this.#service} -r ${server} ${FORWARDING[forwarding]} -w ${weight}`
    const [, protocol = '', name, scheduler, rest = ''] = SERVICE.exec(text) ?? []
    if (name === undefined) return line
    const flags = /\(([^)]*)\)/.exec(rest)?.[1]
    const persistence = /\bpersistent (\d+)/.exec(rest)?.[1]
    this.#service = `${PROTOCOLS[protocol]} ${name}`
    return `-A ${this.#service} -s ${scheduler}${persistence === undefined ? '' : ` -p ${persistence}`}${flags === undefined ? '' : ` -b ${flags}`}${/\bops\b/.test(rest) ? ' -o' : ''}`
  }
}
