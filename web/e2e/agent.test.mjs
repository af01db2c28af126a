// What one agent does all day.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  agent,
  AMINA,
  call,
  composer,
  focused,
  messageWith,
  MIRA,
  newConversation,
  newPage,
  openConversation,
  RAVI,
  seen,
  until,
  URL_OF_DEMO,
} from './browser.mjs';

test('a wrong password is said in words, the right one leads back to where one wanted to go', async () => {
  const page = await newPage();
  await page.goto(`${URL_OF_DEMO}/inbox/snoozed`);
  await page.getByLabel('Email').fill(MIRA);
  await page.getByLabel('Password').fill('not the password');
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('alert').filter({ hasText: 'Email or password is wrong.' }).waitFor();
  await page.getByLabel('Password').fill('inbox-demo');
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.waitForURL('**/inbox/snoozed');
  assert.deepEqual(page.complaints, []);
});

test('a forgotten password is asked for without telling whether the account exists', async () => {
  const page = await newPage();
  await page.goto(`${URL_OF_DEMO}/login`);
  await page.getByRole('link', { name: 'Forgotten password?' }).click();
  await page.getByLabel('Email').fill('nobody@example.org');
  await page.getByRole('button', { name: 'Send the link' }).click();
  const said = page.getByRole('status').filter({ hasText: 'nobody@example.org' });
  await said.waitFor();
  assert.match(await said.innerText(), /valid for 48 hours/);
});

test('a reply is shown at once and becomes the stored message', async () => {
  const page = await agent(MIRA);
  const row = await newConversation(page);
  await openConversation(page, row.number);
  await composer(page).waitFor();
  const into = await page.evaluate(() => {
    document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'r', bubbles: true }));
    return document.activeElement?.tagName;
  });
  assert.equal(into, 'TEXTAREA', 'the key after R goes into the field');
  await composer(page).fill('Thank you, **we are on it**.');
  await page.keyboard.press('Control+Enter');
  await messageWith(page, 'we are on it').waitFor();
  await until(async () => (await composer(page).inputValue()) === '', 'the field is empty');
  await until(async () => (await page.getByTestId('outgoing').count()) === 0, 'nothing is left on its way');
  const detail = await call(page, 'GET', `/conversations/${row.number}`);
  const texts = detail.body.timeline.items.filter((item) => item.t === 'message').map((item) => item.text);
  assert.equal(texts.filter((text) => text.includes('we are on it')).length, 1);
  assert.deepEqual(page.complaints, []);
});

test('a note looks different and never leaves the house', async () => {
  const page = await agent(MIRA);
  const row = await newConversation(page);
  await openConversation(page, row.number);
  await composer(page).waitFor();
  await page.keyboard.press('n');
  await page.locator('[data-testid=mode-note][aria-pressed=true]').waitFor();
  await composer(page).fill('Only for us');
  await page.getByTestId('send').click();
  const note = messageWith(page, 'Only for us');
  await note.waitFor();
  assert.equal(await note.getAttribute('data-kind'), 'note');
  assert.match(await note.innerText(), /only your team sees this/);
  assert.equal(await note.getByTestId('delivery').count(), 0);
});

test('drafts are kept per conversation and mode, through switching and reload, and go when sent', async () => {
  const page = await agent(MIRA);
  const one = await newConversation(page);
  const two = await newConversation(page);
  await openConversation(page, one.number);
  await composer(page).fill('half a reply');
  await page.getByTestId('mode-note').click();
  await composer(page).fill('half a note');
  await page.getByTestId('mode-reply').click();
  const holds = (words) =>
    until(async () => (await composer(page).inputValue()) === words, `${words} is there`);
  await holds('half a reply');
  await openConversation(page, two.number);
  await holds('');
  await openConversation(page, one.number);
  await holds('half a reply');
  await page.getByTestId('mode-note').click();
  await holds('half a note');
  const stored = () => call(page, 'GET', `/conversations/${one.number}`).then((answer) => answer.body.drafts);
  await until(async () => (await stored()).length === 2, 'both drafts are at the service');
  await page.getByTestId('send').click();
  await messageWith(page, 'half a note').waitFor();
  await until(
    async () => (await stored()).map((draft) => draft.mode).join() === 'reply',
    'the sent one is gone',
  );
});

test('a draft is there in another browser', async () => {
  const page = await agent(MIRA);
  const row = await newConversation(page);
  await openConversation(page, row.number);
  await composer(page).fill('begun here');
  await until(
    async () => (await call(page, 'GET', `/conversations/${row.number}`)).body.drafts.length === 1,
    'it is stored',
  );
  const other = await agent(MIRA);
  await openConversation(other, row.number);
  await until(async () => (await composer(other).inputValue()) === 'begun here', 'it is shown there');
});

test('closing goes to the next conversation and can be undone by Z', async () => {
  const page = await agent(MIRA);
  await newConversation(page);
  const row = await newConversation(page);
  await openConversation(page, row.number);
  await page.getByTestId('row').first().waitFor();
  const told = page.getByTestId('toast').filter({ hasText: `#${row.number} closed` });
  await seen(told, () => page.keyboard.press('e'));
  await until(() => !page.url().endsWith(`/${row.number}`), 'another conversation is open');
  await page.keyboard.press('z');
  await until(
    async () => (await call(page, 'GET', `/conversations/${row.number}`)).body.row.category !== 'resolved',
    'it is open again',
  );
});

test('status, priority, assignee, team, tags, snooze and subject are set from the head', async () => {
  const page = await agent(RAVI);
  const row = await newConversation(page);
  await openConversation(page, row.number);
  const now = async () => (await call(page, 'GET', `/conversations/${row.number}`)).body.row;

  await page.getByTestId('priority').click();
  await page.getByTestId('priority-urgent').click();
  await until(async () => (await now()).priority === 'urgent', 'priority');

  await page.keyboard.press('a');
  await page.getByTestId('assignee-input').fill('Jonas');
  await page.keyboard.press('Enter');
  await until(async () => (await now()).assignee === 'jonas', 'assignee');
  await page.keyboard.press('i');
  await until(async () => (await now()).assignee === 'ravi', 'assigned to me');

  await page.getByTestId('team').click();
  await page.getByTestId('team-input').fill('Sales');
  await page.keyboard.press('Enter');
  await until(async () => (await now()).team === 'sales', 'team');

  await page.keyboard.press('t');
  await page.getByTestId('tags-input').fill('brand-new');
  await page.keyboard.press('Enter');
  await until(async () => (await now()).tags.includes('brand-new'), 'tag');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Remove tag brand-new' }).click();
  await until(async () => !(await now()).tags.includes('brand-new'), 'tag removed');

  await page.getByTestId('subject').click();
  await page.getByLabel('Subject').fill('A better subject');
  await page.keyboard.press('Enter');
  await until(async () => (await now()).subject === 'A better subject', 'subject');

  await page.keyboard.press('b');
  await page.getByTestId('snooze-tomorrow').click();
  await until(async () => (await now()).category === 'snoozed', 'snoozed');
  assert.deepEqual(page.complaints, []);
});

test('a conversation is found by its number and by words', async () => {
  const page = await agent(MIRA);
  const row = await newConversation(page, 'Kingfisher');
  await page.keyboard.press('/');
  await focused(page.getByTestId('search'));
  await page.keyboard.type(`#${row.number}`);
  await page.keyboard.press('Enter');
  await page
    .getByTestId('number')
    .filter({ hasText: `#${row.number}` })
    .waitFor();
  await until(
    async () =>
      (await call(page, 'GET', '/search?q=kingfisher')).body.hits?.some(
        (hit) => hit.row.number === row.number,
      ),
    'it is indexed',
  );
  const q = 'kingfisher hello';
  await page.getByTestId('search').fill(q);
  await page.keyboard.press('Enter');
  await page.waitForURL((url) => url.searchParams.get('q') === q);
  const hit = page.locator(`[data-number="${row.number}"]`);
  await hit
    .locator('mark')
    .filter({ hasText: /^hello$/i })
    .first()
    .waitFor();
  await hit.click();
  await page.waitForURL((url) => url.hash.length > 1);
  await page.locator('[data-message].sought, [data-message] .sought, .sought').first().waitFor();
  const marked = () => page.evaluate(() => [...(CSS.highlights.get('found') ?? [])].map(String));
  await until(async () => (await marked()).some((word) => word === 'Hello'), 'it is marked');

  await page.goto(`${URL_OF_DEMO}/inbox/all`);
  await page.getByTestId('row').first().waitFor();
  assert.deepEqual(await marked(), []);
  await page.keyboard.press('/');
  await page.getByRole('option', { name: q }).waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.waitForURL((url) => url.searchParams.get('q') === q);
  await page.getByTestId('search').fill('is:nonsense');
  await page.keyboard.press('Enter');
  const why = page.getByRole('alert').filter({ hasText: 'is: takes open' });
  await why.waitFor();
  assert.ok(!(await why.innerText()).startsWith('q:'));
});

test('J and K go through the list, ? shows the keys, Escape gives the focus back', async () => {
  const page = await agent(RAVI);
  await page.goto(`${URL_OF_DEMO}/inbox/all`);
  await page.getByTestId('row').nth(1).waitFor();
  // Others write meanwhile, and the list moves: what is next is looked at in the same moment in which the key is pressed.
  const press = async (key, step) => {
    await page.evaluate((step) => {
      const look = () => {
        const numbers = [...document.querySelectorAll('[data-testid=row]')].map((row) => row.dataset.number);
        globalThis.follows = numbers[numbers.indexOf(location.pathname.split('/')[3]) + step];
      };
      addEventListener('keydown', look, { capture: true, once: true });
    }, step);
    await page.keyboard.press(key);
    return page.evaluate(() => globalThis.follows);
  };
  for (const [key, step] of [
    ['j', 1],
    ['j', 1],
    ['k', -1],
  ])
    await page.waitForURL(`**/inbox/all/${await press(key, step)}`);
  await page.keyboard.press('?');
  await page.getByTestId('help').waitFor();
  await page.keyboard.press('Escape');
  await page.getByTestId('help').waitFor({ state: 'detached' });
});

test('letters with Alt or AltGr are left to the keyboard layout', async () => {
  const page = await agent(MIRA);
  await page.goto(`${URL_OF_DEMO}/inbox/all`);
  await page.getByTestId('row').first().waitFor();
  await page.keyboard.press('Alt+j');
  await page.keyboard.press('?'); // once this has had its effect, the other would have had its own
  await page.getByTestId('help').waitFor();
  assert.equal(await page.evaluate(() => location.pathname), '/inbox/all');
});

test('a file is attached, shown and can be fetched', async () => {
  const page = await agent(MIRA);
  const row = await newConversation(page);
  await openConversation(page, row.number);
  await page
    .getByTestId('attach')
    .setInputFiles({ name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('inside the file') });
  await page.getByTestId('draft-file').filter({ hasText: 'notes.txt' }).waitFor();
  await composer(page).fill('See the file.');
  await page.getByTestId('send').click();
  const link = messageWith(page, 'See the file.').getByTestId('attachment');
  await link.waitFor();
  const text = await page.evaluate(
    async (href) => (await fetch(href)).text(),
    await link.getAttribute('href'),
  );
  assert.equal(text, 'inside the file');
});

test('the customer is edited in place', async () => {
  const page = await agent(MIRA);
  const row = await newConversation(page);
  await openConversation(page, row.number);
  await page.getByTestId('customer-company').click();
  await page.getByTestId('customer-company-field').fill('Kingfisher Ltd');
  await page.keyboard.press('Enter');
  await page.getByTestId('add-attribute').click();
  await page.getByLabel('Name', { exact: true }).fill('Plan');
  await page.getByLabel('Value', { exact: true }).fill('Team');
  await page.keyboard.press('Enter');
  const customer = async () => (await call(page, 'GET', `/customers/${row.customer.id}`)).body;
  await until(async () => (await customer()).company === 'Kingfisher Ltd', 'company');
  await until(async () => (await customer()).attributes.Plan === 'Team', 'attribute');
});

test('a new conversation is begun with any address', async () => {
  const page = await agent(MIRA);
  await page.getByTestId('compose').click();
  await page.getByTestId('new-to').getByRole('textbox').fill('Zoe <zoe@example.net>');
  await page.getByTestId('new-subject').fill('Begun by hand');
  await page.getByTestId('new-text').fill('Good morning Zoe');
  await page.getByTestId('new-send').click();
  await messageWith(page, 'Good morning Zoe').waitFor();
});

test('a forwarded message goes to a third party and changes nobody whom an answer goes to', async () => {
  const page = await agent(MIRA);
  const row = await newConversation(page);
  await openConversation(page, row.number);
  const recipients = () => page.getByTestId('to').innerText();
  const before = await until(async () => {
    const shown = await recipients();
    return /flow/i.test(shown) && shown;
  }, 'whom an answer goes to');
  await page.keyboard.press('f');
  await page.getByTestId('to').getByRole('textbox').fill('third@example.net');
  await page.keyboard.press('Enter');
  await page.getByTestId('send').click();
  await messageWith(page, 'Forwarded message').waitFor();
  await messageWith(page, 'Forwarded to third@example.net').waitFor();
  await page.getByTestId('mode-reply').click();
  await until(async () => (await recipients()) === before, `an answer goes to ${before}`);
});

test('what is typed after a click on a row and into the reply stays in the reply', async () => {
  const page = await agent(AMINA);
  const rows = [await newConversation(page), await newConversation(page)];
  await page.goto(`${URL_OF_DEMO}/inbox/all`);
  for (const { number } of rows) {
    await page.locator(`[data-number="${number}"]`).click();
    await page.waitForURL(`**/inbox/all/${number}`);
    await page
      .getByTestId('number')
      .filter({ hasText: `#${number}` })
      .waitFor();
    await page.getByTestId('message').first().waitFor();
    await composer(page).click();
    // As slow as fingers are, so that updates of the list fall between the letters.
    await page.keyboard.type('Yes we do', { delay: 40 });
    assert.equal(await composer(page).inputValue(), 'Yes we do');
    assert.ok(await composer(page).evaluate((field) => field === document.activeElement));
    assert.ok(page.url().endsWith(`/inbox/all/${number}`));
    assert.notEqual((await call(page, 'GET', `/conversations/${number}`)).body.row.category, 'resolved');
  }
  assert.deepEqual(page.complaints, []);
});

test('toasts cover neither the account nor the reply, on a desk or in a hand', async () => {
  for (const [width, height] of [
    [1440, 900],
    [900, 800],
    [390, 844],
  ]) {
    const page = await agent(MIRA, { viewport: { width, height } });
    const row = await newConversation(page);
    await openConversation(page, row.number);
    const bare = (testid) =>
      page.getByTestId(testid).evaluate((element) => {
        const { left, right, top, bottom } = element.getBoundingClientRect();
        const points = [left + 3, (left + right) / 2, right - 3].map((x) => [x, (top + bottom) / 2]);
        return points.every(([x, y]) => element.contains(document.elementFromPoint(x, y)));
      });
    // What went wrong stays until it is dismissed, however long the test takes.
    const codes = ['gone', 'too_large', 'forbidden'];
    const problems = codes.map((code) => ({
      type: '',
      title: code,
      status: 422,
      code,
      detail: `No: ${code}`,
    }));
    await page.route(`**/api/v1/conversations/${row.id}`, (route) =>
      route.request().method() === 'PATCH'
        ? route.fulfill({ status: 422, json: problems.pop() })
        : route.fallback(),
    );
    for (let count = 1; count <= 3; count++) {
      await page.keyboard.press('i');
      await until(async () => (await page.getByTestId('toast').count()) === count, `${count} toasts`);
    }
    await until(() => bare('composer-text'), `the reply at ${width}`);
    await until(() => bare('resolve'), `the head at ${width}`);
    if (width < 760) {
      await page.getByRole('button', { name: 'Back to the list' }).click();
      await page.getByRole('button', { name: 'Open navigation' }).click();
    }
    await until(() => bare('availability'), `the switch can be reached at ${width}`);
    await until(() => bare('account'), `the account at ${width}`);
    assert.equal(await page.getByTestId('toast').count(), 3);
  }
});
