import { printTable } from '../../src/kernel/nftables/print.ts'
import type { NftTable } from '../../src/kernel/nftables/program.ts'

/** What `nft list` prints of a chain, a set or a map between its braces, one string a line. */
export function bodyOf(table: NftTable, name: string): string[] {
  const lines = [...printTable(table)].map((line) => line.trim())
  const start = lines.findIndex((line) => /^(chain|set|map) /.test(line) && line.split(' ')[1] === name)
  return start < 0 ? [`no ${name}`] : lines.slice(start + 1, lines.indexOf('}', start))
}

/** The elements of a set or map. */
export function elementsOf(table: NftTable, name: string): string[] {
  const body = bodyOf(table, name)
  const first = body.findIndex((line) => line.startsWith('elements = { '))
  return first < 0 ? [] : body.slice(first).map((line) => line.replace(/^elements = \{ | \}$|,$/g, '').replace(/ \}$/, ''))
}
