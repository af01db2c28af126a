import { expect, test } from 'vitest';
import { ApiError } from '../api/errors';
import '../i18n/later';
import { Form } from './form.svelte';
import { toasts } from './toasts.svelte';

interface Thing {
  id: string;
}

function answer<T = void>() {
  let resolve!: (value: T) => void;
  let reject!: (problem: unknown) => void;
  const promise = new Promise<T>((yes, no) => ((resolve = yes), (reject = no)));
  return { promise, resolve, reject };
}

const refused = () => new ApiError({ status: 409, code: 'conflict', title: 'Conflict' } as never);

test('what one form is answered does not close another that was opened meanwhile', async () => {
  const form = new Form<Thing>();
  const first = answer();
  form.begin();
  const sent = form.send(() => first.promise);
  form.begin({ id: 'a' });
  first.resolve();
  await sent;
  expect(form.about?.id).toBe('a');
  await form.send(() => Promise.resolve());
  expect(form.isOpen).toBe(false);
});

test('a form that failed stays with its reason, and tries again as the same request', async () => {
  const form = new Form<Thing>();
  const keys: string[] = [];
  const work = (problem?: ApiError) => (about: Thing | null, key: string) => {
    keys.push(key);
    return problem ? Promise.reject(problem) : Promise.resolve(about);
  };
  form.begin();
  await form.send(work(refused()));
  expect([form.isOpen, form.busy, form.error !== '']).toEqual([true, false, true]);
  await form.send(work());
  expect(form.isOpen).toBe(false);
  expect(keys[0]).toBe(keys[1]);
});

test('what stands in the way is named, not taken for a change by somebody else', async () => {
  const form = new Form<Thing>();
  form.begin();
  const problem = { status: 409, code: 'prevented', title: 'x', detail: 'In English.' };
  await form.send(() =>
    Promise.reject(new ApiError({ ...problem, reason: 'in_use', by: 'Companies' } as never)),
  );
  expect(form.error).toBe('“Companies” needs this. Change that first.');
  await form.send(() => Promise.reject(new ApiError({ ...problem, reason: 'new to this screen' } as never)));
  expect(form.error).toBe('In English.');
});

test('a failure of a form that is gone is said all the same', async () => {
  const form = new Form<Thing>();
  const first = answer();
  form.begin();
  const sent = form.send(() => first.promise);
  form.begin({ id: 'a' });
  first.reject(refused());
  await sent;
  expect(form.error).toBe('');
  expect(toasts.all.at(-1)?.kind).toBe('error');
});

test('a form is sent once, however often one presses', async () => {
  const form = new Form<Thing>();
  const first = answer();
  let calls = 0;
  const work = () => (calls++, first.promise);
  form.begin();
  const both = [form.send(work), form.send(work)];
  first.resolve();
  await Promise.all(both);
  expect(calls).toBe(1);
});
