#!/usr/bin/env node
import { Command, CommanderError, Option } from 'commander'
import { reasonOf } from '../scenario/text/read.ts'
import { VERSION } from '../version.ts'
import { BUG, INVALID_INPUT, OK, USAGE } from './exit.ts'
import { collect, outputOption, UsageError, withInput } from './flags.ts'
import { inlineMore } from './tune.ts'

/** A command's code is loaded when it is called, so that help comes at once. */
function program(done: (code: number) => void): Command {
  const kubehop = new Command('kubehop')
    .description('A wind tunnel for Kubernetes Services: hand it manifests, see what every packet meets and how long it takes.')
    .version(VERSION)
    .showSuggestionAfterError()
    .configureHelp({ optionDescription: describeOption })
    .exitOverride()
    .addHelpText('after', '\nExamples:\n  kubehop run -f scenarios/clusterip.yaml\n  kubehop run -f scenarios/prestop.yaml --picture rollout.svg\n  kubehop trace -f objects.yaml --from pod/default/a --to svc/web.default:80\n')

  withInput(kubehop.command('run'))
    .description('run a scenario and report latency, errors, backends and where the time went')
    .addOption(outputOption('text', 'json'))
    .option('--timing', 'wall-clock times on standard error')
    .option('--picture <file>', 'draw the run over time into this SVG file: requests, latency, conntrack, what nodes knew')
    .option('--save-baseline <file>', 'keep the report, for later runs to be held against')
    .option('--baseline <file>', 'hold the run against a kept report: exit code 5 if a figure is worse')
    .option('--tolerance <share>', 'how much worse a figure may be', '2%')
    .addHelpText('after', '\nExamples:\n  kubehop run -f scenarios/clusterip.yaml\n  kubehop run -f scenarios/prestop.yaml --picture rollout.svg\n  kubehop run -f scenario.yaml --baseline baseline.json --tolerance 5%\n  kubehop run -f scenario.yaml --mode nftables --seed 7 -o json | jq .traffic\n  kubectl get ns,nodes,pods,deploy,rs,svc,endpointslices -A -o yaml | kubehop run -f - -f load.yaml\n')
    .action(async (flags) => done(await (await import('./commands/run.ts')).run(flags)))

  withProbe(kubehop.command('probe'))
    .description('send requests one after the other: who answers, which source it sees, how it fails')
    .option('--count <n>', 'attempts', '1')
    .option('--gap <duration>', 'between the end of one attempt and the start of the next', '0')
    .addHelpText('after', '\nExamples:\n  kubehop probe -f objects.yaml --from pod/default/a --to tcp://10.96.0.10:80 --count 30\n  kubehop probe -f objects.yaml --from client/client --to tcp://172.18.0.2:30080 --via node-b -o json\n')
    .action(async (flags) => done((await import('./commands/probe.ts')).probe(flags)))

  withSavedRules(withProbe(kubehop.command('trace'), false))
    .description('one request, hop by hop, rule by rule, with times; or one packet through the rules that were saved on a node')
    .addHelpText('after', "\nExamples:\n  kubehop trace -f objects.yaml --from pod/default/a --to svc/web.default:80\n  kubehop trace -f objects.yaml --from node/node-1 --to tcp://127.0.0.1:30080\n  kubehop trace --rules iptables-save.txt --packet 'tcp 10.244.1.12:40000 > 10.96.0.10:80' --in veth1 --local 172.18.0.2\n  ssh node-1 sudo iptables-save | kubehop trace --rules - --packet 'udp 10.244.1.12 > 10.96.0.10:53' --in cali1234\n")
    .action(async (flags) => done(flags.rules === undefined ? (await import('./commands/probe.ts')).trace(flags) : (await import('./commands/trace-rules.ts')).traceRules(flags)))

  withInput(kubehop.command('resolve'))
    .description('look up one name: every query, its answer, and what each call by that name costs')
    .argument('<name>')
    .requiredOption('--from <source>', 'who asks: pod/NAMESPACE/NAME, node/NAME, client/NAME, or a workload such as deployment/NAME (its first pod)')
    .addOption(outputOption('text', 'json'))
    .addHelpText('after', '\nExamples:\n  kubehop resolve -f objects.yaml --from pod/default/a redis\n  kubehop resolve -f objects.yaml --from pod/default/a --set dns.nodelocal=true www.example.com\n')
    .action(async (name, flags) => done((await import('./commands/resolve.ts')).resolve(name, flags)))

  withInput(kubehop.command('show'))
    .description('what a look into a node or pod would show: iptables, nftables, ipvs, ipset, conntrack, routes, resolv.conf, env')
    .argument('<what>')
    .option('--node <name>', 'the node (default: the first)')
    .option('--pod <namespace/name>', 'the pod')
    .option('--at <time>', 'at this time of the run')
    .option('--connections', 'of ipvs: the connections, as ipvsadm -Lnc prints them')
    .option('--stats', 'of ipvs: the counters, as ipvsadm -Ln --stats prints them')
    .addHelpText('after', '\nExamples:\n  kubehop show iptables -f objects.yaml --node node-a | iptables-restore --test\n  kubehop show conntrack -f scenario.yaml --node node-1 --at 3s\n  kubehop show env -f objects.yaml --pod default/a\n')
    .action(async (what, flags) => done((await import('./commands/show.ts')).show(what, flags)))

  withInput(kubehop.command('get'), LOOK_IN)
    .description('what kubectl get prints: svc, ep, endpointslices, pods, nodes, deploy, … and all')
    .argument('<what...>', 'TYPE, TYPE NAME, TYPE/NAME or TYPE,TYPE; several names at once')
    .option('-A, --all-namespaces', 'of all namespaces')
    .addOption(outputOption('wide', 'yaml', 'json', 'name'))
    .option('-l, --selector <selector>', 'only what has these labels')
    .option('--no-headers', 'without the first line')
    .option('--show-labels', 'with a column of labels')
    .option('--at <time>', 'at this time of the run')
    .addHelpText('after', '\nExamples:\n  kubehop get svc -f apps.yaml -A\n  kubehop get all -n shop -f apps.yaml\n  kubehop get svc/redis deploy/redis -f apps.yaml\n  kubehop get pods -f apps.yaml -o wide --at 3s\n')
    .action(async (what, flags) => done((await import('./commands/get.ts')).get(what, flags)))

  withInput(kubehop.command('describe'), LOOK_IN)
    .description('what kubectl describe prints of svc, ep, pod, node or deploy')
    .argument('<what...>', 'TYPE, TYPE NAME or TYPE/NAME; a name may be the beginning of one')
    .option('-A, --all-namespaces', 'of all namespaces')
    .option('--at <time>', 'at this time of the run')
    .addHelpText('after', '\nExamples:\n  kubehop describe svc redis -f apps.yaml\n  kubehop describe ep order -n snackbar -f apps.yaml\n  kubehop describe pod redis -f apps.yaml --at 3s\n')
    .action(async (what, flags) => done((await import('./commands/get.ts')).describe(what, flags)))

  withGrid(kubehop.command('compare'))
    .description('the same arrivals through several settings: what differs, and what behaves differently')
    .option('--modes <modes>', 'proxy modes, such as iptables,ipvs:rr,ipvs:lc,nftables; the first is what others are held against')
    .option('--variants <names>', "the scenario's variants")
    .option('--seeds <n>', 'pairs of runs', '10')
    .addOption(outputOption('text', 'json', 'markdown'))
    .addHelpText('after', '\nExamples:\n  kubehop compare -f scenario.yaml --modes iptables,ipvs:rr,nftables\n  kubehop compare -f scenario.yaml --variants bad,cured --seeds 20 -o markdown\n  kubehop compare -f scenario.yaml --set cluster.nodes=3 --set cluster.nodes=30\n')
    .action(async (flags) => done(await (await import('./commands/compare.ts')).compare(flags, WORKER)))

  withGrid(kubehop.command('sweep'))
    .description('a grid of settings times seeds: errors and latency against each value, and the smallest value without errors')
    .option('--modes <modes>', 'proxy modes, such as iptables,nftables')
    .option('--variants <names>', "the scenario's variants")
    .option('--seeds <n>', 'runs of each setting', '20')
    .option('--figures <figures>', 'columns, such as app.p99,drops.no-route')
    .option('--picture <file>', 'draw errors and figures against the values into this SVG file')
    .option('--out <file>', 'append every run to this file (NDJSON), and run only what it lacks')
    .addOption(outputOption('text', 'json', 'csv'))
    .addHelpText('after', '\nExamples:\n  kubehop sweep -f scenarios/prestop.yaml --set deployment/web.preStop=0s,1s,2s,5s --seeds 20 --picture prestop.svg\n  kubehop sweep -f scenario.yaml --set cluster.nodes=3,10,30 --modes iptables,nftables --out runs.ndjson\n')
    .action(async (flags) => done(await (await import('./commands/sweep.ts')).sweep(flags, WORKER)))

  kubehop
    .command('bench')
    .description('what the model says beyond a single scenario')
    .command('rules')
    .description('how rules, latency, memory and programming time grow with the number of Services, in each mode')
    .option('--services <counts>', 'numbers of Services', '1,10,100,1k,10k,50k')
    .option('--endpoints <n>', 'endpoints of each Service', '10')
    .option('--modes <modes>', 'iptables (both backends), iptables-nft, iptables-legacy, ipvs, nftables, userspace (default: all)')
    .option('--picture <file>', 'draw it into this SVG file')
    .option('-q, --quiet', 'no notes and no progress')
    .addOption(outputOption('text', 'json', 'csv'))
    .addHelpText('after', '\nExamples:\n  kubehop bench rules\n  kubehop bench rules --services 100,1k,10k --endpoints 3 --modes iptables,nftables --picture growth.svg\n')
    .action(async (flags) => done((await import('./commands/bench-rules.ts')).benchRules(flags)))

  return kubehop
}

/** Its default only where it says something: the choices are in the description, and nothing is given where an option may be repeated. */
function describeOption({ description, defaultValue }: Option): string {
  return typeof defaultValue === 'string' ? `${description} (default: ${defaultValue})` : description
}

/** The program of the threads that run grids, beside this one in the bundle. */
const WORKER = new URL('./worker.js', import.meta.url)

/** kubectl get and describe look into a namespace; they put nothing there. */
const LOOK_IN = 'the namespace to look into'

function withGrid(command: Command): Command {
  return withInput(command).option('--workers <n>', 'threads (default: one for each core)')
}

function withProbe(command: Command, isMandatory = true): Command {
  return withInput(command)
    .addOption(new Option('--from <source>', 'who asks: pod/NAMESPACE/NAME, node/NAME, client/NAME, or a workload such as deployment/NAME (its first pod)').makeOptionMandatory(isMandatory))
    .addOption(new Option('--to <target>', 'whom: tcp://HOST:PORT, udp://…, http://…, icmp://…; a name, an address or svc/NAME.NAMESPACE').makeOptionMandatory(isMandatory))
    .option('--via <node>', 'the node that a client outside uses as its next hop for service addresses')
    .option('--source-port <port>', 'always from this port')
    .option('--timeout <duration>', 'for each attempt', '1.5s')
    .addOption(outputOption('text', 'json'))
}

/** What `trace` needs to know of a node of which only the rules are there. */
function withSavedRules(command: Command): Command {
  return command
    .optionsGroup('Rules that were saved on a node (instead of -f, --from and --to):')
    .option('--rules <file>', 'what iptables-save printed there, or - for standard input')
    .option('--ipvs <file>', 'what ipvsadm -Sn (or -Ln) printed there')
    .option('--ipset <file>', 'what ipset save printed there')
    .option('--packet <packet>', "such as 'tcp 10.244.1.12:40000 > 10.96.0.10:80'")
    .option('--in <interface>', 'where the packet comes in (default: a process of the node sends it)')
    .option('--out <interface>', 'where it leaves if it goes on')
    .option('--local <address>', "an address of the node's own, the first one its primary (repeatable)", collect, [])
    .option('--ctstate <state>', 'what connection tracking says of it', 'NEW')
    .option('--mark <mark>', 'that it bears', '0')
    .option('--hook <hook>', 'this hook alone: PREROUTING, INPUT, FORWARD, OUTPUT or POSTROUTING')
}

/** `-o=json` and `-n=shop`, as kubectl takes them. */
function asWords(word: string): string[] {
  return /^-[a-zA-Z]=/.test(word) ? [word.slice(0, 2), word.slice(3)] : [word]
}

/** Turns whatever goes wrong into words and an exit code. */
async function main(): Promise<number> {
  let code = OK
  try {
    await program((result) => (code = result)).parseAsync(process.argv.flatMap(asWords))
    return code
  } catch (error) {
    return await codeOf(error)
  }
}

async function codeOf(error: unknown): Promise<number> {
  // Commander has printed what it has to say.
  if (error instanceof CommanderError) return error.exitCode === 0 ? OK : USAGE
  if (error instanceof UsageError) return fail(error.message, USAGE)
  const { InputError } = await import('../simulation/input-error.ts')
  if (error instanceof InputError) return fail(error.message, INVALID_INPUT)
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return fail(`this is a bug in kubehop; please report it with the command that you ran\n${detail}`, BUG)
}

function fail(message: string, code: number): number {
  process.stderr.write(`kubehop: ${message.trimEnd()}\n`)
  return code
}

// A reader that has seen enough closes the pipe: not an error of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? OK : fail(`standard output: ${reasonOf(error)}`, INVALID_INPUT)))
// Who does not listen to notes misses nothing.
process.stderr.on('error', () => {})

inlineMore()
process.exitCode = await main()
