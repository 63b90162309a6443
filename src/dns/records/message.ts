/** DNS messages as data: questions, records and how many bytes they take. Names are lower case or as asked, without the trailing dot. */

export type RecordType = 'A' | 'AAAA' | 'CNAME' | 'SRV' | 'PTR' | 'TXT' | 'SOA' | 'NS' | 'MX' | 'HINFO' | 'ANY'

export interface DnsQuestion {
  readonly name: string
  readonly type: RecordType
}

/** A resource record of class IN. */
export type ResourceRecord = { readonly name: string; readonly ttl: number } & RecordData

export type RecordData =
  | { readonly type: 'A' | 'AAAA'; readonly address: string }
  | { readonly type: 'CNAME' | 'PTR'; readonly target: string }
  | { readonly type: 'TXT'; readonly text: string }
  | { readonly type: 'SRV'; readonly priority: number; readonly weight: number; readonly port: number; readonly target: string }
  | { readonly type: 'SOA'; readonly mname: string; readonly rname: string; readonly serial: number; readonly refresh: number; readonly retry: number; readonly expire: number; readonly minimum: number }

export interface DnsMessage {
  readonly question: DnsQuestion
  readonly rcode: number
  readonly truncated: boolean
  readonly answers: readonly ResourceRecord[]
  readonly authority: readonly ResourceRecord[]
  readonly additional: readonly ResourceRecord[]
}

/** An answer with nothing in it. */
export function emptyAnswer(question: DnsQuestion, rcode: number): DnsMessage {
  return { question, rcode, truncated: false, answers: [], authority: [], additional: [] }
}

/** What `dig` prints of the record's data. */
export function formatData(record: ResourceRecord): string {
  switch (record.type) {
    case 'A':
    case 'AAAA':
      return record.address
    case 'CNAME':
    case 'PTR':
      return `${record.target}.`
    case 'TXT':
      return JSON.stringify(record.text)
    case 'SRV':
      return `${record.priority} ${record.weight} ${record.port} ${record.target}.`
    case 'SOA':
      return `${record.mname}. ${record.rname}. ${record.serial} ${record.refresh} ${record.retry} ${record.expire} ${record.minimum}`
  }
}
