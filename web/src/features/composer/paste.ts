// Rich text from elsewhere as markdown. It is parsed into a document of its own, in which nothing runs and nothing is loaded.

const MOST = 500_000;
const FORMATTED = 'b,strong,i,em,a[href],ul,ol,code,pre,blockquote,h1,h2,h3,h4,h5,h6';
const SKIPPED = new Set(['STYLE', 'SCRIPT', 'TITLE', 'META', 'LINK', 'TEMPLATE', 'NOSCRIPT']);
const BLOCKS = new Set(['P', 'DIV', 'UL', 'OL', 'PRE', 'BLOCKQUOTE', 'TABLE', 'SECTION', 'ARTICLE', 'TR']);

/** The markdown of pasted HTML; undefined where the plain text says as much. */
export function markdownOf(html: string): string | undefined {
  if (html.length > MOST) return undefined;
  const { body } = new DOMParser().parseFromString(html, 'text/html');
  if (!body.querySelector(FORMATTED)) return undefined;
  return inner(body)
    .replace(/[ \t]+\n/g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

function inner(node: Node): string {
  return [...node.childNodes].map(written).join('');
}

function written(node: Node): string {
  if (node.nodeType === Node.TEXT_NODE) return (node.textContent ?? '').replace(/\s+/g, ' ');
  if (!(node instanceof Element) || SKIPPED.has(node.tagName)) return '';
  const made = MADE[node.tagName];
  if (made) return made(node);
  return BLOCKS.has(node.tagName) ? `\n\n${inner(node).trim()}\n\n` : inner(node);
}

/** Blanks stay outside of the signs; what spans lines or is nothing gets none. */
function signed(sign: string): (node: Element) => string {
  return (node) => {
    // Google Docs wraps everything in a <b> that is none.
    const weight = (node as HTMLElement).style.fontWeight;
    const text = inner(node);
    const core = text.trim();
    if (!core || core.includes('\n') || (sign === '**' && weight === 'normal')) return text;
    const at = text.indexOf(core);
    return text.slice(0, at) + sign + core + sign + text.slice(at + core.length);
  };
}

const listed = (mark: (i: number) => string) => (node: Element) => {
  const items = [...node.children].filter((one) => one.tagName === 'LI');
  const lines = items.map(
    (one, i) =>
      mark(i) +
      inner(one)
        .trim()
        .replace(/\s*\n\s*/g, ' '),
  );
  return `\n\n${lines.join('\n')}\n\n`;
};

function linked(node: Element): string {
  const words = inner(node).trim().replace(/\s+/g, ' ');
  const address = node.getAttribute('href') ?? '';
  if (!/^https?:\/\/[^\s()<>]+$/i.test(address) || !words) return words;
  return words === address ? address : `[${words.replace(/[[\]]/g, '')}](${address})`;
}

const head = (node: Element) => `\n\n**${inner(node).trim().replace(/\*\*/g, '')}**\n\n`;

const MADE: Readonly<Record<string, (node: Element) => string>> = {
  BR: () => '\n',
  B: signed('**'),
  STRONG: signed('**'),
  I: signed('_'),
  EM: signed('_'),
  CODE: signed('`'),
  A: linked,
  UL: listed(() => '- '),
  OL: listed((i) => `${i + 1}. `),
  PRE: (node) => `\n\n\`\`\`\n${(node.textContent ?? '').replace(/\n$/, '')}\n\`\`\`\n\n`,
  BLOCKQUOTE: (node) => `\n\n${inner(node).trim().replace(/^/gm, '> ')}\n\n`,
  TD: (node) => `${inner(node).trim()} `,
  TH: (node) => `${inner(node).trim()} `,
  H1: head,
  H2: head,
  H3: head,
  H4: head,
  H5: head,
  H6: head,
};
