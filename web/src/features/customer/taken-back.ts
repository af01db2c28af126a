// What was changed about a customer is said, and can be taken back for as long as nobody has changed it again.
import '../../lib/i18n/later';
import { api } from '../../lib/api/client';
import type { CustomerRow, EditCustomer } from '../../lib/api/types';
import { t } from '../../lib/i18n';
import { attempt } from '../../lib/state/actions';
import { toasts } from '../../lib/state/toasts.svelte';

type Change = Omit<EditCustomer, 'version'>;
type Field = Exclude<keyof Change, 'attributes'>;

/** What gives the fields of a change the values they have in a row. */
export function backTo(row: CustomerRow, change: Change): Change {
  const { attributes, ...fields } = change;
  const before = Object.fromEntries((Object.keys(fields) as Field[]).map((field) => [field, row[field]]));
  const own = Object.keys(attributes ?? {}).map((name) => [name, row.attributes[name] ?? null]);
  return { ...before, ...(attributes && { attributes: Object.fromEntries(own) }) };
}

/** Offers to take back a change that has made `after` of `before`; `taken` hears of the answer. */
export function offer(
  before: CustomerRow,
  after: CustomerRow,
  change: Change,
  taken: (row: CustomerRow) => void,
): void {
  const back = backTo(before, change);
  const left = JSON.stringify(backTo(after, change));
  if (JSON.stringify(back) === left) return;
  const undo = async () => {
    const now = await api.customer(after.id);
    if (JSON.stringify(backTo(now, change)) !== left) return toasts.error(t('customer.changed'));
    taken(await api.editCustomer(after.id, { version: now.version, ...back }));
  };
  const name = after.name || before.name || t('customer.label');
  toasts.done(t('customer.saved', { name }), async () => void (await attempt(undo)));
}
