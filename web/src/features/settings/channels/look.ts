// What a web chat would look like with the settings that are typed, though they are not saved.
import type { WidgetConfig } from '../../../../widget/src/frames';
import { filled, settingsOf, type Schema, type Values } from './form';

const NOT_SET = { file_limit: 10_485_760, text_limit: 10_000 };

/** The configuration the launcher would get; a colour that is only half typed is the default's. */
export function lookOf(form: Schema, values: Values): WidgetConfig {
  const defaults = Object.fromEntries(
    Object.entries(form.properties ?? {}).map(([name, field]) => [name, field.default]),
  );
  const given = settingsOf(form, { ...filled(form, {}), ...values });
  const look = { ...defaults, ...given, ...NOT_SET } as unknown as WidgetConfig;
  const accent = /^#[0-9a-f]{6}$/i.test(look.accent) ? look.accent : String(defaults.accent);
  return { ...look, accent, greetings: [], identity_required: false };
}

/** The line to put into a page of one's site. */
export function snippet(origin: string, channel: string): string {
  return `<script src="${origin}/widget/widget.js" data-channel="${channel}" async></scr` + 'ipt>';
}
