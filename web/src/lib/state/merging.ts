// Merging, splitting and moving, each with its undo; and customers who are one person.
import '../i18n/later';
import { api, newKey } from '../api/client';
import type { ConversationRow, CustomerRow, MergeCustomers, Repaired, RepairRow } from '../api/types';
import { t } from '../i18n';
import { attempt } from './actions';
import { toasts } from './toasts.svelte';
import { workspace } from './workspace.svelte';

/** Merges each of `others` into `into`. Throws what the service refuses, for the dialog to say. */
export async function mergeInto(
  others: readonly ConversationRow[],
  into: ConversationRow,
  samePerson: boolean,
): Promise<void> {
  const done: Repaired[] = [];
  for (const other of others) workspace.merging.add(other.id);
  try {
    for (const other of others)
      done.push(await api.merge(other.id, { into: into.id, same_person: samePerson }, newKey()));
  } catch (error) {
    for (const other of others.slice(done.length)) workspace.merging.delete(other.id);
    throw error;
  } finally {
    told(done, others, into);
  }
  if (others.some((one) => one.id === workspace.thread?.id)) workspace.goTo(String(into.number));
}

function told(done: readonly Repaired[], others: readonly ConversationRow[], into: ConversationRow): void {
  const [first] = done;
  const last = done.at(-1);
  if (!first || !last) return;
  workspace.take(last.conversation);
  const number = String(into.number);
  const said =
    done.length === 1
      ? t('merge.done', { other: String(first.repair.number), number })
      : t('merge.done_many', { count: done.length, number });
  toasts.done(said, async () => {
    for (const { repair } of [...done].reverse()) if (!(await undoRepair(repair.id, false))) return;
    for (const other of others) workspace.merging.delete(other.id);
    toasts.done(t('repair.done'));
  });
}

/** Moves messages into another conversation, or with '' into a new one. Throws what the service refuses. */
export async function moveMessages(
  row: ConversationRow,
  messages: readonly string[],
  to: string,
): Promise<void> {
  const { repair, conversation } = await api.move(row.id, { messages: [...messages], to }, newKey());
  workspace.take(conversation);
  const said = t('move.done', { count: messages.length, number: String(conversation.number) });
  toasts.done(said, async () => void (await undoRepair(repair.id)));
}

/** Tells whether it went well. */
export async function undoRepair(id: RepairRow['id'], say = true): Promise<boolean> {
  const done = await attempt(async () => workspace.take((await api.undoRepair(id, newKey())).conversation));
  if (done && say) toasts.done(t('repair.done'));
  return done;
}

/** Merges a customer into another one, on the versions that were seen. Throws what the service refuses, for the dialog to say. */
export async function mergeCustomers(
  other: CustomerRow,
  into: CustomerRow,
  choice: Pick<MergeCustomers, 'take' | 'take_attributes'>,
): Promise<CustomerRow> {
  const body = { ...choice, into: into.id, version: other.version, into_version: into.version };
  const { merge, customer } = await api.mergeCustomers(other.id, body, newKey());
  const unnamed = t('customer.unknown');
  const said = t('persons.done', { other: other.name || unnamed, name: customer.name || unnamed });
  toasts.done(said, async () => void (await undoCustomerMerge(merge.id)));
  return customer;
}

/** The one that stayed, as it is without the other; null when it did not go well. */
export async function undoCustomerMerge(merge: string): Promise<CustomerRow | null> {
  let left: CustomerRow | null = null;
  const done = await attempt(async () => {
    left = (await api.partCustomers(merge, newKey())).customer;
  });
  if (done) toasts.done(t('repair.done'));
  return left;
}
