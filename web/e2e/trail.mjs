// What a page has done of late, for whoever reads why a flow failed on a machine that is not his.
const KEPT = 40;
const trails = new Map();

/** Writes down from now on what the page asks the service for, and what of that got no answer. */
export function follow(page) {
  const trail = { asked: [], waiting: new Set() };
  trails.set(page, trail);
  const told = (request) => {
    const { pathname, search } = new URL(request.url());
    return pathname.startsWith('/api/') && `${request.method()} ${pathname}${search}`;
  };
  const ended = async (request) => {
    const what = told(request);
    if (!what || !trail.waiting.delete(request)) return;
    const status = request.failure()?.errorText ?? (await request.response().catch(() => null))?.status();
    const sent = request.postData()?.slice(0, 300) ?? '';
    trail.asked.push(`${new Date().toISOString().slice(11, 23)} ${what} ${sent} ${status}`);
    if (trail.asked.length > KEPT) trail.asked.shift();
  };
  page.on('request', (request) => told(request) && trail.waiting.add(request));
  page.on('requestfinished', ended);
  page.on('requestfailed', ended);
}

/** Where the open pages are, what they say, and what they asked for last. */
export async function report() {
  for (const [page, { asked, waiting }] of trails) {
    if (page.isClosed()) {
      trails.delete(page);
      continue;
    }
    const said = await page
      .evaluate(() =>
        [
          ...document.querySelectorAll(
            '[role=alert], [role=status], [aria-live], [data-testid=toast], [role=dialog]',
          ),
        ]
          .map((one) => one.innerText.trim().slice(0, 200))
          .filter(Boolean),
      )
      .catch((error) => [String(error)]);
    const lines = [page.url(), ...page.complaints, ...said.map((one) => `says: ${one}`), ...asked];
    for (const request of waiting) lines.push(`no answer: ${request.method()} ${request.url()}`);
    console.log(lines.join('\n  '));
  }
}
