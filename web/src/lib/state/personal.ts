// Choices that go with the account: in force here at once, and told to the service one after the other.
import { api } from '../api/client';
import { attempt } from './actions';
import { PERSONAL, prefs, type Prefs } from './prefs.svelte';

let saving: Promise<unknown> = Promise.resolve();

/** All choices are stored as one, as they stand when they are sent. */
const screen = () => Object.fromEntries(PERSONAL.map((one) => [one, JSON.stringify(prefs.current[one])]));

/** Tells when the account holds it. */
export function choose<K extends (typeof PERSONAL)[number]>(name: K, value: Prefs[K]): Promise<unknown> {
  prefs.set(name, value);
  prefs.unsaved++;
  const save = () => attempt(() => api.editMe({ screen: screen() }));
  return (saving = saving.then(save).finally(() => prefs.unsaved--));
}
