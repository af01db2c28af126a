// The page the screen is compared with: the same requests, the least that can be drawn, no framework.
export const BARE = `<!doctype html><html><head><meta charset="utf-8"><title>Bare</title></head><body>
<div id="list"></div><div id="thread"></div><textarea></textarea>
<script>
const rows = new Map();
let order = [];
const list = document.getElementById('list');
const text = (row) => row.customer.name + ' ' + row.subject + ' ' + (row.last ? row.last.preview : '');
function draw() {
  const lines = order.slice(0, 20).map((id) => {
    const line = document.createElement('p');
    line.className = 'row';
    line.textContent = text(rows.get(id));
    return line;
  });
  list.replaceChildren(...lines);
}
let asked = 0;
globalThis.__hear = (data) => {
  const frame = typeof data === 'string' ? JSON.parse(data) : JSON.parse(JSON.stringify(data));
  rows.set(frame.row.id, frame.row);
  asked ||= setTimeout(() => {
    asked = 0;
    order = [...rows.keys()].sort((a, b) => rows.get(b).updated_at - rows.get(a).updated_at);
    draw();
  }, 100);
};
async function open(n) {
  const start = performance.now();
  const found = await (await fetch('/api/v1/conversations/' + order[n % order.length])).json();
  document.getElementById('thread').replaceChildren(
    ...found.timeline.items.map((item) => {
      const line = document.createElement('p');
      line.textContent = item.t === 'message' ? item.author_name + ': ' + item.text : item.type;
      return line;
    }),
  );
  return (await __painted()) - start;
}
fetch('/api/v1/conversations?view=all&limit=50').then(async (answer) => {
  for (const row of (await answer.json()).rows) rows.set(row.id, row);
  order = [...rows.keys()];
  draw();
});
</script></body></html>`;
