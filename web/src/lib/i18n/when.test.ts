import { describe, expect, it } from 'vitest';
import { when } from '../when';
import './when';

// A Wednesday at three in the afternoon.
const NOW = new Date('2026-11-18T15:00').getTime();
const at = (text: string) => new Date(`2026-11-${text}`).getTime();

describe('times in other languages', () => {
  it.each([
    ['de', 'morgen 9', '19T09:00'],
    ['de', 'in 3 Stunden', '18T18:00'],
    ['de', 'fr 14:30', '20T14:30'],
    ['de', 'morgen früh um 7 Uhr', '19T07:00'],
    ['de', 'nächsten Montag', '23T08:00'],
    ['de', 'übermorgen Abend', '20T19:00'],
    ['de', 'nächste Woche', '23T08:00'],
    ['fr', 'demain 9h', '19T09:00'],
    ['fr', 'dans 3 heures', '18T18:00'],
    ['fr', 'ven 14h30', '20T14:30'],
    ['fr', 'demain à 9 heures', '19T09:00'],
    ['fr', 'ce soir', '18T19:00'],
    ['fr', 'la semaine prochaine', '23T08:00'],
    ['fr', 'lundi prochain', '23T08:00'],
    ['es', 'mañana a las 9', '19T09:00'],
    ['es', 'manana por la manana', '19T08:00'],
    ['es', 'en 3 horas', '18T18:00'],
    ['es', 'vie 14:30', '20T14:30'],
    ['es', 'próximo lunes', '23T08:00'],
    ['es', 'la semana que viene', '23T08:00'],
    ['pt', 'amanhã às 9', '19T09:00'],
    ['pt', 'em 3 horas', '18T18:00'],
    ['pt', 'sex 14:30', '20T14:30'],
    ['pt', 'próxima segunda', '23T08:00'],
    ['pt', 'hoje à noite', '18T19:00'],
    ['ar', 'غدا 9', '19T09:00'],
    ['ar', 'غدًا الساعة 9', '19T09:00'],
    ['ar', 'بعد 3 ساعات', '18T18:00'],
    ['ar', 'الجمعة 14:30', '20T14:30'],
    ['ar', 'الاثنين القادم', '23T08:00'],
    ['ar', 'الأسبوع القادم', '23T08:00'],
    ['de', 'tomorrow 9', '19T09:00'],
  ])('%s: %s', (language, text, expected) => {
    expect(when(text, NOW, language)).toBe(at(expected));
  });

  it.each([
    ['de', 'irgendwann'],
    ['fr', 'bientôt'],
    ['ar', 'بعد غد'],
  ])('%s: %s means no time', (language, text) => {
    expect(when(text, NOW, language)).toBeNull();
  });
});
