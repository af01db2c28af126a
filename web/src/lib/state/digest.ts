// What this page believes of everything the service tells it, to be compared with a page opened anew: both must say the same.
// Nothing is in it that is a page's own, as who types, where one has scrolled to or what is not sent yet.
import { counts } from './counts.svelte';
import { drafts } from './drafts.svelte';
import { notices } from './notices.svelte';
import { reads } from './reads.svelte';
import { session } from './session.svelte';
import { workspace } from './workspace.svelte';

/** Pages load more as they are scrolled; what every one of them has is compared. */
const ROWS = 40;
const ITEMS = 40;

const byId = (rows: Iterable<{ id: string }>) => [...rows].sort((a, b) => (a.id < b.id ? -1 : 1));

function list() {
  const { list } = workspace;
  if (!list) return null;
  const rows = list.shown.slice(0, ROWS).flatMap((id) => list.get(id) ?? []);
  return {
    view: list.view,
    filter: list.filter,
    refused: list.refused !== '',
    failed: list.failed,
    loaded: list.loaded,
    complete: list.shown.length < ROWS && !list.more,
    rows,
    unread: rows.map((row) => reads.unread(row)),
    drafts: rows.filter((row) => drafts.has(row.id)).map((row) => row.id),
  };
}

function thread() {
  const { thread } = workspace;
  if (!thread) return null;
  const { number, state, row } = thread;
  if (state !== 'ready' || !row) return { number, state };
  const items = thread.items.slice(-ITEMS);
  return { number, state, row, items, unread: reads.unread(row) };
}

export function digest() {
  const { me } = session;
  return {
    logged: session.state,
    me: me && { id: me.id, role: me.role, teams: me.teams, permissions: me.permissions },
    agents: byId(session.agents.values()),
    teams: byId(session.teams.values()),
    channels: byId(session.channels.values()).map((channel) => ({ ...channel, last_ok_at: 0 })), // told by nobody
    views: session.views,
    counts: counts.of,
    list: list(),
    thread: thread(),
    // What a notice says of its conversation is asked for anew whenever the list is opened.
    notices: {
      unread: notices.unread,
      newest: notices.rows.slice(0, 20).map(({ id, kind, at, read_at }) => ({ id, kind, at, read_at })),
    },
  };
}
