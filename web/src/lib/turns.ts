// The order in which queues, service levels and surveys are tried: as the service sorts them, see `inbox/core/order.py`.

interface Ordered {
  id: string;
  name: string;
  order?: number;
}

/** What the service takes as an order at most. */
const LAST = 10_000;

const less = (a: string, b: string) => (a < b ? -1 : Number(a > b));

export const byTurn = (a: Ordered, b: Ordered): number =>
  (a.order ?? 0) - (b.order ?? 0) || less(a.name.toLowerCase(), b.name.toLowerCase()) || less(a.id, b.id);

/** The orders that have to change so that the one at `index` goes a place up or down; afterwards no two of those around it are alike. */
export function moved<E extends Ordered>(list: readonly E[], index: number, by: -1 | 1): [E, number][] {
  const orders = list.map((one) => one.order ?? 0);
  const next = [...list];
  next.splice(index + by, 0, ...next.splice(index, 1));
  for (let i = 1; i < orders.length; i++) orders[i] = Math.max(orders[i] ?? 0, (orders[i - 1] ?? 0) + 1);
  const fits = (orders.at(-1) ?? 0) <= LAST;
  return next
    .map((one, i): [E, number] => [one, fits ? (orders[i] ?? i) : i])
    .filter(([one, order]) => (one.order ?? 0) !== order);
}
