// Teaches `../when.ts` how times are said in each language. Without accents; what begins a day's or month's name is known from Intl.
import { teach, type Vocabulary } from '../when';

const units = (
  minutes: string,
  hours: string,
  days: string,
  weeks: string,
  months: string,
): Vocabulary['units'] =>
  Object.fromEntries(
    (
      [
        [`m min ${minutes}`, 1],
        [`h ${hours}`, 60],
        [days, 1440],
        [weeks, 10080],
        [months, -1],
      ] as const
    ).flatMap(([words, size]) => words.split(' ').map((word) => [word, size])),
  );

const list = (words: string) => words.split(' ');

const NONE: readonly string[] = [];

const WORDS: Readonly<Record<string, Vocabulary>> = {
  de: {
    in: ['in'],
    filler: list('um am an den dem der die das diesen dieses diese bis gegen ab uhr fruh'),
    next: list('nachster nachste nachsten nachstes kommende kommenden kommendes'),
    noon: ['mittag', 'mittags'],
    midnight: ['mitternacht'],
    am: NONE,
    pm: NONE,
    days: { heute: 0, morgen: 1, ubermorgen: 2 },
    parts: { vormittag: 8, nachmittag: 13, abend: 19, nacht: 19 },
    units: units(
      'minute minuten',
      'std stunde stunden',
      't tag tage tagen',
      'w woche wochen',
      'monat monate monaten',
    ),
    weekend: ['wochenende'],
    week: ['woche'],
    month: ['monat'],
    one: list('ein eine einem einer'),
    least: 2,
  },
  fr: {
    in: ['dans'],
    filler: list('a au le la les ce cet cette de du vers pour jusque jusqu’a'),
    next: list('prochain prochaine'),
    noon: ['midi'],
    midnight: ['minuit'],
    am: NONE,
    pm: NONE,
    days: { 'aujourd’hui': 0, "aujourd'hui": 0, demain: 1, 'apres-demain': 2 },
    parts: { matin: 8, 'apres-midi': 13, soir: 19, nuit: 19 },
    units: units('minute minutes', 'heure heures', 'j jour jours', 's semaine semaines', 'mois'),
    weekend: ['week-end', 'weekend'],
    week: ['semaine'],
    month: ['mois'],
    one: list('un une'),
  },
  es: {
    in: ['en', 'dentro'],
    filler: list('a al la las el los de del este esta por hasta que'),
    next: list('proximo proxima siguiente viene'),
    noon: ['mediodia'],
    midnight: ['medianoche'],
    am: ['am', 'a.m.'],
    pm: ['pm', 'p.m.'],
    days: { hoy: 0, manana: 1 },
    parts: { tarde: 13, noche: 19 },
    units: units('minuto minutos', 'hora horas', 'd dia dias', 's semana semanas', 'mes meses'),
    weekend: ['finde'],
    week: ['semana'],
    month: ['mes'],
    one: list('un una'),
  },
  pt: {
    in: ['em', 'daqui'],
    filler: list('a as ao o os na no de do da este esta ate que feira'),
    next: list('proximo proxima vem'),
    noon: ['meio-dia'],
    midnight: ['meia-noite'],
    am: NONE,
    pm: NONE,
    days: { hoje: 0, amanha: 1 },
    parts: { manha: 8, tarde: 13, noite: 19 },
    units: units('minuto minutos', 'hora horas', 'd dia dias', 's semana semanas', 'mes meses'),
    weekend: ['fds'],
    week: ['semana'],
    month: ['mes'],
    one: list('um uma'),
  },
  ar: {
    in: ['بعد', 'خلال'],
    filler: list('في الساعة يوم حتى من هذا هذه'),
    next: list('القادم القادمة المقبل المقبلة'),
    noon: ['الظهر', 'ظهرا'],
    midnight: ['منتصف'],
    am: ['ص', 'صباحا'],
    pm: ['م', 'مساء'],
    days: { اليوم: 0, غدا: 1, غد: 1 },
    parts: { صباح: 8, الصباح: 8, العصر: 13, عصرا: 13, المساء: 19, الليلة: 19 },
    units: units('د دقيقة دقائق', 'س ساعة ساعات', 'ي يوم يوما ايام', 'اسبوع اسابيع', 'شهر شهرا اشهر شهور'),
    weekend: NONE,
    week: ['الاسبوع'],
    month: ['الشهر'],
    one: NONE,
  },
};

for (const [language, words] of Object.entries(WORDS)) teach(language, words);
