import { expect, test } from 'vitest';
import { bytesOf, hasPasskeys, textOf, wasLeft, wasThere } from './webauthn';

test('bytes go through base64url and back', () => {
  const bytes = Uint8Array.from([0, 250, 251, 252, 253, 254, 255, 62, 63, 191]);
  expect(textOf(bytes.buffer)).toBe('APr7_P3-_z4_vw');
  expect(bytesOf('APr7_P3-_z4_vw')).toEqual(bytes);
  expect(textOf(null)).toBe('');
  expect(bytesOf('')).toHaveLength(0);
});

test('a browser without them says so', () => {
  expect(hasPasskeys()).toBe(false);
});

test('what the person ended is told from what went wrong', () => {
  expect(wasLeft(new DOMException('', 'NotAllowedError'))).toBe(true);
  expect(wasLeft(new DOMException('', 'SecurityError'))).toBe(false);
  expect(wasLeft(new Error('NotAllowedError'))).toBe(false);
  expect(wasThere(new DOMException('', 'InvalidStateError'))).toBe(true);
  expect(wasThere(new DOMException('', 'NotAllowedError'))).toBe(false);
});
