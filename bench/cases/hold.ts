import { Agenda } from '../../src/engine/agenda.ts'
import { exponential, RandomStreams } from '../../src/engine/random.ts'
import { timed, type Options, type Sample } from '../sample.ts'

/** C1: the hold model: so many appointments wait, and each that runs makes one more, an exponential time ahead. */
export function hold(options: Options): Sample {
  const pending = Number(options['pending'] ?? 1000)
  const events = Number(options['events'] ?? 3_000_000)
  const agenda = new Agenda()
  const random = new RandomStreams('1').stream('hold')
  const next = (i: number): void => agenda.post(agenda.now + Math.round(exponential(random, 1e9)), next, i)
  for (let i = 0; i < pending; i++) next(i)
  const run = (count: number): void => {
    const end = agenda.executed + count
    while (agenda.executed < end) agenda.step()
  }
  run(Math.max(pending, 200_000))
  const time = timed(() => run(events))
  return { events, ...time, per_cpu_s: events / time.cpu_s, per_wall_s: events / time.wall_s, rss_mib: process.resourceUsage().maxRSS / 1024 }
}
