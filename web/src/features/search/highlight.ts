// Marks words in what a pane shows, without touching its document (CSS Custom Highlight API); where that is missing, nothing is marked.

const NAME = 'found';
const MOST = 500;

/** Marks the words in the messages below `pane`, also those that come later, until the returned function is called. */
export function highlight(pane: Element, words: readonly string[]): () => void {
  if (!('highlights' in CSS) || words.length === 0) return () => undefined;
  const wanted = [...new Set(words.map((word) => word.toLowerCase()))];
  const mark = () => {
    const ranges = [...pane.querySelectorAll('[data-message]')].flatMap((message) =>
      rangesIn(message, wanted),
    );
    CSS.highlights.set(NAME, new Highlight(...ranges.slice(0, MOST)));
  };
  let frame = 0;
  const watch = new MutationObserver(() => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(mark);
  });
  watch.observe(pane, { childList: true, subtree: true, characterData: true });
  mark();
  return () => {
    watch.disconnect();
    cancelAnimationFrame(frame);
    CSS.highlights.delete(NAME);
  };
}

/** Where the words stand at the beginning of a word of the text. */
function rangesIn(root: Element, wanted: readonly string[]): Range[] {
  const found: Range[] = [];
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const node = texts.currentNode as Text;
    const text = node.data.toLowerCase();
    if (text.length !== node.data.length) continue; // a letter that grows when it is made small: places would be off
    for (const word of wanted)
      for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length)) {
        if (/[\p{L}\p{N}]/u.test(text[at - 1] ?? '') && /^[a-z]/.test(word)) continue;
        const range = document.createRange();
        range.setStart(node, at);
        range.setEnd(node, at + word.length);
        found.push(range);
      }
  }
  return found;
}
