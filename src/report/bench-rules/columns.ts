import { formatBytes, formatCount, formatTime } from '../units.ts'
import type { Band, GrowthRow } from './rule-growth.ts'

/** One thing that grows: what tables, CSV and the picture show of it. */
export interface GrowthColumn {
  title: string
  /** One or two numbers: without and with a band from hot to cold. */
  of(row: GrowthRow): readonly number[]
  format(value: number): string
  /** Is it beyond what was measured? */
  isExtrapolated?(row: GrowthRow): boolean
}

const band = ({ hot, cold }: Band): readonly number[] => [hot, cold]

/** In the order of the tables. */
export const COLUMNS: readonly GrowthColumn[] = [
  { title: 'rules', of: ({ rules }) => [rules], format: formatCount },
  { title: 'entries of sets and maps, IPVS services and servers', of: ({ entries }) => [entries], format: formatCount },
  { title: "kernel memory of one node's rules", of: ({ memory_bytes }) => [memory_bytes], format: formatBytes },
  { title: 'first packet to the first Service', of: ({ first_ns }) => band(first_ns), format: formatTime },
  { title: 'first packet to the middle Service', of: ({ middle_ns }) => band(middle_ns), format: formatTime },
  { title: 'first packet to the last Service', of: ({ last_ns }) => band(last_ns), format: formatTime },
  { title: 'established packet', of: ({ established_ns }) => band(established_ns), format: formatTime },
  { title: 'TCP handshake, last Service', of: ({ handshake_ns }) => band(handshake_ns), format: formatTime },
  { title: 'connections a second that one core can open', of: ({ connections_per_s }) => band(connections_per_s), format: formatCount },
  { title: 'time to write everything', of: ({ write_all_ns }) => [write_all_ns], format: formatTime, isExtrapolated: ({ write_extrapolated }) => write_extrapolated },
  { title: 'time to write one change', of: ({ write_one_ns }) => [write_one_ns], format: formatTime, isExtrapolated: ({ write_extrapolated }) => write_extrapolated },
]
