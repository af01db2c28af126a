// Pictures, sounds and sources where they stand: a mail brings two pictures and a recording, and an agent looks at them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { agent, focused, messageWith, openConversation, RAVI, until, violations } from './browser.mjs';
import { conversationAbout, sendMail } from './mail.mjs';

/** One second of a tone as WAV: 8 kHz, 8 bit, one channel. */
function tone(seconds = 30) {
  const samples = Buffer.from(Array.from({ length: 8000 * seconds }, (_, i) => 128 + 60 * Math.sin(i / 3)));
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.writeUInt32LE(36 + samples.length, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(8000, 24);
  head.writeUInt32LE(8000, 28);
  head.writeUInt16LE(1, 32);
  head.writeUInt16LE(8, 34);
  head.write('data', 36);
  head.writeUInt32LE(samples.length, 40);
  return Buffer.concat([head, samples]);
}

const CRC = Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n >>> 0;
});

/** A PNG of one colour. */
function png(width, height, [r, g, b]) {
  const line = Buffer.concat([Buffer.from([0]), Buffer.alloc(width * 3, Buffer.from([r, g, b]))]);
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2], 8);
  const chunk = (kind, data) => {
    const body = Buffer.concat([Buffer.from(kind), data]);
    const crc = body.reduce((sum, byte) => CRC[(sum ^ byte) & 255] ^ (sum >>> 8), 0xffffffff);
    const out = Buffer.alloc(body.length + 8);
    out.writeUInt32BE(data.length, 0);
    body.copy(out, 4);
    out.writeUInt32BE((crc ^ 0xffffffff) >>> 0, body.length + 4);
    return out;
  };
  const lines = deflateSync(Buffer.concat(Array(height).fill(line)));
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]),
    chunk('IHDR', head),
    chunk('IDAT', lines),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

async function mailWithMedia(page) {
  const subject = `Media ${Date.now().toString(36)}`;
  const boundary = 'part-of-the-flow';
  const part = (type, name, bytes) =>
    [
      `--${boundary}`,
      `Content-Type: ${type}; name="${name}"`,
      `Content-Disposition: attachment; filename="${name}"`,
      'Content-Transfer-Encoding: base64',
      '',
      bytes.toString('base64').replace(/.{76}/g, '$&\n'),
    ].join('\n');
  const text = [
    `--${boundary}`,
    'Content-Type: text/plain; charset=utf-8',
    '',
    'Two pictures and what I heard.',
    part('image/png', 'first.png', png(640, 480, [40, 90, 160])),
    part('image/png', 'second.png', png(300, 700, [160, 90, 40])),
    part('audio/wav', 'noise.wav', tone()),
    `--${boundary}--`,
  ].join('\n');
  const headers = { 'Content-Type': `multipart/mixed; boundary="${boundary}"` };
  await sendMail({ from: 'Pia <pia@example.net>', subject, text, headers });
  const row = await conversationAbout(page, subject);
  await openConversation(page, row.number);
  return row;
}

test('pictures open over the window, go on by keys, zoom, and give the focus back', async () => {
  const page = await agent(RAVI);
  const ranges = [];
  page.on('response', (answer) => {
    if (answer.request().resourceType() === 'media') ranges.push(answer.status());
  });
  await mailWithMedia(page);
  const pictures = page.getByTestId('picture');
  await pictures.first().click();
  const box = page.getByTestId('lightbox');
  await box.getByRole('heading', { name: 'first.png' }).waitFor();
  await box.getByText('1 of 2', { exact: false }).waitFor();
  await page.keyboard.press('ArrowRight');
  await box.getByRole('heading', { name: 'second.png' }).waitFor();
  await box.getByRole('button', { name: 'Next picture', disabled: true }).waitFor();
  const drawn = box.getByTestId('looked-at');
  await until(() => drawn.evaluate((img) => img.naturalHeight === 700), 'the picture is drawn');
  const before = (await drawn.boundingBox()).height;
  await page.keyboard.press('+');
  await until(async () => (await drawn.boundingBox()).height > before * 1.4, 'the picture grows');
  await page.keyboard.press('0');
  assert.deepEqual(page.complaints, []);
  assert.deepEqual(await violations(page), []);
  await page.keyboard.press('ArrowLeft');
  await box.getByRole('heading', { name: 'first.png' }).waitFor();
  await page.keyboard.press('Escape');
  await box.waitFor({ state: 'detached' });
  await focused(pictures.first());

  // The same mail has a recording: it does not start by itself, jumps by ranges, and is faster when told so.
  const player = page.getByTestId('player');
  const sound = player.locator('audio');
  await until(
    () => sound.evaluate((audio) => audio.duration > 29),
    'the recording is known to be half a minute',
  );
  assert.equal(await sound.evaluate((audio) => audio.paused && !audio.autoplay), true);
  await player.getByLabel('Speed').selectOption({ label: '1.5×' });
  await until(() => sound.evaluate((audio) => audio.playbackRate === 1.5), 'it is faster');
  await sound.evaluate((audio) => (audio.currentTime = 20));
  await until(() => sound.evaluate((audio) => !audio.seeking && audio.currentTime === 20), 'it jumps');
  assert.deepEqual([...new Set(ranges)], [206]);
  assert.deepEqual(await violations(page), []);

  const message = messageWith(page, 'Two pictures');
  await message.hover();
  await message.getByTestId('message-menu').click();
  await page.getByRole('menuitem', { name: 'View source' }).click();
  const source = page.getByTestId('source');
  await source.getByText('boundary="part-of-the-flow"').waitFor();
  assert.deepEqual(await violations(page), []);
});
