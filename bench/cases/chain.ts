import { Agenda, type Nanos } from '../../src/engine/agenda.ts'
import { Fifo } from '../../src/engine/fifo.ts'
import { exponential, RandomStreams } from '../../src/engine/random.ts'
import { Histogram } from '../../src/report/histogram.ts'
import { timed, type Options, type Sample } from '../sample.ts'

const PROPAGATION: Nanos = 50_000
const RATE = 80_000

interface Job {
  start: Nanos
}

/**
 * C2: requests through softirq, NIC, wire, softirq, server, and all the way back (mean 147.5 µs, p99 198.7 µs in every
 * tool). A queue that only one other feeds is entered in its order, so that its departures are known at once: 4 events
 * a request, where a simulator that gives each service its event needs 10.
 */
export function chain(options: Options): Sample {
  const requests = Number(options['requests'] ?? 1_000_000)
  const agenda = new Agenda()
  const random = new RandomStreams('1').stream('chain')
  const latency = new Histogram()
  const [softirqA, softirqB, nicA, nicB, server] = [new Fifo(), new Fifo(), new Fifo(), new Fifo(), new Fifo()]
  const free: Job[] = []
  let begun = 0

  const arrive = (): void => {
    const { now } = agenda
    const job = free.pop() ?? { start: 0 }
    job.start = now
    if (++begun < requests) agenda.post(now + Math.round(exponential(random, 1e9 / RATE)), arrive, undefined)
    agenda.post(nicA.admit(softirqA.admit(now, 4000), 1024) + PROPAGATION, ask, job)
  }
  const ask = (job: Job): void => agenda.post(server.admit(softirqB.admit(agenda.now, 4000), 8000), answer, job)
  const answer = (job: Job): void => agenda.post(nicB.admit(softirqB.admit(agenda.now, 4000), 8192) + PROPAGATION, finish, job)
  const finish = (job: Job): void => {
    latency.record(softirqA.admit(agenda.now, 4000) - job.start)
    free.push(job)
  }

  agenda.post(0, arrive, undefined)
  const time = timed(() => agenda.run(Number.POSITIVE_INFINITY))
  return {
    requests,
    ...time,
    per_cpu_s: requests / time.cpu_s,
    per_wall_s: requests / time.wall_s,
    events_per_request: agenda.executed / requests,
    mean_us: latency.sum / latency.count / 1e3,
    p99_us: (latency.quantile(0.99) ?? 0) / 1e3,
    rss_mib: process.resourceUsage().maxRSS / 1024,
  }
}
