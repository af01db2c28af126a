import { expect, test } from 'vitest';
import { middle } from './face';

test('of a wide picture the middle is shown, of a portrait rather its upper part', () => {
  expect(middle(400, 400)).toEqual({ x: 0, y: 0, side: 400 });
  expect(middle(1000, 400)).toEqual({ x: 300, y: 0, side: 400 });
  expect(middle(400, 1000)).toEqual({ x: 0, y: 200, side: 400 });
});
