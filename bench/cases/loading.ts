import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readInput } from '../../src/simulation/read-input.ts'
import { World } from '../../src/simulation/world.ts'
import { benchObjects } from '../cluster.ts'
import { timed, type Options, type Sample } from '../sample.ts'

/** C6: 50,000 Services of 10 endpoints, as one JSON file, into the kernels of 100 nodes, each rule counted. */
export function loading(options: Options): Sample {
  const services = Number(options['services'] ?? 50_000)
  const nodes = Number(options['nodes'] ?? 100)
  const folder = mkdtempSync(join(tmpdir(), 'kubehop-bench-'))
  const file = join(folder, 'dump.json')
  writeDump(file, services, nodes)
  const heldBefore = process.resourceUsage().maxRSS / 1024
  let rules = 0
  let world: World | undefined
  const load = timed(() => {
    world = new World(readInput({ files: [file] }))
  })
  const program = timed(() => {
    for (const { name } of world?.nodeFacts() ?? []) {
      const node = world?.node(name)
      if (node !== undefined) rules += world?.proxies.countRules(node) ?? 0
    }
  })
  rmSync(folder, { recursive: true })
  return {
    services,
    nodes,
    wall_s: load.wall_s + program.wall_s,
    cpu_s: load.cpu_s + program.cpu_s,
    load_s: load.cpu_s,
    program_s: program.cpu_s,
    rules,
    rss_mib: process.resourceUsage().maxRSS / 1024,
    rss_before_mib: heldBefore,
  }
}

/** A piece at a time, so that writing the file does not hold what reading it shall be measured by. */
function writeDump(file: string, services: number, nodes: number): void {
  const objects = benchObjects({ services, endpoints: 10, nodes, clients: 20 })
  writeFileSync(file, '{"apiVersion":"v1","kind":"List","items":[\n')
  for (let i = 0; i < objects.length; i += 1000) {
    const piece = objects.slice(i, i + 1000).map((object) => JSON.stringify(object)).join(',\n')
    writeFileSync(file, (i === 0 ? '' : ',\n') + piece, { flag: 'a' })
  }
  writeFileSync(file, ']}\n', { flag: 'a' })
}
