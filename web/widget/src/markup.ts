// Answers are written in a small part of markdown. They become a tree that the panel draws; no HTML is ever parsed.

export type Inline =
  | { kind: 'text'; text: string }
  | { kind: 'strong' | 'em' | 'code'; text: string }
  | { kind: 'link'; text: string; href: string };

export type Block =
  { kind: 'p'; lines: Inline[][] } | { kind: 'ul' | 'ol'; items: Inline[][] } | { kind: 'pre'; text: string };

const TOKEN =
  /`([^`\n]+)`|\*\*([^\n]+?)\*\*|(?<![\w*])[*_]([^\s*_](?:[^*_\n]*[^\s*_])?)[*_](?![\w*])|\[([^\]\n]{1,300})\]\((https?:\/\/[^\s)]{1,2000})\)|(https?:\/\/[^\s<>"']{1,2000})/g;
const TRAILING = /[).,;:!?\]}'"]+$/;
const BULLET = /^\s{0,3}(?:[-*+]|(\d{1,3})[.)])\s+(.*)$/;

/** The pieces of one line. */
export function inline(text: string): Inline[] {
  const found: Inline[] = [];
  let at = 0;
  const plain = (end: number): void => {
    if (end > at) found.push({ kind: 'text', text: text.slice(at, end) });
  };
  for (const match of text.matchAll(TOKEN)) {
    const piece = token(match);
    plain(match.index);
    found.push(piece);
    at = match.index + (piece.kind === 'link' && match[6] ? piece.href.length : match[0].length);
  }
  plain(text.length);
  return found;
}

function token(match: RegExpMatchArray): Inline {
  const [, code, strong, em, label, target, bare] = match;
  if (code !== undefined) return { kind: 'code', text: code };
  if (strong !== undefined) return { kind: 'strong', text: strong };
  if (em !== undefined) return { kind: 'em', text: em };
  if (target !== undefined) return { kind: 'link', text: label ?? target, href: target };
  const href = trimmed(bare ?? '');
  return { kind: 'link', text: href, href };
}

/** An address without the punctuation of the sentence around it; a bracket that it opened itself stays. */
function trimmed(url: string): string {
  const bare = url.replace(TRAILING, '');
  return url[bare.length] === ')' && bare.includes('(') ? `${bare})` : bare;
}

/** The paragraphs, lists and code of an answer. */
export function blocks(text: string): Block[] {
  const out: Block[] = [];
  let code: string[] | null = null;
  for (const line of text.replace(/\r\n?/g, '\n').split('\n')) {
    if (line.startsWith('```')) {
      if (code) out.push({ kind: 'pre', text: code.join('\n') });
      code = code ? null : [];
    } else if (code) code.push(line);
    else add(out, line);
  }
  if (code?.length) out.push({ kind: 'pre', text: code.join('\n') });
  return out.filter((block) => block.kind !== 'p' || block.lines.length > 0);
}

function add(out: Block[], line: string): void {
  const last = out.at(-1);
  const bullet = BULLET.exec(line);
  if (bullet) {
    const kind = bullet[1] ? 'ol' : 'ul';
    const item = inline(bullet[2] ?? '');
    if (last?.kind === kind) last.items.push(item);
    else out.push({ kind, items: [item] });
  } else if (!line.trim()) out.push({ kind: 'p', lines: [] });
  else if (last?.kind === 'p') last.lines.push(inline(line));
  else out.push({ kind: 'p', lines: [inline(line)] });
}
