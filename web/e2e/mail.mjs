// Mail in and out of the demo: INBOX_SENT is the folder with what it has sent.
import { readdir, readFile } from 'node:fs/promises';
import { conversations, until } from './browser.mjs';

export { sendMail, SUPPORT } from './smtp.mjs';

const SENT = process.env.INBOX_SENT ?? '.inbox/sent';

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
export function conversationAbout(page, subject, view = 'all') {
  return until(async () => {
    for await (const row of conversations(page, { view })) if (row.subject === subject) return row;
    return undefined;
  }, `a conversation about ${subject}`);
}
