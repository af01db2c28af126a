// Mail into the demo: INBOX_MAIL_PORT takes it.
import assert from 'node:assert/strict';
import { createConnection } from 'node:net';
import { createInterface } from 'node:readline';

const PORT = Number(process.env.INBOX_MAIL_PORT ?? 2525);
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
