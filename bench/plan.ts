import { command, compiled, ns3, ours, simpy, type Runner } from './runners.ts'

/** A figure that a benchmark is about. */
export interface Figure {
  name: string
  unit: string
  /** Digits behind the point in the table. */
  digits?: number
}

/** One question, and everything that is measured to answer it; the first runner is what the others are held against. */
export interface Benchmark {
  name: string
  question: string
  figure: Figure
  /** Shown beside the figure. */
  also: readonly Figure[]
  runners: () => readonly Runner[]
}

const PER_CPU_S: Figure = { name: 'per_cpu_s', unit: 'per CPU second' }
const PER_WALL_S: Figure = { name: 'per_wall_s', unit: 'per second' }
const RSS: Figure = { name: 'rss_mib', unit: 'MiB' }
const MEAN: Figure = { name: 'mean_us', unit: 'mean µs', digits: 1 }
const EVENTS: Figure = { name: 'events_per_request', unit: 'events each', digits: 1 }

export const PLAN: readonly Benchmark[] = [
  ...['1000', '100000'].map((pending) => ({
    name: `hold-${pending}`,
    question: `C1: events through the agenda's public interface, ${pending} pending`,
    figure: PER_CPU_S,
    also: [PER_WALL_S, RSS],
    runners: () => [
      ours('kubehop', 'hold', `pending=${pending}`),
      ns3('ns-3 core, MapScheduler', 'ns3-w1.cc', pending, '2000000', 'Map'),
      compiled('C++ std::priority_queue', 'cpp-w1.cpp', [], pending, '3000000'),
      simpy('SimPy, callbacks', 'simpy-w1.py', pending, '300000', 'cb'),
    ],
  })),
  {
    name: 'chain',
    question: 'C2: requests through softirq, NIC, wire, softirq, server and back',
    figure: PER_CPU_S,
    also: [PER_WALL_S, EVENTS, MEAN, { name: 'p99_us', unit: 'p99 µs', digits: 1 }],
    runners: () => [
      ours('kubehop', 'chain'),
      ns3('ns-3 core, MapScheduler', 'ns3-w2core.cc', '500000', 'Map'),
      compiled('C++ std::priority_queue', 'cpp-w2.cpp', [], '1000000'),
      simpy('SimPy, callbacks', 'simpy-w2.py', '50000', 'cb'),
    ],
  },
  {
    name: 'udp',
    question: 'C3: UDP request and response between pods of two nodes, through a ClusterIP among 10,000 Services; 20,000 flows, 10 % new',
    figure: PER_CPU_S,
    also: [PER_WALL_S, EVENTS, MEAN, RSS],
    runners: () => [ours('kubehop', 'udp'), ns3('ns-3 UDP/IP, no NAT', 'ns3-w2full.cc', '100000')],
  },
  {
    name: 'tcp',
    question: 'C4: short TCP connections (connect, 1 KB, 4 KB, close) through the same',
    figure: PER_CPU_S,
    also: [PER_WALL_S, EVENTS, MEAN, RSS],
    runners: () => [
      ours('kubehop, 20,000', 'tcp', 'connections=20000'),
      ours('kubehop, 200,000', 'tcp', 'connections=200000'),
      ns3('ns-3 TCP, no NAT, 10,000', 'ns3-w3.cc', '10000', '0.001'),
    ],
  },
  {
    name: 'services',
    question: 'C5: C3 among ever more Services, and with an observer of every request',
    figure: PER_CPU_S,
    also: [PER_WALL_S, RSS],
    runners: () => [
      ...['10', '100', '1000', '10000', '50000'].map((services) => ours(`${services} Services`, 'udp', `services=${services}`)),
      ours('10 Services, observed', 'udp', 'services=10', 'observed=1'),
    ],
  },
  {
    name: 'loading',
    question: 'C6: 50,000 Services of 10 endpoints, one JSON file, into the kernels of 100 nodes',
    figure: { name: 'cpu_s', unit: 'CPU seconds', digits: 1 },
    also: [{ name: 'wall_s', unit: 'seconds', digits: 1 }, RSS, { name: 'rules', unit: 'rules' }],
    runners: () => [ours('kubehop', 'loading')],
  },
  {
    name: 'memory',
    question: 'C7: what a live keep-alive connection holds: two sockets, two conntrack entries, its place in the pool',
    figure: { name: 'bytes_per_connection', unit: 'bytes' },
    also: [RSS],
    runners: () => [ours('kubehop', 'memory')],
  },
  {
    name: 'rollout',
    question: 'a rollout of 500 pods under 20,000 requests/s, among 100 nodes, 1,000 Services and 5,000 pods, 60 simulated seconds',
    figure: { name: 'cpu_s', unit: 'CPU seconds', digits: 1 },
    also: [{ name: 'wall_s', unit: 'seconds', digits: 1 }, RSS, { name: 'requests', unit: 'requests' }, { name: 'errors', unit: 'errors' }],
    runners: () => [ours('kubehop', 'rollout')],
  },
  {
    name: 'statistics',
    question: 'C8: 10 million samples and three quantiles',
    figure: { name: 'cpu_s', unit: 'CPU seconds', digits: 3 },
    also: [{ name: 'sort_cpu_s', unit: 'CPU seconds by sorting', digits: 3 }, { name: 'error_percent', unit: '% off at most', digits: 2 }],
    runners: () => [ours('kubehop', 'statistics')],
  },
  {
    name: 'startup',
    question: 'C9: from the start of the command to its end',
    figure: { name: 'wall_ms', unit: 'ms' },
    also: [],
    runners: () => [
      command('kubehop --help', 'dist/kubehop.js', '--help'),
      command('kubehop run, 10,000 requests', 'dist/kubehop.js', 'run', '-q', '-f', 'scenarios/clusterip.yaml'),
      command('node alone', '-e', '0'),
    ],
  },
]
