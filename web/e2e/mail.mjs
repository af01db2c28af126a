// Mail in and out of the demo: INBOX_MAIL_PORT takes it, INBOX_SENT is the folder with what the demo has sent.
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { createInterface } from 'node:readline';
import { call, until } from './browser.mjs';

const PORT = Number(process.env.INBOX_MAIL_PORT ?? 2525);
const SENT = process.env.INBOX_SENT ?? '.inbox/sent';
export const SUPPORT = 'support@northwind.example';

/** Hands a mail in by SMTP. `headers` come beside the usual ones; returns its Message-ID. */
export async function sendMail({ from, to = SUPPORT, subject, html, text, headers = {} }) {
  const id = `<${crypto.randomUUID()}@mail.example.net>`;
  const fields = {
    From: from,
    To: to,
    Subject: subject,
    'Message-ID': id,
    Date: new Date().toUTCString().replace('GMT', '+0000'),
    'MIME-Version': '1.0',
    'Content-Type': `text/${html ? 'html' : 'plain'}; charset=utf-8`,
    ...headers,
  };
  const head = Object.entries(fields).map(([name, value]) => `${name}: ${value}`);
  const body = (html ?? text).split('\n').map((line) => (line.startsWith('.') ? `.${line}` : line));
  await converse([
    'EHLO mail.example.net',
    `MAIL FROM:<${bare(from)}>`,
    `RCPT TO:<${bare(to)}>`,
    'DATA',
    [...head, '', ...body, '.'].join('\r\n'),
    'QUIT',
  ]);
  return id;
}

const bare = (address) => /<(.*)>/.exec(address)?.[1] ?? address;

async function converse(commands) {
  const socket = createConnection(PORT, '127.0.0.1');
  const answers = createInterface({ input: socket })[Symbol.asyncIterator]();
  const answered = async () => {
    for (;;) {
      const { value = '', done } = await answers.next();
      assert.ok(!done && /^[23]/.test(value), `the mail was refused: ${value}`);
      if (value[3] !== '-') return;
    }
  };
  try {
    await answered();
    for (const command of commands) {
      socket.write(`${command}\r\n`);
      await answered();
    }
  } finally {
    socket.destroy();
  }
}

/** The newest mail that was sent to this address, its header lines unfolded and its text decoded; waits for it. */
export function sentTo(address, check = () => true) {
  return until(async () => {
    const names = await readdir(SENT).catch(() => []);
    for (const name of names
      .filter((one) => one.includes(address))
      .sort()
      .reverse()) {
      const mail = readMail(await readFile(`${SENT}/${name}`, 'latin1'));
      if (check(mail)) return mail;
    }
    return null;
  }, `a mail to ${address}`);
}

function readMail(source) {
  const [head, ...rest] = source.replaceAll('\r\n', '\n').split('\n\n');
  const headers = Object.fromEntries(
    head
      .replace(/\n[ \t]+/g, ' ')
      .split('\n')
      .map((line) => [
        line.slice(0, line.indexOf(':')).toLowerCase(),
        line.slice(line.indexOf(':') + 1).trim(),
      ]),
  );
  const plain = rest.join('\n\n');
  const words = plain
    .replace(/=\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  return { headers, text: Buffer.from(words, 'latin1').toString('utf8') };
}

/** The conversation with this subject, as soon as the page's agent can see it. */
export function conversationAbout(page, subject) {
  return until(async () => {
    for (let after = ''; after !== null;) {
      const start = after && `&after=${encodeURIComponent(after)}`;
      const { body } = await call(page, 'GET', `/conversations?view=all&limit=100${start}`);
      const found = body.rows.find((row) => row.subject === subject);
      if (found) return found;
      after = body.next;
    }
    return undefined;
  }, `a conversation about ${subject}`);
}
