// Which attachments are shown and played where they stand, and which are only saved. Pure.
import type { Attachment, MessageRow } from '../../lib/api/types';

/** What browsers draw and cannot run; the service looks at the bytes and hands out nothing else to be shown. */
const DRAWN = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif']);
const PLAYED =
  /^(audio|video)\/(mpeg|mp3|mp4|m4a|x-m4a|aac|ogg|opus|wav|x-wav|wave|flac|x-flac|webm|quicktime)$/;

export type MediaKind = 'picture' | 'sound' | 'film' | 'file';

export function kindOf({ type }: Pick<Attachment, 'type'>): MediaKind {
  if (DRAWN.has(type)) return 'picture';
  if (!PLAYED.test(type)) return 'file';
  return type.startsWith('audio/') ? 'sound' : 'film';
}

export interface Picture {
  file: string;
  name: string;
  at: number;
  by: string;
}

/** All pictures of a thread in its order; what was taken back shows none. */
export function pictures(messages: readonly MessageRow[]): Picture[] {
  return messages
    .filter((message) => message.deleted_at === null)
    .flatMap(({ attachments, at, author_name: by }) =>
      attachments
        .filter((one) => kindOf(one) === 'picture')
        .map(({ file, name }) => ({ file, name, at, by })),
    );
}

export const LEAST_ZOOM = 1;
export const MOST_ZOOM = 8;

/** The next zoom, one step in or out, within bounds. */
export const zoomed = (zoom: number, step: 1 | -1): number =>
  Math.min(MOST_ZOOM, Math.max(LEAST_ZOOM, step > 0 ? zoom * 1.5 : zoom / 1.5));
