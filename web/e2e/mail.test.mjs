// What comes by mail and cannot simply be shown: foreign pictures, unreadable bytes, sealed content.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { agent, call, conversations, openConversation, RAVI, until } from './browser.mjs';
import { conversationAbout, sendMail } from './mail.mjs';

const PIXEL = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');

/** A server that strangers' mails want pictures from, and what was asked of it. */
async function pictures() {
  const asked = [];
  const server = createServer((request, response) => {
    asked.push(request.url);
    response.writeHead(200, { 'Content-Type': 'image/gif' }).end(PIXEL);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { asked, at: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

test('remote images are loaded when asked for, and of that message only', async (t) => {
  const remote = await pictures();
  t.after(remote.close);
  const page = await agent(RAVI);
  const subject = `Pictures ${crypto.randomUUID().slice(0, 8)}`;
  const from = 'Pia <pia@example.net>';
  const html = (name) =>
    `<p>Look at ${name}</p><img src="${remote.at}/${name}.gif" width="40" height="40">` +
    `<div style="background: url(${remote.at}/${name}-style.gif)">styled</div><script src="${remote.at}/script.js"></script>`;
  const first = await sendMail({ from, subject, html: html('first') });
  const row = await conversationAbout(page, subject);
  await sendMail({
    from,
    subject: `Re: ${subject}`,
    html: html('second'),
    headers: { 'In-Reply-To': first },
  });
  await openConversation(page, row.number);
  // Their words are in a frame of their own later on.
  const byWords = async (words) => {
    const message = page.getByTestId('message').filter({ hasText: words });
    return page.locator(`[data-message="${await message.getAttribute('data-message')}"]`);
  };
  const [one, two] = [await byWords('Look at first'), await byWords('Look at second')];
  for (const message of [one, two]) {
    await message.getByTestId('toggle-html').click();
    await message.getByTestId('mail-html').contentFrame().getByText('Look at').waitFor();
  }
  assert.deepEqual(remote.asked, []);
  await one.getByTestId('load-images').click();
  const width = () =>
    one
      .getByTestId('mail-html')
      .contentFrame()
      .locator('img')
      .evaluate((img) => img.naturalWidth)
      .catch(() => 0); // the frame is being drawn anew
  await until(async () => (await width()) === 1, 'the picture is shown');
  await one.getByTestId('load-images').waitFor({ state: 'detached' });
  assert.equal(await two.getByTestId('load-images').count(), 1);
  assert.deepEqual([...new Set(remote.asked)], ['/first.gif']);

  await page.reload();
  await one.getByTestId('toggle-html').click();
  await one.getByTestId('mail-html').contentFrame().getByText('Look at').waitFor();
  await one.getByTestId('load-images').waitFor();
  assert.equal(remote.asked.filter((path) => path !== '/first.gif').length, 0);
});

test('what could not be read says so and gives its source', async () => {
  const page = await agent(RAVI);
  let found;
  for await (const row of conversations(page, { view: 'resolved' })) {
    if (row.customer.name !== '' || found) continue;
    const detail = await call(page, 'GET', `/conversations/${row.id}`);
    if (detail.body.timeline.items.some((item) => item.unreadable)) found = row;
  }
  assert.ok(found, 'the demo has an unreadable message');
  await openConversation(page, found.number, 'resolved');
  const message = page.getByTestId('message').first();
  await message.getByText('This message could not be read').waitFor();
  await message.getByRole('button', { name: 'View source' }).click();
  await page.getByTestId('source').getByText('blue one').waitFor();
  const href = await page.getByTestId('source').getByRole('link').getAttribute('href');
  const [text, kept] = await page.evaluate(async (address) => {
    const answer = await fetch(address);
    return [await answer.text(), answer.headers.get('Content-Disposition')];
  }, href);
  assert.match(text, /blue one/);
  assert.match(kept, /^attachment/);
});

test('a sealed mail shows what came with it, and HTML alone has words too', async () => {
  const page = await agent(RAVI);
  const sealed = await conversationAbout(page, 'Vertraulich');
  await openConversation(page, sealed.number);
  await page
    .getByTestId('message')
    .first()
    .getByTestId('attachment')
    .filter({ hasText: 'smime.p7m' })
    .waitFor();
  const parcel = await conversationAbout(page, 'Sendung 7718 kommt heute', 'resolved');
  await openConversation(page, parcel.number, 'resolved');
  const message = page.getByTestId('message').first();
  await message.getByText('heute, 14 bis 16 Uhr').waitFor();
  await message.getByTestId('toggle-html').click();
  await message.getByTestId('mail-html').contentFrame().getByText('Ihre Sendung ist unterwegs').waitFor();
});
