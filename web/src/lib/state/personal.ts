// Choices that go with the account: in force here at once, and told to the service one after the other.
import { api } from '../api/client';
import { attempt } from './actions';
import { PERSONAL, prefs, type Prefs } from './prefs.svelte';

let saving: Promise<unknown> = Promise.resolve();

/** Tells when the account holds it. All choices are stored as one, as they stand now. */
export function choose<K extends (typeof PERSONAL)[number]>(name: K, value: Prefs[K]): Promise<unknown> {
  prefs.set(name, value);
  const screen = Object.fromEntries(PERSONAL.map((one) => [one, JSON.stringify(prefs.current[one])]));
  return (saving = saving.then(() => attempt(() => api.editMe({ screen }))));
}
