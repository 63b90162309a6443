import { table } from '../../report/table.ts'
import { formatTime } from '../../report/units.ts'
import { traceText } from '../../report/trace-text.ts'
import type { ProbeOptions } from '../../simulation/options.ts'
import { readProbe } from '../../simulation/probe-words.ts'
import { runProbe } from '../../simulation/probe.ts'
import { traceRequest } from '../../simulation/trace.ts'
import { OK } from '../exit.ts'
import { asUsage, UsageError, type InputFlags } from '../flags.ts'
import { paint, print, printJson } from '../output.ts'
import { readFlags, tellProblems } from '../read.ts'

export interface ProbeFlags extends InputFlags {
  /** `trace` may go without them. */
  from?: string
  to?: string
  count?: string
  via?: string
  sourcePort?: string
  gap?: string
  timeout?: string
  output?: string
}

/** `kubehop probe`: who answers, and how it fails. */
export function probe(flags: ProbeFlags): number {
  const options = optionsOf(flags)
  const input = readFlags(flags)
  const { world, result } = runProbe(input, asUsage(() => readProbe(options, input)))
  tellProblems(world.cluster.problems, flags.quiet)
  if (flags.output === 'json') {
    printJson(result)
    return OK
  }
  const { attempts, ok, backends, backend_ports, sources_seen, failures, latency_ns } = result
  const rows = (title: string, counts: Record<string, number>) => Object.entries(counts).map(([name, count], i) => [i === 0 ? title : '', name, String(count)])
  print(`${flags.from} → ${flags.to}: ${ok} of ${attempts} answered`)
  const answerers = Object.keys(backend_ports).length > 0 ? backend_ports : backends // a ping has no port
  const found = [...rows('answered by', answerers), ...rows('source seen', sources_seen), ...rows('failed', failures)]
  if (found.length > 0) print(table(found))
  if (ok > 0) print(`latency min ${formatTime(latency_ns.min)}, p50 ${formatTime(latency_ns.p50)}, p99 ${formatTime(latency_ns.p99)}, max ${formatTime(latency_ns.max)}`)
  return OK
}

/** `kubehop trace`: one request, hop by hop. */
export function trace(flags: ProbeFlags): number {
  const options = optionsOf(flags)
  const input = readFlags(flags)
  const traced = traceRequest(input, asUsage(() => readProbe(options, input)))
  if (flags.output === 'json') printJson(traced)
  else print(traceText(`${flags.from} → ${flags.to}`, traced, paint))
  return OK
}

function optionsOf({ from, to, count, via, sourcePort, gap, timeout }: ProbeFlags): ProbeOptions {
  if (from === undefined || to === undefined) throw new UsageError('say --from and --to, or --rules and --packet')
  return {
    from,
    to,
    ...(count === undefined ? {} : { count: Number(count) }),
    ...(via === undefined ? {} : { via }),
    ...(sourcePort === undefined ? {} : { sourcePort: Number(sourcePort) }),
    ...(gap === undefined ? {} : { gap }),
    ...(timeout === undefined ? {} : { timeout }),
  }
}
