// When an answer may be sent instead of now, in local time. Pure.
import type { Key } from '../../lib/i18n';
import { wall } from '../../lib/snooze';

const HOUR = 3_600_000;
const ROUND = 300_000;
const AFTERNOON = 14;
const MORNING = 9;

export interface SendTime {
  label: Key;
  at: number;
}

/** The choices that lie ahead of `now`, soonest first. */
export function sendTimes(now: number): SendTime[] {
  const toMonday = (8 - new Date(now).getDay()) % 7 || 7;
  const all: SendTime[] = [
    { label: 'scheduled.hour', at: Math.ceil((now + HOUR) / ROUND) * ROUND },
    { label: 'scheduled.afternoon', at: wall(now, 0, AFTERNOON) },
    { label: 'scheduled.tomorrow', at: wall(now, 1, MORNING) },
    { label: 'scheduled.monday', at: wall(now, toMonday, MORNING) },
  ];
  const ahead = all.filter((one) => one.at > now).sort((a, b) => a.at - b.at);
  return ahead.filter((one, i) => one.at !== ahead[i - 1]?.at);
}
