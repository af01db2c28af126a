// Which answers the server was told the visitor got or saw; each is told once per connection.
import type { MessageRow } from './frames';

export type Receipt = 'got' | 'seen';

export class Receipts {
  /** The page where it was told that he looks at the panel. */
  here: string | null = null;
  private readonly told = new Map<string, Receipt>();

  /** The ids among `unread` of which `how` is news. */
  due(unread: readonly MessageRow[], how: Receipt): string[] {
    return unread
      .map(({ id }) => id)
      .filter((id) => this.told.get(id) !== 'seen' && this.told.get(id) !== how);
  }

  tell(ids: readonly string[], how: Receipt): void {
    for (const id of ids) this.told.set(id, how);
  }

  /** How many of `unread` nobody has looked at. */
  unseen(unread: readonly MessageRow[]): number {
    return unread.filter(({ id }) => this.told.get(id) !== 'seen').length;
  }

  clear(): void {
    this.told.clear();
    this.here = null;
  }
}
