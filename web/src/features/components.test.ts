import { cleanup, fireEvent, render, screen, within } from '@testing-library/svelte';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Address, Attribute, MessageRow } from '../lib/api/types';
import { conversation, FakeService, json } from '../testing/service';
import AddressField from './composer/AddressField.svelte';
import EditableText from './customer/EditableText.svelte';
import TypedValue from './customer/TypedValue.svelte';
import MessageBody from './thread/MessageBody.svelte';
import Subject from './thread/Subject.svelte';

afterEach(cleanup);

const message = (change: Partial<MessageRow>) =>
  ({
    id: 'm1',
    kind: 'customer',
    text: '',
    fresh: null,
    html: false,
    attachments: [],
    author_name: 'Ada',
    ...change,
  }) as MessageRow;

/** Outside the document, where frames do not load. */
function detached(change: Partial<MessageRow>): HTMLElement {
  const target = document.createElement('div');
  render(MessageBody, { target, props: { message: message(change) } });
  return target;
}

describe('the words of a message', () => {
  it('fold quoted text away, without losing it', async () => {
    render(MessageBody, { message: message({ text: 'Yes please.\n> old words', fresh: 12 }) });
    expect(screen.getByText('Yes please.')).toBeTruthy();
    expect(screen.queryByText(/old words/)).toBeNull();
    await fireEvent.click(screen.getByRole('button', { name: 'Show quoted text' }));
    expect(screen.getByText(/old words/)).toBeTruthy();
  });

  it('never run what a mail contains', () => {
    const { container } = render(MessageBody, { message: message({ text: '<img src=x onerror=alert(1)>' }) });
    expect(container.querySelector('img')).toBeNull();
    expect(container.textContent).toContain('<img src=x onerror=alert(1)>');
  });

  it('show a mail without text in a frame that has neither scripts nor our origin, and no remote images', async () => {
    const box = detached({ html: true });
    const frame = () => box.querySelector('iframe');
    expect(frame()?.getAttribute('src')).toBe('/api/v1/messages/m1/html');
    expect(frame()?.getAttribute('sandbox')).not.toMatch(
      /allow-scripts|allow-same-origin|allow-forms|allow-top-navigation/,
    );
    await fireEvent.click(within(box).getByTestId('load-images'));
    expect(frame()?.getAttribute('src')).toBe('/api/v1/messages/m1/html?images=1');
  });

  it('come first where there are any, the HTML is asked for', async () => {
    const box = detached({ html: true, text: 'Hello' });
    expect(box.querySelector('iframe')).toBeNull();
    await fireEvent.click(within(box).getByTestId('toggle-html'));
    expect(box.querySelector('iframe')).not.toBeNull();
  });
});

describe('a field for addresses', () => {
  const ada: Address = { kind: 'email', value: 'ada@example.org', name: 'Ada' };

  function open(value: Address[] = [], missing = false) {
    const onchange = vi.fn<(value: Address[]) => void>();
    render(AddressField, { label: 'To', kind: 'email', value, onchange, missing });
    return { onchange, field: screen.getByLabelText<HTMLInputElement>('To') };
  }

  it('turns what was typed into an address at a comma', async () => {
    const { onchange, field } = open([ada]);
    field.value = 'bob@example.org';
    await fireEvent.keyDown(field, { key: ',' });
    expect(onchange).toHaveBeenCalledWith([ada, { kind: 'email', value: 'bob@example.org' }]);
    expect(field.value).toBe('');
  });

  it('keeps what is no address, says so, and adds nobody twice', async () => {
    const { onchange, field } = open([ada]);
    field.value = 'nonsense, ADA@example.org';
    await fireEvent.keyDown(field, { key: 'Enter' });
    expect(field.value).toBe('nonsense');
    expect(screen.getByRole('alert').textContent).toBe('This is not an address.');
    expect(onchange).not.toHaveBeenCalled();
  });

  it('says that somebody is missing', () => {
    const { field } = open([], true);
    const said = screen.getByRole('alert');
    expect(said.textContent).toBe('Nobody is here yet: enter who gets it.');
    expect(field.getAttribute('aria-invalid')).toBe('true');
    expect(field.getAttribute('aria-describedby')).toBe(said.id);
  });

  it('takes the last one away with Backspace, and not while an input method composes', async () => {
    const { onchange, field } = open([ada]);
    await fireEvent.keyDown(field, { key: 'Backspace', isComposing: true });
    expect(onchange).not.toHaveBeenCalled();
    await fireEvent.keyDown(field, { key: 'Backspace' });
    expect(onchange).toHaveBeenCalledWith([]);
  });
});

describe('a value that is edited in place', () => {
  function open() {
    const onsave = vi.fn<(value: string) => void>();
    render(EditableText, { value: 'Acme', label: 'Company', placeholder: 'Add', onsave });
    return onsave;
  }

  it('saves with Enter and leaves it with Escape', async () => {
    const onsave = open();
    await fireEvent.click(screen.getByRole('button', { name: 'Company: Acme' }));
    const field = screen.getByLabelText<HTMLInputElement>('Company');
    field.value = 'Other';
    await fireEvent.keyDown(field, { key: 'Escape' });
    expect(onsave).not.toHaveBeenCalled();
    await fireEvent.click(screen.getByRole('button', { name: 'Company: Acme' }));
    const again = screen.getByLabelText<HTMLInputElement>('Company');
    again.value = ' Acme GmbH ';
    await fireEvent.keyDown(again, { key: 'Enter' });
    expect(onsave).toHaveBeenCalledExactlyOnceWith('Acme GmbH');
  });

  it('keeps what is typed while a colleague changes it, and his where nothing was', async () => {
    const onsave = vi.fn<(value: string) => void>();
    const props = { value: 'Acme', label: 'Company', placeholder: 'Add', onsave };
    const { rerender } = render(EditableText, props);
    await fireEvent.click(screen.getByRole('button', { name: 'Company: Acme' }));
    const field = screen.getByLabelText<HTMLInputElement>('Company');
    await rerender({ value: 'Apex' });
    await fireEvent.keyDown(field, { key: 'Enter' });
    expect(onsave).not.toHaveBeenCalled();
    await fireEvent.click(screen.getByRole('button', { name: 'Company: Apex' }));
    const again = screen.getByLabelText<HTMLInputElement>('Company');
    again.value = 'Apex GmbH';
    await rerender({ value: 'Atlas' });
    await fireEvent.keyDown(again, { key: 'Enter' });
    expect(onsave).toHaveBeenCalledExactlyOnceWith('Apex GmbH');
  });

  it('does so where it has a kind', async () => {
    const onsave = vi.fn<(value: string) => void>();
    const attribute = { id: 'a', name: 'Seats', key: 'seats', kind: 'number', version: 1 } as Attribute;
    const { rerender } = render(TypedValue, { attribute, value: '5', onsave });
    await fireEvent.click(screen.getByRole('button', { name: 'Seats: 5' }));
    const field = screen.getByLabelText<HTMLInputElement>('Seats');
    field.value = '7';
    await rerender({ value: '6' });
    await fireEvent.keyDown(field, { key: 'Enter' });
    expect(onsave).toHaveBeenCalledExactlyOnceWith('7');
  });

  it('does so for what a conversation is about', async () => {
    const service = new FakeService();
    service.install((name, value) => vi.stubGlobal(name, value));
    service.on('PATCH /conversations/k1', () => json(conversation('k1', { subject: 'Zip fixed' })));
    const { rerender } = render(Subject, { row: conversation('k1') });
    await fireEvent.click(screen.getByTestId('subject'));
    const field = screen.getByRole<HTMLInputElement>('textbox');
    field.value = 'Zip fixed';
    await rerender({ row: conversation('k1', { subject: 'Zips', version: 2 }) });
    await fireEvent.keyDown(field, { key: 'Enter' });
    await vi.waitFor(() =>
      expect(service.requests.map((one) => one.body)).toEqual([{ subject: 'Zip fixed' }]),
    );
    vi.unstubAllGlobals();
  });
});
