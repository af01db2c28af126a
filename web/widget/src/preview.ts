// The real launcher and panel in a frame of the settings page, before a server that is only pretended: what is shown comes in the
// address, after the #, and a new address shows it anew.
import type { ClientFrame, MessageRow, ServerFrame, WidgetConfig } from './frames';

interface Shown {
  config: WidgetConfig;
  theme: string;
  online: boolean;
  lines: [asked: string, answered: string];
}

const shown = JSON.parse(decodeURIComponent(location.hash.slice(1))) as Shown;
const ANSWER_AFTER_MS = 1_200;
let count = 0;

function row(who: MessageRow['who'], text: string, client_id = ''): MessageRow {
  const name = who === 'agent' ? (shown.config.agents === 'nobody' ? shown.config.title : 'Mira') : '';
  const id = `m${count++}`;
  const at = Date.now() - (client_id || count > 2 ? 0 : 60_000);
  return {
    id,
    version: 1,
    who,
    name,
    text,
    at,
    files: [],
    client_id,
    seen: true,
    choices: [],
    comment_until: null,
    comment: '',
    face: shown.config.agents === 'faces' ? name.slice(0, 1) : '',
  };
}

class PretendedSocket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;

  constructor() {
    setTimeout(() => this.onopen?.());
  }

  send(data: string): void {
    const frame = JSON.parse(data) as ClientFrame;
    for (const answer of answers(frame)) setTimeout(() => this.tell(answer));
    if (frame.t !== 'say') return;
    setTimeout(
      () => this.tell({ t: 'typing', name: row('agent', '').name || 'Mira', on: true }),
      ANSWER_AFTER_MS / 3,
    );
    setTimeout(() => this.tell({ t: 'message', row: row('agent', shown.lines[1]) }), ANSWER_AFTER_MS);
  }

  close(): void {}

  private tell(frame: ServerFrame): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
}

function answers(frame: ClientFrame): ServerFrame[] {
  const now = Date.now();
  switch (frame.t) {
    case 'open': {
      const messages = shown.online ? [row('visitor', shown.lines[0]), row('agent', shown.lines[1])] : [];
      const ready = {
        t: 'ready',
        now,
        heartbeat: 60_000,
        visitor: 'known',
        whole: true,
        back: null,
      } as const;
      return [{ ...ready, online: shown.online, messages }];
    }
    case 'beat':
      return [{ t: 'beaten', now }];
    case 'say': {
      const said = row('visitor', frame.text ?? '', frame.client_id);
      return [
        { t: 'said', client_id: frame.client_id, id: said.id },
        { t: 'message', row: said },
      ];
    }
    case 'earlier':
      return [{ t: 'earlier', rows: [] }];
    case 'upload':
      return [{ t: 'refused', code: 'file', client_id: frame.client_id, again: false }];
    default:
      return [];
  }
}

const fetched = window.fetch.bind(window);
window.fetch = (input, init) =>
  String(input).endsWith('/config')
    ? Promise.resolve(new Response(JSON.stringify(shown.config)))
    : fetched(input, init);
window.WebSocket = PretendedSocket as unknown as typeof WebSocket;
document.documentElement.style.colorScheme = shown.theme || 'light dark';
window.addEventListener('hashchange', () => location.reload());

const script = document.createElement('script');
script.src = '/widget/widget.js';
script.dataset.channel = '-preview';
if (shown.config.theme === 'auto') script.dataset.theme = shown.theme;
document.body.append(script);
window.inboxChat = [['open']];
