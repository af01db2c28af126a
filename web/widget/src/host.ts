// What the loader and the panel know of each other. Types only: the two are separate files and share no code.
import type { WidgetConfig } from './frames';

/** What the page says of whoever looks at it. */
export type Attributes = Record<string, string>;

export interface Host {
  /** Origin of the server, without a slash at the end. */
  base: string;
  channel: string;
  config: WidgetConfig;
  language: string;
  identity: string | null;
  attributes: Attributes;
  /** The page is nothing but the chat, which fills it and cannot be closed. */
  embedded: boolean;
  /** The contrast of two colours (#rrggbb), from 1 to 21. */
  contrast(a: string, b: string): number;
  /** Where the panel draws itself; before the launcher in reading order. */
  place: HTMLElement;
  /** Says how many answers are unread, in words too. */
  badge(count: number, words: string): void;
  /** The panel is open or not any more; closing gives the focus back to the launcher. */
  opened(open: boolean): void;
  emit(event: string, detail: unknown): void;
}

export interface Panel {
  open(): void;
  close(): void;
  identify(token: string): void;
  logout(): void;
  setAttributes(attributes: Attributes): void;
}

export interface PanelModule {
  mount(host: Host): Promise<Panel>;
}

export interface GreeterModule {
  /** Greets by the configuration's rules; `show` opens the chat. */
  greet(host: Host, show: (open: boolean) => void): void;
}
