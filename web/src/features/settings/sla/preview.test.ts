// Where hours stand now is told of what is typed, by their own clock, and never over a mistake.
import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import '../../../lib/i18n/later';
import type { Calendar } from '../../../lib/api/types';
import { FakeService, json, problem } from '../../../testing/service';
import HoursForm from './HoursForm.svelte';

const week = Array.from({ length: 7 }, () => [{ start: 540, end: 1080 }]);
const office = { id: 'o', name: 'Office', zone: 'America/New_York', week, version: 1 } as unknown as Calendar;
const box = () => screen.queryByTestId('preview');
const zone = () => screen.getByLabelText('Time zone');
const type = (field: HTMLElement, value: string) => fireEvent.input(field, { target: { value } });
const leave = (field: HTMLElement) => fireEvent.change(field);

let service: FakeService;

beforeEach(() => {
  service = new FakeService();
  service.install((name, value) => vi.stubGlobal(name, value));
  service.on('GET /holiday-countries', () => json([]));
  const opens_at = Date.UTC(2026, 10, 23, 14);
  service.on('POST /calendars/preview', () =>
    json({ open: false, opens_at, closes_at: null, holidays: [], holidays_to: 0 }),
  );
  render(HoursForm, { calendar: office, onsaved: vi.fn(), onback: vi.fn() });
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

it('says by the clock of which zone it opens', async () => {
  await screen.findByText(/opens .*9:00\sAM \(America\/New_York\)/);
});

it('says nothing while a day cannot be read, and again once it can', async () => {
  await vi.waitFor(() => expect(box()).not.toBeNull());
  await type(screen.getByTestId('day-0'), '9-25');
  expect(box()).toBeNull();
  await screen.findByText(/^Type hours such as .*one after the other/);
  await type(screen.getByTestId('day-0'), '9-17');
  await vi.waitFor(() => expect(box()).not.toBeNull());
});

it('says at the zone that there is none of that name, before one saves', async () => {
  await vi.waitFor(() => expect(box()).not.toBeNull());
  await type(zone(), 'Mars/Base');
  expect(box()).toBeNull();
  expect(screen.queryByText(/There is no such time zone/)).toBeNull();
  await leave(zone());
  await screen.findByText(/There is no such time zone/);
  expect(zone().getAttribute('aria-invalid')).toBe('true');
  expect(screen.getByTestId<HTMLButtonElement>('hours-save').disabled).toBe(true);
  await type(zone(), 'asia/tokyo');
  await leave(zone());
  expect((zone() as HTMLInputElement).value).toBe('Asia/Tokyo');
  await screen.findByText(/\(Asia\/Tokyo\)/);
});

it('says in the reader’s words that the service knows no such zone', async () => {
  await vi.waitFor(() => expect(box()).not.toBeNull());
  service.on('POST /calendars/preview', () =>
    problem(422, 'invalid', { field: 'zone', detail: 'zone: use an IANA name such as Europe/Berlin' }),
  );
  await type(zone(), 'Asia/Kolkata');
  await screen.findByText(/There is no such time zone/);
  expect(screen.queryByText(/IANA/)).toBeNull();
  expect(box()).toBeNull();
});
