/**
 * <direct-callback queue="…" key="dck_…"> lets customers ask to be phoned, now or at a time that they
 * book, and then follow, move and cancel the call. It needs no other file:
 *
 *   <script type="module" src="https://callbacks.example/widget.js"></script>
 *   <direct-callback queue="3f2b8d1e-…" key="dck_…">Call us on 020 7946 0018.</direct-callback>
 *
 * What stands inside the element is shown as long as there is no script, and wherever no callback can be had.
 *
 * Attributes  queue      the voice queue that calls
 *             key        a publishable key of the queue and of the page's origin
 *             topic      what the customer wants to talk about, as the service's channels file names it
 *             endpoint   where the service is; as a rule where this file came from
 *             lang       en or fr, or any language that `texts` has; as a rule the page's own
 *             country    two letters: whose numbers may be given without a country code; as a rule the browser's
 * Slots       (default)  what is shown instead of the form; see above
 *             consent    what the customer agrees to, when it is more than plain text
 * Property    texts      replaces texts one by one; the names are those of `languages` below. So does a
 *                        <script type="application/json"> inside the element, where pages may run no script
 * Event       directcallback  after each change, with detail.state and detail.place; it bubbles
 * Styles      --direct-callback-accent and the others at the top of the style sheet; ::part(card); color-scheme
 *
 * The page's policy needs script-src and connect-src to the service, and nothing else: no inline style, no eval, no
 * markup made of text. The token that manages the callback is kept in the tab's session storage and sent in a
 * header, never in an address.
 */

// Texts.

/** What is said, by language. {names} are filled in; …One and …Other are chosen by the language's plural. */
export const languages = {
  en: {
    title: 'Let us call you',
    lead: 'No waiting on the line: leave your number, and we call you back.',
    loading: 'Looking when we can call you …',
    optional: '(optional)',

    when: 'When shall we call?',
    now: 'As soon as possible',
    nowWait: 'about {wait}',
    nowUnknown: 'we do not know how long yet',
    nowClosed: 'we are closed now and call from {time}',
    nowClosedUnknown: 'we are closed now and call once we are open',
    waitingNobody: 'nobody is waiting',
    waitingOne: '{count} person is waiting',
    waitingOther: '{count} people are waiting',
    later: 'At a time that suits you',
    laterNote: 'from {time}',
    laterNone: 'no time can be booked at the moment',
    day: 'Day',
    today: 'Today',
    tomorrow: 'Tomorrow',
    time: 'Time on {day}',
    night: 'Night',
    morning: 'Morning',
    afternoon: 'Afternoon',
    evening: 'Evening',
    freeOne: '{count} time',
    freeOther: '{count} times',
    zone: 'Times are in your time zone: {zone}.',
    zoneOfQueue: 'Times are in our time zone: {zone}.',
    kept: 'We keep {time} for you while you fill in the form.',
    lapsed: 'We cannot keep {time} any longer. It may still be free.',
    full: '{time} has just been taken. The next free time is {next}.',
    fullNoNext: '{time} has just been taken. Please choose another time.',
    take: 'Take {next}',

    phone: 'Phone number',
    phoneHint: 'With + and the country code, such as {example}.',
    phoneHintCountry: '{country}, or any number with + and its country code.',
    phoneRead: 'We will call {phone}.',
    name: 'Name',
    notes: 'What is it about?',
    consent: 'Please call me on this number about my request. You may keep it until we have spoken.',
    ask: 'Call me back',
    book: 'Book {time}',
    busy: 'One moment …',

    timeMissing: 'Please choose a time.',
    timeWrong: 'This time cannot be booked any more. Please choose another.',
    nowWrong: 'We cannot call you right now. Please choose a time.',
    phoneMissing: 'Please tell us the number to call.',
    phoneWrong: 'This does not look like a whole phone number. Please check it.',
    phoneRefused: 'We cannot call this number. Please check it, or give another.',
    textWrong: 'Please write this in fewer, plain words.',
    consentMissing: 'Please tick this box: without your consent we may not call.',

    unreachable: 'We cannot be reached at the moment. Please check your connection; nothing that you typed is lost.',
    failed: 'Something went wrong on our side. Please try again.',
    tooMany: 'This was asked for too often. Please try again {when}.',
    notOffered: 'We cannot call back at the moment.',
    notOfferedUntil: 'We cannot call back at the moment. Please try again from {time}.',
    notHere: 'Callbacks cannot be asked for on this page.',
    retry: 'Try again',

    promised: 'We will call you',
    promisedLead: 'On {phone}. You can close this page: we call all the same.',
    place: 'Your place in line',
    wait: 'Estimated wait',
    waitUnknown: 'Not known yet',
    booked: 'Your time',
    steps: 'How far your callback is',
    stepBooked: 'Booked',
    stepWaiting: 'In line',
    stepTurn: 'Your turn',
    stepCall: 'We call',

    scheduled: 'Your time is booked. We call you then.',
    waiting: 'You are in line, as if you had waited on the phone.',
    next: 'You are next.',
    due: 'It is your turn. We are finding somebody to call you.',
    accepted: 'Somebody is about to call you. Please keep your phone at hand.',
    connected: 'We are on the phone with you.',
    cancelling: 'We are taking back the call that was planned. It may still ring.',
    review: 'We are looking after your callback.',
    completed: 'We have spoken',
    completedLead: 'Thank you for your time.',
    unanswered: 'We could not reach you',
    unansweredLead: 'We called, and nobody answered.',
    served: 'We have spoken already',
    servedLead: 'You reached us another way, so we do not call again.',
    expired: 'We did not manage to call you',
    expiredLead: 'We are sorry. Please ask again, or call us.',
    cancelled: 'Your callback is cancelled',
    cancelledLead: 'We will not call you.',
    failedEnd: 'We could not call you',
    failedEndLead: 'The call could not be placed. Please check your number and ask again.',
    again: 'Ask for another callback',

    move: 'Change the time',
    moveTo: 'Move to {time}',
    moveNow: 'Call as soon as possible',
    moved: 'The time is changed.',
    correct: 'Change the number',
    correctDo: 'Call this number',
    corrected: 'The number is changed.',
    cancel: 'Cancel the callback',
    cancelTitle: 'Cancel the callback?',
    cancelLead: 'You give up your place in line.',
    cancelLeadBooked: 'Somebody else can then have your time.',
    cancelDo: 'Yes, cancel it',
    back: 'Back',
    keep: 'No, keep it',
    tooLate: 'It is too late for that: somebody is about to call you, or has.',
    changed: 'Something changed meanwhile. Please look again.',
    duplicate: 'This number waits for a callback already.',

    joined: 'This number has a callback already',
    joinedLead: 'We call it once, and its place in line stays. Change or cancel it where it was asked for.',
    joinedPlace: 'It is number {place} in line.',
  },

  fr: {
    title: 'Nous vous rappelons',
    lead: 'Pas d’attente au téléphone : laissez votre numéro, nous vous rappelons.',
    loading: 'Nous cherchons quand vous rappeler…',
    optional: '(facultatif)',

    when: 'Quand devons-nous vous appeler ?',
    now: 'Dès que possible',
    nowWait: 'environ {wait}',
    nowUnknown: 'nous ne connaissons pas encore le délai',
    nowClosed: 'nous sommes fermés et appelons à partir de {time}',
    nowClosedUnknown: 'nous sommes fermés et appelons dès l’ouverture',
    waitingNobody: 'personne n’attend',
    waitingOne: '{count} personne attend',
    waitingOther: '{count} personnes attendent',
    later: 'À l’heure de votre choix',
    laterNote: 'à partir de {time}',
    laterNone: 'aucun créneau n’est disponible pour le moment',
    day: 'Jour',
    today: 'Aujourd’hui',
    tomorrow: 'Demain',
    time: 'Heure, {day}',
    night: 'Nuit',
    morning: 'Matin',
    afternoon: 'Après-midi',
    evening: 'Soir',
    freeOne: '{count} créneau',
    freeOther: '{count} créneaux',
    zone: 'Les heures sont celles de votre fuseau horaire : {zone}.',
    zoneOfQueue: 'Les heures sont celles de notre fuseau horaire : {zone}.',
    kept: 'Nous vous réservons {time} pendant que vous remplissez le formulaire.',
    lapsed: 'Nous ne pouvons plus vous réserver {time}. Ce créneau est peut-être encore libre.',
    full: '{time} vient d’être pris. Le prochain créneau libre est {next}.',
    fullNoNext: '{time} vient d’être pris. Veuillez choisir un autre créneau.',
    take: 'Prendre {next}',

    phone: 'Numéro de téléphone',
    phoneHint: 'Avec + et l’indicatif du pays, par exemple {example}.',
    phoneHintCountry: '{country}, ou tout numéro avec + et l’indicatif de son pays.',
    phoneRead: 'Nous appellerons le {phone}.',
    name: 'Nom',
    notes: 'De quoi s’agit-il ?',
    consent: 'Veuillez m’appeler à ce numéro au sujet de ma demande. Vous pouvez le conserver jusqu’à notre entretien.',
    ask: 'Rappelez-moi',
    book: 'Réserver {time}',
    busy: 'Un instant…',

    timeMissing: 'Veuillez choisir un créneau.',
    timeWrong: 'Ce créneau ne peut plus être réservé. Veuillez en choisir un autre.',
    nowWrong: 'Nous ne pouvons pas vous appeler maintenant. Veuillez choisir un créneau.',
    phoneMissing: 'Veuillez indiquer le numéro à appeler.',
    phoneWrong: 'Ce numéro de téléphone ne semble pas complet. Veuillez le vérifier.',
    phoneRefused: 'Nous ne pouvons pas appeler ce numéro. Veuillez le vérifier ou en indiquer un autre.',
    textWrong: 'Veuillez l’écrire plus court, en toutes lettres.',
    consentMissing: 'Veuillez cocher cette case : sans votre accord, nous ne pouvons pas vous appeler.',

    unreachable: 'Nous ne sommes pas joignables pour le moment. Vérifiez votre connexion ; votre saisie est conservée.',
    failed: 'Une erreur s’est produite de notre côté. Veuillez réessayer.',
    tooMany: 'Trop de demandes ont été faites. Veuillez réessayer {when}.',
    notOffered: 'Nous ne pouvons pas vous rappeler pour le moment.',
    notOfferedUntil: 'Nous ne pouvons pas vous rappeler pour le moment. Veuillez réessayer à partir de {time}.',
    notHere: 'Il n’est pas possible de demander un rappel sur cette page.',
    retry: 'Réessayer',

    promised: 'Nous vous rappellerons',
    promisedLead: 'Au {phone}. Vous pouvez fermer cette page : nous vous appellerons quand même.',
    place: 'Votre place dans la file',
    wait: 'Attente estimée',
    waitUnknown: 'Pas encore connue',
    booked: 'Votre créneau',
    steps: 'Où en est votre rappel',
    stepBooked: 'Réservé',
    stepWaiting: 'Dans la file',
    stepTurn: 'Votre tour',
    stepCall: 'Appel',

    scheduled: 'Votre créneau est réservé. Nous vous appellerons alors.',
    waiting: 'Vous êtes dans la file, comme si vous attendiez au téléphone.',
    next: 'Vous êtes le prochain appel.',
    due: 'C’est votre tour. Nous cherchons quelqu’un pour vous appeler.',
    accepted: 'Quelqu’un va vous appeler. Gardez votre téléphone à portée de main.',
    connected: 'Nous sommes en ligne avec vous.',
    cancelling: 'Nous annulons l’appel qui était prévu. Votre téléphone peut encore sonner.',
    review: 'Nous nous occupons de votre rappel.',
    completed: 'Nous nous sommes parlé',
    completedLead: 'Merci de votre temps.',
    unanswered: 'Nous n’avons pas pu vous joindre',
    unansweredLead: 'Nous avons appelé, sans réponse.',
    served: 'Nous nous sommes déjà parlé',
    servedLead: 'Vous nous avez joints autrement : nous n’appelons pas une nouvelle fois.',
    expired: 'Nous n’avons pas réussi à vous appeler',
    expiredLead: 'Nous en sommes désolés. Veuillez refaire une demande, ou nous appeler.',
    cancelled: 'Votre rappel est annulé',
    cancelledLead: 'Nous ne vous appellerons pas.',
    failedEnd: 'Nous n’avons pas pu vous appeler',
    failedEndLead: 'L’appel n’a pas pu être passé. Vérifiez votre numéro et refaites une demande.',
    again: 'Demander un autre rappel',

    move: 'Changer l’heure',
    moveTo: 'Déplacer à {time}',
    moveNow: 'Appeler dès que possible',
    moved: 'L’heure est changée.',
    correct: 'Changer le numéro',
    correctDo: 'Appeler ce numéro',
    corrected: 'Le numéro est changé.',
    cancel: 'Annuler le rappel',
    cancelTitle: 'Annuler le rappel ?',
    cancelLead: 'Vous perdrez votre place dans la file.',
    cancelLeadBooked: 'Quelqu’un d’autre pourra prendre votre créneau.',
    cancelDo: 'Oui, l’annuler',
    back: 'Retour',
    keep: 'Non, le garder',
    tooLate: 'Il est trop tard : quelqu’un va vous appeler, ou vient de le faire.',
    changed: 'Quelque chose a changé entre-temps. Veuillez regarder de nouveau.',
    duplicate: 'Ce numéro attend déjà un rappel.',

    joined: 'Ce numéro attend déjà un rappel',
    joinedLead: 'Nous l’appelons une seule fois, et il garde sa place. Modifiez ou annulez ce rappel là où il a été demandé.',
    joinedPlace: 'Il est numéro {place} dans la file.',
  },
};

/** fill puts values, which may be elements, in place of {names}. */
function fill(text, values) {
  return text.split(/\{(\w+)\}/).map((part, i) => (i % 2 ? values[part] ?? '' : part));
}

/** unbroken keeps ? ! : ; on the line of the word before them, as French is set. */
function unbroken(texts) {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, text.replace(/ (?=[?!:;])/g, '\u00a0')]));
}

// Times, numbers, waits.

/** canonical is a language as BCP 47 writes it, and English where a page has written something else. */
function canonical(lang) {
  try {
    return Intl.getCanonicalLocales(lang)[0] ?? 'en';
  } catch {
    return 'en';
  }
}

/** The browser's variant of a language: British or American, if both speak English. */
function localeOf(lang) {
  const spoken = navigator.languages ?? [navigator.language];
  return lang.includes('-') ? lang : spoken.find((l) => l.split('-')[0] === lang) ?? lang;
}

/** The customer's time zone, or nothing where the browser does not tell. */
function ownZone() {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return !zone || zone === 'Etc/Unknown' ? undefined : zone;
}

/** Speaker says things in one language and one time zone. */
class Speaker {
  constructor(lang, overrides) {
    this.lang = lang;
    this.locale = localeOf(lang);
    const texts = { ...languages.en, ...languages[lang.split('-')[0]], ...languages[lang], ...overrides };
    this.texts = lang.startsWith('fr') ? unbroken(texts) : texts;
    this.zone = ownZone();
    this.ofQueue = false; // the zone is the queue's, because the browser tells none
  }

  useZoneOf(queue) {
    if (this.zone) return;
    this.zone = queue.timeZone ?? 'UTC';
    this.ofQueue = true;
  }

  text = (name) => this.texts[name] ?? name;

  /** say is text with its names filled in, as one string. */
  say(name, values = {}) { return fill(this.text(name), values).join(''); }

  count(name, n) {
    const rule = new Intl.PluralRules(this.locale).select(n);
    const own = name + rule[0].toUpperCase() + rule.slice(1);
    return this.say(this.texts[own] ? own : `${name}Other`, { count: new Intl.NumberFormat(this.locale).format(n) });
  }

  #format(options) { return new Intl.DateTimeFormat(this.locale, { timeZone: this.zone, ...options }); }

  /** dayOf names a day so that days compare. */
  dayOf(time) { return new Intl.DateTimeFormat('en-CA', { timeZone: this.zone }).format(time); }

  hourOf(time) {
    return Number(new Intl.DateTimeFormat('en', { timeZone: this.zone, hour: 'numeric', hourCycle: 'h23' }).format(time));
  }

  /** near is Today, Tomorrow, or nothing. */
  near(time) {
    const day = this.dayOf(time);
    if (day === this.dayOf(Date.now())) return this.text('today');
    if (day === this.dayOf(Date.now() + 24 * 3600e3)) return this.text('tomorrow');
    return undefined;
  }

  shortDay(time) { return this.near(time) ?? this.#format({ weekday: 'short' }).format(time); }

  date(time) { return this.#format({ day: 'numeric', month: 'short' }).format(time); }

  longDay(time) { return this.#format({ weekday: 'long', day: 'numeric', month: 'long' }).format(time); }

  span({ start, end }) { return this.#format({ timeStyle: 'short' }).formatRange(new Date(start), new Date(end)); }

  /** window is a day and a stretch of it. */
  window({ start, end }) { return `${this.longDay(new Date(start))}, ${this.span({ start, end })}`; }

  moment(time) { return `${this.longDay(new Date(time))}, ${this.#format({ timeStyle: 'short' }).format(new Date(time))}`; }

  zoneName() {
    const part = this.#format({ timeZoneName: 'longGeneric' }).formatToParts().find((p) => p.type === 'timeZoneName');
    return `${part.value} (${this.zone.split('/').at(-1).replaceAll('_', ' ')})`;
  }

  /** minutes is a wait: 8–12 minutes where its middle and its long end are known, else one number; hours above 90 minutes. */
  minutes({ seconds, p50Seconds = seconds, p90Seconds = p50Seconds }, unitDisplay = 'long') {
    const hours = p90Seconds > 90 * 60;
    const format = new Intl.NumberFormat(this.locale, {
      style: 'unit', unit: hours ? 'hour' : 'minute', unitDisplay, maximumFractionDigits: hours ? 1 : 0,
    });
    const size = hours ? 3600 : 60;
    const middle = hours ? p50Seconds / size : Math.max(1, Math.floor(p50Seconds / size));
    const end = hours ? p90Seconds / size : Math.max(1, Math.ceil(p90Seconds / size));
    return p50Seconds === p90Seconds || format.format(middle) === format.format(end) ? format.format(end) : format.formatRange(middle, end);
  }

  /** in says how long it takes until something: in 20 seconds, in 3 minutes. */
  in(seconds) {
    const format = new Intl.RelativeTimeFormat(this.locale, { numeric: 'always' });
    return seconds < 90 ? format.format(Math.ceil(seconds), 'second') : format.format(Math.ceil(seconds / 60), 'minute');
  }

  countryName(region) { return new Intl.DisplayNames(this.locale, { type: 'region' }).of(region); }
}

// Telephone numbers.

/** Country codes, by what is dialled before a number inside the country and left out from abroad. */
const trunks = {
  '': 'AC247 AD376 AO244 AW297 BF226 BH973 BI257 BJ229 BN673 BQ599 BT975 BW267 BZ501 CF236 CG242 CI225 CK682 CL56 CM237 CR506 CV238 CW599 CY357 CZ420 DJ253 DK45 EE372 ES34 FJ679 FK500 FM691 FO298 GA241 GI350 GL299 GM220 GN224 GQ240 GR30 GT502 GW245 GY592 HK852 HN504 HT509 IO246 IS354 IT39 KM269 KW965 LS266 LU352 LV371 ML223 MO853 MR222 MT356 MU230 MV960 MX52 MZ258 NC687 NE227 NF672 NI505 NO47 NR674 NU683 OM968 PA507 PF689 PG675 PL48 PT351 PW680 QA974 SB677 SC248 SG65 SH290 SJ47 SM378 SN221 SR597 ST239 SV503 SZ268 TA290 TD235 TG228 TJ992 TK690 TL670 TN216 TO676 TV688 UZ998 VA39 VU678 WF681 WS685',
  0: 'AE971 AF93 AL355 AM374 AR54 AT43 AU61 AX358 AZ994 BA387 BD880 BE32 BG359 BL590 BO591 BR55 CC61 CD243 CH41 CN86 CO57 CU53 CX61 DE49 DZ213 EC593 EG20 EH212 ER291 ET251 FI358 FR33 GB44 GE995 GF594 GG44 GH233 GP590 HR385 ID62 IE353 IL972 IM44 IN91 IQ964 IR98 JE44 JO962 JP81 KE254 KG996 KH855 KI686 KP850 KR82 LA856 LB961 LI423 LK94 LR231 LT370 LY218 MA212 MC377 MD373 ME382 MF590 MG261 MK389 MM95 MN976 MQ596 MW265 MY60 NA264 NG234 NL31 NP977 NZ64 PE51 PH63 PK92 PM508 PS970 PY595 RE262 RO40 RS381 RW250 SA966 SD249 SE46 SI386 SK421 SL232 SO252 SS211 SY963 TH66 TR90 TW886 TZ255 UA380 UG256 UY598 VE58 VN84 XK383 YE967 YT262 ZA27 ZM260 ZW263',
  1: 'AG1 AI1 AS1 BB1 BM1 BS1 CA1 DM1 DO1 GD1 GU1 JM1 KN1 KY1 LC1 MH692 MP1 MS1 PR1 SX1 TC1 TT1 US1 VC1 VG1 VI1',
  8: 'KZ7 RU7 TM993',
  80: 'BY375',
  '06': 'HU36',
};

const countries = new Map(Object.entries(trunks).flatMap(([trunk, list]) => (
  list.split(' ').map((entry) => [entry.slice(0, 2), { code: entry.slice(2), trunk }])
)));

/**
 * international writes a number with + and the country code, as the service wants it; '' if it cannot be one. A number
 * without + is one of the country given. Whether it can be dialled is the service's to say.
 */
export function international(typed, country) {
  const latin = typed.normalize('NFKC').replace(/[٠-٩۰-۹]/g, (d) => d.codePointAt(0) & 15);
  if (/[^\d\s+().\-/‐-―]/.test(latin)) return '';
  const digits = latin.replace(/^(\s*(?:\+|00).*)\(0\)/, '$1').replace(/[^\d+]/g, '');
  const home = countries.get(country);
  let number = digits.replace(/^00/, '+');
  if (!number.startsWith('+')) {
    if (!home) return '';
    number = `+${home.code}${home.trunk && number.startsWith(home.trunk) ? number.slice(home.trunk.length) : number}`;
  }
  return /^\+[1-9]\d{6,14}$/.test(number) ? number : '';
}

/** spaced is a number as people read it: +33 6 12 34 56 78. */
export function spaced(number) {
  const code = [...countries.values()].map((c) => c.code).filter((c) => number.startsWith(`+${c}`)).sort((a, b) => b.length - a.length)[0];
  if (!code) return number;
  const rest = number.slice(code.length + 1);
  const groups = { 1: /^(\d{3})(\d{3})(\d{4})$/, 33: /^(\d)(\d\d)(\d\d)(\d\d)(\d\d)$/, 44: /^(?:(2\d)(\d{4})(\d{4})|(\d{4})(\d{6}))$/ }[code]?.exec(rest)?.slice(1).filter(Boolean);
  return [`+${code}`, ...(groups ?? rest.match(/\d{2,3}(?=\d{2}|$)/g) ?? [rest])].join(' ');
}

// The service.

/** Problem is an answer that says no; kind is the last word of its type. */
class Problem extends Error {
  constructor(status, body, retryAfter) {
    super(body.title ?? `status ${status}`);
    Object.assign(this, { status, body, retryAfter, kind: String(body.type ?? '').split('/').at(-1) });
  }
}

/** Unreachable is no answer at all. */
class Unreachable extends Error {}

const sleep = (ms, signal) => new Promise((resolve) => {
  const timer = setTimeout(resolve, ms);
  signal?.addEventListener('abort', () => { clearTimeout(timer); resolve(); }, { once: true });
});

const patience = 15e3; // ms until an answer is given up
const silence = 45e3; // ms until a stream is; it says something every 15 s

/** Client asks the service. */
class Client {
  constructor(endpoint, key, queue, signal) {
    Object.assign(this, { endpoint, key, signal, path: `v1/queues/${encodeURIComponent(queue)}` });
  }

  queue() { return this.#json('GET', this.path); }

  wait() { return this.#json('GET', `${this.path}/wait`); }

  async slots(timeZone) {
    const answer = await this.#json('GET', `${this.path}/slots?timeZone=${encodeURIComponent(timeZone)}`);
    return answer.items;
  }

  hold(slotId) { return this.#json('POST', `${this.path}/holds`, { body: { slotId } }); }

  /** release is sent even when the page is left. */
  release(slotId) { this.#fetch('DELETE', `v1/holds/${encodeURIComponent(slotId)}`, { keepalive: true, signal: null }).catch(() => {}); }

  /** request asks for a callback. The same key comes with every try, so that one is made however often it is asked. */
  async request(attempt) {
    for (let tries = 1; ; tries++) {
      try {
        const answer = await this.#fetch('POST', 'v1/callbacks', { body: attempt.body, headers: { 'Idempotency-Key': attempt.key } });
        return await tagged(answer);
      } catch (error) {
        const passing = error instanceof Unreachable || error.kind === 'conflict' || error.kind === 'unavailable';
        if (!passing || tries === 3) throw error;
        await sleep(1000 * Math.min(error.retryAfter ?? tries, 5), this.signal);
      }
    }
  }

  /** callback reads one callback; nothing if it is still as the tag has it. */
  async callback({ id, token }, tag) {
    const answer = await this.#fetch('GET', callbackPath(id), { token, headers: tag ? { 'If-None-Match': tag } : {} });
    return answer.status === 304 ? undefined : await tagged(answer);
  }

  async change({ id, token }, tag, body) {
    const answer = await this.#fetch('PATCH', callbackPath(id), { token, body, headers: { 'If-Match': tag } });
    return { ...await tagged(answer), underWay: answer.status === 202 };
  }

  cancel({ id, token }) { return this.#fetch('DELETE', callbackPath(id), { token }); }

  /** events yields what becomes of a callback, until the stream ends or signal does. */
  async* events({ id, token }, tag, signal) {
    const quiet = new AbortController();
    let timer;
    const heard = () => { clearTimeout(timer); timer = setTimeout(() => quiet.abort(), silence); };
    heard();
    try {
      const answer = await this.#fetch('GET', `${callbackPath(id)}/events`, {
        token, signal: AbortSignal.any([signal, quiet.signal]),
        headers: { Accept: 'text/event-stream', ...(tag && { 'Last-Event-ID': tag.replaceAll('"', '') }) },
      });
      if (!answer.headers.get('Content-Type')?.startsWith('text/event-stream')) throw new Unreachable('no stream');
      for await (const event of readEvents(answer.body, heard)) {
        if (event.type === 'callback') yield { ...JSON.parse(event.data), tag: `"${event.id}"` };
      }
    } finally {
      clearTimeout(timer);
      quiet.abort();
    }
  }

  async #json(...request) { return bodyOf(await this.#fetch(...request)); }

  async #fetch(method, path, { token = this.key, body, headers, signal = AbortSignal.any([this.signal, AbortSignal.timeout(patience)]), keepalive } = {}) {
    let answer;
    try {
      answer = await fetch(new URL(path, this.endpoint), {
        method, signal, keepalive, credentials: 'omit', cache: 'no-store', redirect: 'error',
        headers: { Authorization: `Bearer ${token}`, ...(body && { 'Content-Type': 'application/json' }), ...headers },
        body: body && JSON.stringify(body),
      });
    } catch (error) {
      throw this.signal.aborted ? error : new Unreachable(error.message);
    }
    if (answer.ok || answer.status === 304) return answer;
    throw new Problem(answer.status, await answer.json().catch(() => ({})), Number(answer.headers.get('Retry-After')) || undefined);
  }
}

/** bodyOf reads an answer. One that broke off is none. */
const bodyOf = (answer) => answer.json().catch((error) => { throw new Unreachable(error.message); });

const callbackPath = (id) => `v1/callbacks/${encodeURIComponent(id)}`;

/** tagged is what an answer shows, with the tag that names it. */
const tagged = async (answer) => ({ ...await bodyOf(answer), tag: answer.headers.get('ETag') });

/** readEvents reads a stream of server-sent events, which EventSource could not: it sends no token. */
async function* readEvents(body, heard) {
  let rest = '', event = { type: 'message', data: '' };
  for await (const text of chunks(body.pipeThrough(new TextDecoderStream()))) {
    heard();
    const lines = (rest + text).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop();
    for (const line of lines) {
      const [, field, value] = /^([^:]*)(?:: ?(.*))?$/s.exec(line);
      if (line === '') {
        if (event.data) yield { ...event, data: event.data.slice(0, -1) };
        event = { type: 'message', data: '', id: event.id };
      } else if (field === 'data') event.data += `${value}\n`;
      else if (field === 'event') event.type = value;
      else if (field === 'id') event.id = value;
    }
  }
}

/** chunks reads a stream piece by piece; Safari cannot iterate over one. */
async function* chunks(stream) {
  const reader = stream.getReader();
  try {
    for (let piece; !(piece = await reader.read()).done;) yield piece.value;
  } finally {
    reader.cancel().catch(() => {});
  }
}

// Elements.

/** h makes an element. Text becomes text nodes, never markup. */
function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value !== false && value !== undefined) element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat().filter((c) => c !== undefined));
  return element;
}

/** put changes text only where it differs, so that a screen reader speaks of news alone. */
function put(element, text = '') {
  if (element.textContent !== text) element.textContent = text;
}

const number = (text) => h('bdi', { dir: 'ltr', class: 'number' }, text);

/** Field is a labelled input with a hint and an error, which are tied to it. */
class Field {
  constructor(name, { label, optional, hint, control }) {
    this.input = control;
    this.hint = h('p', { class: 'hint', id: `${name}-hint` }, hint ?? []);
    this.note = h('p', { class: 'error', id: `${name}-error` });
    for (const [attribute, value] of Object.entries({ id: name, name, 'aria-describedby': `${name}-hint ${name}-error` })) control.setAttribute(attribute, value);
    control.addEventListener('input', () => this.error());
    this.element = h('div', { class: 'field' }, h('label', { for: name }, label, optional ? h('span', { class: 'optional' }, ` ${optional}`) : []), control, this.hint, this.note);
  }

  get value() { return this.input.value.trim(); }

  /** error shows what is wrong, or nothing. */
  error(text) {
    put(this.note, text);
    if (text) this.input.setAttribute('aria-invalid', 'true');
    else this.input.removeAttribute('aria-invalid');
  }

  focus() { this.input.focus(); }
}

/** PhoneField reads a number as its country writes it, and shows what it was read as. */
class PhoneField extends Field {
  constructor(speaker, country) {
    const hint = countries.has(country)
      ? speaker.say('phoneHintCountry', { country: speaker.countryName(country) })
      : fill(speaker.text('phoneHint'), { example: number('+33 1 23 45 67 89') });
    super('phone', {
      label: speaker.text('phone'), hint,
      control: h('input', { type: 'tel', autocomplete: 'tel', inputmode: 'tel', dir: 'ltr', required: true, maxlength: 40 }),
    });
    Object.assign(this, { speaker, country });
    this.read = h('p', { class: 'read', 'aria-live': 'polite' });
    this.hint.after(this.read);
    this.input.addEventListener('change', () => this.#show());
    this.input.addEventListener('input', () => this.read.replaceChildren());
  }

  get number() { return international(this.value, this.country); }

  #show() {
    this.read.replaceChildren(...(this.number ? fill(this.speaker.text('phoneRead'), { phone: number(spaced(this.number)) }) : []));
  }

  error(text) {
    super.error(text);
    if (text) this.read.replaceChildren(); // it will not be called
  }

  /** check tells whether there is a number, and says so if not. */
  check() {
    this.error(this.number ? '' : this.speaker.text(this.value ? 'phoneWrong' : 'phoneMissing'));
    return Boolean(this.number);
  }
}

// When.

const hesitation = 300; // ms: arrow keys pass over times that nobody wants
const keptFor = 105e3; // ms until a hold is renewed: it lasts 2 minutes, by whatever clock
const renewals = 5; // a form that is left open does not keep a time for ever

/** Hold keeps a time while the customer fills in the form, and tells what became of that. */
class Hold {
  #turn = 0;
  #timer;
  #renewed = 0;
  #held;

  constructor(client, tell) { Object.assign(this, { client, tell }); }

  /** id is what to book a slot with. */
  id(slot) { return this.#held?.of === slot.slotId ? this.#held.slotId : slot.slotId; }

  async take(slot) {
    this.release();
    this.#renewed = 0;
    const turn = this.#turn;
    await sleep(hesitation, this.client.signal);
    if (turn === this.#turn && await this.#hold(slot, slot.slotId)) this.tell('kept', slot);
  }

  /** #hold holds a slot, or one that is held already for longer. It tells whether that went well. */
  async #hold(slot, id) {
    const turn = this.#turn;
    try {
      const held = await this.client.hold(id);
      if (turn !== this.#turn) {
        this.client.release(held.slotId); // another was chosen meanwhile
        return false;
      }
      this.#held = { slotId: held.slotId, of: slot.slotId };
      this.#timer = setTimeout(() => this.#renew(slot), keptFor);
      return true;
    } catch (error) {
      if (turn === this.#turn && error.kind === 'slot-full') this.tell('full', slot, error.body.nextAvailable);
      return false; // why ever: the request for the callback will show whether the time can be had
    }
  }

  async #renew(slot) {
    const turn = this.#turn;
    const wanted = this.#renewed++ < renewals && document.visibilityState === 'visible';
    if (wanted && await this.#hold(slot, this.#held.slotId)) return;
    if (turn !== this.#turn) return;
    this.#held = undefined;
    this.tell('lapsed', slot);
  }

  /** spent forgets a hold that became a callback. */
  spent() {
    this.#turn++;
    clearTimeout(this.#timer);
    this.#held = undefined;
  }

  release() {
    const held = this.#held;
    this.spent();
    if (held) this.client.release(held.slotId);
  }
}

/** When lets the customer choose between now and a time. */
class When {
  #slots = [];
  #slot;
  #day;

  constructor(speaker, client, changed) {
    Object.assign(this, { speaker, client, changed });
    this.hold = new Hold(client, (...news) => this.#held(...news));
    const option = (value, title, note) => {
      const input = h('input', { type: 'radio', name: 'when', value });
      return { input, element: h('label', { class: 'option' }, input, h('span', { class: 'option-text' }, h('span', { class: 'option-title' }, speaker.text(title)), note)) };
    };
    this.nowNote = h('span', { class: 'option-note', 'aria-live': 'polite' });
    this.laterNote = h('span', { class: 'option-note' });
    this.now = option('asap', 'now', this.nowNote);
    this.later = option('slot', 'later', this.laterNote);
    this.days = h('div', { class: 'chips days' });
    this.times = h('div', { class: 'parts' });
    this.timesLegend = h('legend');
    this.kept = h('div', { class: 'kept', role: 'status' });
    this.note = h('p', { class: 'error', id: 'when-error' });
    this.zone = h('p', { class: 'hint', id: 'zone' });
    this.picker = h(
      'div', { class: 'picker', hidden: true },
      h('fieldset', {}, h('legend', {}, speaker.text('day')), this.days),
      h('fieldset', { 'aria-describedby': 'zone' }, this.timesLegend, this.times),
      this.zone,
    );
    this.element = h(
      'fieldset', { class: 'when', 'aria-describedby': 'when-error' },
      h('legend', {}, speaker.text('when')), this.now.element, this.later.element, this.picker, this.kept, this.note,
    );
    for (const { input } of [this.now, this.later]) input.addEventListener('change', () => this.#chose());
  }

  /** told takes over what is known of the queue. A wait that could not be learnt is undefined, and slots stay as they are. */
  told({ queue, wait, slots }) {
    this.#tellNow(queue, wait);
    if (!slots) return;
    this.#slots = slots;
    this.later.input.disabled = !slots.length;
    this.laterNote.textContent = slots.length
      ? this.speaker.say('laterNote', { time: this.speaker.moment(slots[0].start) })
      : this.speaker.text('laterNone');
    put(this.zone, this.speaker.say(this.speaker.ofQueue ? 'zoneOfQueue' : 'zone', { zone: this.speaker.zoneName() }));
    this.#draw();
  }

  #tellNow(queue, wait) {
    const { speaker } = this;
    if (queue?.open === false) {
      put(this.nowNote, queue.nextOpening ? speaker.say('nowClosed', { time: speaker.moment(queue.nextOpening) }) : speaker.text('nowClosedUnknown'));
      return;
    }
    const estimate = wait?.estimatedWait;
    const parts = [estimate ? speaker.say('nowWait', { wait: speaker.minutes(estimate) }) : speaker.text('nowUnknown')];
    if (wait) parts.push(wait.callsWaiting ? speaker.count('waiting', wait.callsWaiting) : speaker.text('waitingNobody'));
    put(this.nowNote, parts.join(' · '));
  }

  /** choose picks now or later for the customer. */
  choose(value) {
    (value === 'asap' ? this.now : this.later).input.checked = true;
    this.#chose();
  }

  /** wish is what the customer chose: 'asap', a slot, or nothing yet. */
  get wish() {
    if (this.now.input.checked) return 'asap';
    return this.later.input.checked ? this.#slot : undefined;
  }

  /** body is the wish as the service reads it. */
  get body() {
    const { wish } = this;
    return wish === 'asap' ? { when: 'asap' } : { when: { slotId: this.hold.id(wish) } };
  }

  /** check tells whether a time was chosen, and says so if not. */
  check() {
    this.error(this.wish ? '' : this.speaker.text('timeMissing'));
    return Boolean(this.wish);
  }

  error(text) { put(this.note, text); }

  focus() {
    const time = this.picker.hidden ? undefined : this.times.querySelector('details[open] input') ?? this.days.querySelector('input:checked');
    (time ?? [this.now, this.later].find((o) => o.input.checked)?.input ?? this.now.input).focus();
  }

  /** full says that a time is gone, and offers the next. */
  full(slot, next) {
    const { speaker } = this;
    this.#slots = this.#slots.filter((s) => s.slotId !== slot.slotId);
    this.#slot = undefined;
    this.hold.spent();
    this.#draw();
    const said = { time: speaker.window(slot), next: next && speaker.window(next) };
    this.kept.replaceChildren(h('p', {}, speaker.say(next ? 'full' : 'fullNoNext', said)), ...(next
      ? [h('button', { type: 'button', class: 'secondary', click: () => this.#take(next) }, speaker.say('take', said))]
      : []));
    this.changed();
  }

  /** offer is the button that takes the next free time; nothing if none is offered. */
  get offer() { return this.kept.querySelector('button'); }

  #take(slot) {
    if (!this.#slots.some((s) => s.slotId === slot.slotId)) this.#slots = [...this.#slots, slot].sort((a, b) => Date.parse(a.start) - Date.parse(b.start));
    this.later.input.checked = true;
    this.#day = this.speaker.dayOf(new Date(slot.start));
    this.#pick(slot);
    this.#draw();
    this.times.querySelector('input:checked')?.focus();
  }

  #held(news, slot, next) {
    if (news === 'full') this.full(slot, next);
    else this.kept.replaceChildren(h('p', {}, this.speaker.say(news, { time: this.speaker.window(slot) })));
  }

  #chose() {
    const later = this.later.input.checked;
    this.picker.hidden = !later;
    if (later && this.#slot) this.hold.take(this.#slot);
    if (!later) {
      this.hold.release();
      this.kept.replaceChildren();
    }
    this.error();
    this.changed();
  }

  #pick(slot) {
    this.#slot = slot;
    this.kept.replaceChildren();
    this.hold.take(slot);
    this.error();
    this.changed();
  }

  /** #draw shows the days, and the times of one of them by the parts of the day. */
  #draw() {
    const { speaker } = this;
    const days = Map.groupBy(this.#slots, (s) => speaker.dayOf(new Date(s.start)));
    if (!days.has(this.#day)) this.#day = days.keys().next().value;
    this.days.replaceChildren(...[...days].map(([day, [{ start }]]) => {
      const at = new Date(start);
      const shown = [h('strong', {}, speaker.shortDay(at)), ' ', speaker.date(at)];
      return chip('day', day, day === this.#day, shown, () => { this.#day = day; this.#drawTimes(days.get(day)); });
    }));
    this.#drawTimes(days.get(this.#day) ?? []);
  }

  #drawTimes(slots) {
    const { speaker } = this;
    put(this.timesLegend, slots.length ? speaker.say('time', { day: speaker.longDay(new Date(slots[0].start)) }) : '');
    const parts = Map.groupBy(slots, (s) => partOfDay(speaker.hourOf(new Date(s.start))));
    const chosen = [...parts].find(([, of]) => of.some((s) => s.slotId === this.#slot?.slotId))?.[0];
    const open = chosen ?? [...parts.keys()].find((part) => part !== 'night') ?? 'night';
    this.times.replaceChildren(...[...parts].map(([part, of]) => h(
      'details', { open: part === open },
      h('summary', {}, h('span', {}, speaker.text(part)), h('span', { class: 'count' }, speaker.count('free', of.length))),
      h('div', { class: 'chips' }, of.map((s) => chip('time', s.slotId, s.slotId === this.#slot?.slotId, speaker.span(s), () => this.#pick(s)))),
    )));
  }
}

const partOfDay = (hour) => (hour < 6 ? 'night' : hour < 12 ? 'morning' : hour < 18 ? 'afternoon' : 'evening');

/** chip is a radio button that looks like a tile. */
function chip(name, value, checked, content, chosen) {
  return h('label', { class: 'chip' }, h('input', { type: 'radio', name, value, checked, change: chosen }), h('span', {}, content));
}

// The element.

const waitEvery = 30e3; // ms between looks at the wait
const pollEvery = 5e3; // ms between looks at a callback, where streams do not get through
const streamTries = 3; // streams that brought nothing until one looks instead

const ends = ['completed', 'unanswered', 'served', 'expired', 'cancelled', 'failed'];

/** stepOf is how far a callback is: 0 until its turn, 1 from then, 2 while it is called. */
const stepOf = { scheduled: 0, waiting: 0, due: 1, dispatching: 1, dispatched: 1, uncertain: 1, accepted: 2, connected: 2 };

/** What a state is called where its own name is not it. */
const toldAs = { dispatching: 'due', dispatched: 'due', uncertain: 'due' };

/** DirectCallback is the element. */
export class DirectCallback extends HTMLElement {
  static observedAttributes = ['queue', 'key', 'topic', 'endpoint', 'lang', 'country'];

  #root = this.attachShadow({ mode: 'open' });
  #card = h('div', { class: 'card', part: 'card' });
  #status = h('p', { class: 'spoken', role: 'status' });
  #life; // ends what was begun, when the element is taken away or told something else
  #view; // ends what belongs to what is shown now
  #texts = {};
  #restarting = false;
  #speaker;
  #client;
  #attempt; // the last request, to be sent again as it is while nobody knows what became of it
  #callback; // as it is known

  constructor() {
    super();
    this.#root.adoptedStyleSheets = [sheet()];
    this.#root.append(this.#card, this.#status);
  }

  get texts() { return this.#texts; }

  set texts(texts) {
    this.#texts = { ...texts };
    this.#restart();
  }

  connectedCallback() { this.#restart(); }

  disconnectedCallback() { this.#life?.abort(); }

  attributeChangedCallback() { this.#restart(); }

  /** #restart begins anew, once for however many attributes change together. */
  #restart() {
    if (this.#restarting) return;
    this.#restarting = true;
    queueMicrotask(() => {
      this.#restarting = false;
      this.#life?.abort();
      if (this.isConnected) this.#begin();
    });
  }

  #begin() {
    this.#life = new AbortController();
    const own = { ...this.#markedTexts(), ...this.#texts };
    const wanted = canonical(this.closest('[lang]')?.lang || document.documentElement.lang || navigator.language);
    const lang = languages[wanted.split('-')[0]] || Object.keys(own).length ? wanted : 'en';
    this.#speaker = new Speaker(lang, own);
    this.#card.lang = lang;
    this.#client = new Client(this.#endpoint, this.getAttribute('key') ?? '', this.getAttribute('queue') ?? '', this.#life.signal);
    const saved = this.#saved;
    if (saved) this.#resume(saved);
    else this.#open();
  }

  get #endpoint() { return new URL(this.getAttribute('endpoint') ?? '.', this.hasAttribute('endpoint') ? document.baseURI : import.meta.url); }

  /** #country is whose numbers may be given without a country code; what is assumed is shown at the field. */
  get #country() {
    const spoken = [this.#speaker.locale, navigator.language].map((l) => new Intl.Locale(l).region);
    return (this.getAttribute('country') ?? spoken.find(Boolean))?.toUpperCase();
  }

  /** #markedTexts are the texts in a JSON block inside the element. */
  #markedTexts() {
    const block = this.querySelector('script[type="application/json"]');
    if (!block) return {};
    try {
      return JSON.parse(block.textContent);
    } catch (error) {
      console.error('direct-callback: the texts are not JSON:', error.message);
      return {};
    }
  }

  // What the tab remembers: which callback it is about, and the token that opens it.

  get #drawer() { return `direct-callback ${this.#endpoint} ${this.getAttribute('queue') ?? this.getAttribute('topic')}`; }

  get #saved() {
    try {
      return JSON.parse(sessionStorage.getItem(this.#drawer));
    } catch {
      return undefined; // storage is switched off
    }
  }

  #save(ticket) {
    try {
      if (ticket) sessionStorage.setItem(this.#drawer, JSON.stringify(ticket));
      else sessionStorage.removeItem(this.#drawer);
    } catch {} // then it lasts as long as the page
  }

  // Views. Each replaces what is shown, and ends what belonged to it.

  /** #show replaces what is shown. The focus goes to its heading if it was inside before. */
  #show(...content) {
    const focused = this.#root.activeElement;
    this.#view?.abort();
    this.#view = new AbortController();
    this.#life.signal.addEventListener('abort', () => this.#view.abort(), { once: true });
    this.#card.replaceChildren(...content.filter(Boolean));
    if (focused) this.#card.querySelector('h2')?.focus();
    return this.#view.signal;
  }

  #title(name) { return h('h2', { tabindex: '-1' }, this.#speaker.text(name)); }

  #say(text) { put(this.#status, text); }

  async #open() {
    const signal = this.#show(this.#title('title'), h('p', { class: 'loading', role: 'status' }, this.#speaker.text('loading')));
    try {
      const known = await this.#learn();
      if (!signal.aborted) this.#offer(known);
    } catch (error) {
      if (!signal.aborted) this.#refuse(error);
    }
  }

  /** #learn asks what there is to know. Without the queue there is no form; without the rest there is. */
  async #learn() {
    const queue = await this.#client.queue();
    this.#speaker.useZoneOf(queue);
    const [wait, slots] = await Promise.allSettled([this.#client.wait(), this.#client.slots(this.#speaker.zone)]);
    return { queue, wait: wait.value, slots: slots.value ?? [] };
  }

  #offer(known) {
    if (known.queue.callbackOffered === false) this.#notOffered(known.queue);
    else this.#form(known);
  }

  /** #otherwise shows what the page has for those who cannot be called. */
  #otherwise(...content) {
    return this.#show(this.#title('title'), ...content, h('div', { class: 'otherwise' }, h('slot')));
  }

  #notOffered(queue) {
    const until = queue?.nextOpening && !queue.open;
    this.#otherwise(h('p', {}, until ? this.#speaker.say('notOfferedUntil', { time: this.#speaker.moment(queue.nextOpening) }) : this.#speaker.text('notOffered')));
  }

  /** #refuse says why there is no form. */
  #refuse(error) {
    const retry = h('button', { type: 'button', class: 'secondary', click: () => this.#open() }, this.#speaker.text('retry'));
    const misplaced = [401, 403, 404].includes(error.status);
    if (misplaced) console.error(`direct-callback: ${error.message} (${error.kind}); see key, queue and origin`);
    const signal = this.#otherwise(h('p', {}, misplaced ? this.#speaker.text('notHere') : this.#why(error)), misplaced ? undefined : retry);
    addEventListener('online', () => this.#open(), { once: true, signal });
  }

  /** #why says in plain words what went wrong. */
  #why(error) {
    switch (error.kind) {
      case 'too-many-requests': return this.#speaker.say('tooMany', { when: this.#speaker.in(error.retryAfter ?? error.body.retryAfter ?? 60) });
      case 'not-offered': return this.#speaker.text('notOffered');
      case 'too-late': return this.#speaker.text('tooLate');
      case 'duplicate': return this.#speaker.text('duplicate');
      case 'precondition-failed': return this.#speaker.text('changed');
      default: return this.#speaker.text(error instanceof Unreachable ? 'unreachable' : 'failed');
    }
  }

  // The form.

  #form(known) {
    const { text } = this.#speaker;
    const submit = h('button', { type: 'submit', class: 'primary' });
    const when = new When(this.#speaker, this.#client, () => put(submit, this.#toDo(when)));
    const phone = new PhoneField(this.#speaker, this.#country);
    const name = new Field('name', { label: text('name'), optional: text('optional'), control: h('input', { type: 'text', autocomplete: 'name', maxlength: 100 }) });
    const notes = new Field('notes', { label: text('notes'), optional: text('optional'), control: h('textarea', { rows: 2, maxlength: 2000 }) });
    const consent = new Consent(text('consent'), text('consentMissing'));
    const failure = h('div', { class: 'failure', role: 'alert' });
    const fields = { when, phone, consent, name, notes, failure, submit };
    const signal = this.#show(this.#title('title'), h('p', { class: 'lead' }, text('lead')), h(
      'form', { novalidate: true, submit: (event) => { event.preventDefault(); this.#submit(fields, signal); } },
      when.element, h('div', { class: 'pair' }, phone.element, name.element), notes.element, consent.element, failure, submit,
    ));
    when.told(known);
    when.choose(known.queue.open === false && known.slots.length ? 'slot' : 'asap');
    signal.addEventListener('abort', () => when.hold.release());
    addEventListener('pagehide', () => when.hold.release(), { signal });
    this.#keepTelling(when, known, signal);
  }

  /** #toDo is what the button will do. */
  #toDo(when) {
    const { wish } = when;
    return wish && wish !== 'asap' ? this.#speaker.say('book', { time: this.#speaker.window(wish) }) : this.#speaker.text('ask');
  }

  /** #keepTelling tells the wait as it changes, while somebody looks. */
  async #keepTelling(when, known, signal) {
    for (;;) {
      await sleep(waitEvery, signal);
      if (signal.aborted) return;
      if (document.visibilityState !== 'visible') continue;
      const [queue, wait] = await Promise.allSettled([this.#client.queue(), this.#client.wait()]);
      if (!signal.aborted) when.told({ queue: queue.value ?? known.queue, wait: wait.value });
    }
  }

  async #submit(fields, signal) {
    const { when, phone, consent, name, notes, failure, submit } = fields;
    if (submit.getAttribute('aria-disabled')) return;
    const wrong = [when, phone, consent].filter((field) => !field.check());
    failure.replaceChildren();
    if (wrong.length) {
      wrong[0].focus();
      return;
    }
    const wish = when.wish;
    const free = this.#busy(submit);
    try {
      const callback = await this.#client.request(this.#try({
        phone: phone.number, name: name.value || undefined, notes: notes.value || undefined, consent: consent.text, wish, when,
      }));
      this.#attempt = undefined;
      when.hold.spent();
      if (!signal.aborted) this.#promised(callback);
    } catch (error) {
      if (!signal.aborted) this.#failed(error, fields, wish);
    } finally {
      free();
    }
  }

  /**
   * #try is a request with its key. What is asked for again unchanged is sent again unchanged, under the same key,
   * because the first may have arrived.
   */
  #try({ phone, name, notes, consent, wish, when }) {
    const meant = JSON.stringify([phone, name, notes, consent, wish]);
    if (this.#attempt?.meant !== meant) {
      this.#attempt = {
        meant, key: unique(),
        body: {
          phone, name, notes, ...when.body, ...this.#about, locale: this.#speaker.locale, timeZone: this.#speaker.zone, channel: 'web',
          consent: { given: true, at: new Date().toISOString(), text: consent },
        },
      };
    }
    return this.#attempt;
  }

  get #about() { return this.hasAttribute('topic') ? { topic: this.getAttribute('topic') } : { queueId: this.getAttribute('queue') }; }

  /** #busy shows that something is on its way, and gives what shows that it has arrived. */
  #busy(button) {
    const shown = button.textContent;
    button.setAttribute('aria-disabled', 'true');
    put(button, this.#speaker.text('busy'));
    this.#say(this.#speaker.text('busy'));
    return () => {
      button.removeAttribute('aria-disabled');
      if (button.textContent === this.#speaker.text('busy')) put(button, shown);
      this.#say('');
    };
  }

  /** #failed shows a refusal where it belongs: at the field, or above the button. */
  #failed(error, fields, wish) {
    const { when, failure } = fields;
    if (error.kind === 'idempotency-key-reused') this.#attempt = undefined;
    if (error.kind === 'slot-full') {
      when.full(wish, error.body.nextAvailable);
      (when.offer ?? when).focus();
      return;
    }
    const wrong = [];
    for (const { field } of error.kind === 'invalid-request' ? error.body.errors ?? [] : []) {
      const [control, text] = this.#fieldOf(field, fields, wish);
      if (!control) continue;
      control.error(this.#speaker.text(text));
      wrong.push(control);
    }
    const first = ['when', 'phone', 'name', 'notes', 'consent'].map((f) => fields[f]).find((f) => wrong.includes(f));
    if (first) first.focus();
    else failure.replaceChildren(h('p', {}, this.#why(error)));
  }

  /** #fieldOf finds what the service calls wrong, and what to say of it. */
  #fieldOf(field, { when, phone, name, notes, consent }, wish) {
    switch (field.split('.')[0]) {
      case 'phone': return [phone, 'phoneRefused'];
      case 'when': case 'timeZone': return [when, wish === 'asap' ? 'nowWrong' : 'timeWrong'];
      case 'name': return [name, 'textWrong'];
      case 'notes': return [notes, 'textWrong'];
      case 'consent': return [consent, 'consentMissing'];
      default: return [];
    }
  }

  // The callback.

  #promised(callback) {
    if (callback.joined) {
      this.#joined(callback);
      return;
    }
    const { manageToken: token, ...shown } = callback;
    const ticket = { id: callback.id, token };
    this.#save(ticket);
    this.#callback = shown;
    this.#follow(ticket);
  }

  #joined(callback) {
    const { place } = callback;
    this.#show(
      h('div', { class: 'head' }, mark('check'), h('div', {}, this.#title('joined'), h('p', { class: 'lead' }, this.#speaker.text('joinedLead')))),
      place ? h('p', {}, this.#speaker.say('joinedPlace', { place })) : undefined,
    );
  }

  async #resume(ticket) {
    const signal = this.#show(this.#title('title'), h('p', { class: 'loading', role: 'status' }, this.#speaker.text('loading')));
    try {
      this.#callback = await this.#client.callback(ticket);
      if (!signal.aborted) this.#follow(ticket);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Problem && error.status < 500) this.#save(); // it is no longer there
      if (error instanceof Problem && error.status < 500) this.#open();
      else this.#refuse(error);
    }
  }

  /** #follow shows a callback and whatever becomes of it. */
  #follow(ticket) {
    const page = new Confirmation(this.#speaker, {
      move: () => this.#move(ticket, page), correct: () => this.#correct(ticket, page), cancel: () => this.#cancel(ticket, page), again: () => this.#open(),
    });
    const signal = this.#show(page.element);
    this.#news(this.#callback, page);
    this.#watch(ticket, page, signal);
  }

  /** #news shows the callback as it is now, and tells the page around. */
  #news(callback, page) {
    const before = this.#callback;
    this.#callback = callback;
    page.tell(callback);
    if (ends.includes(callback.state)) this.#save();
    if (before?.state !== callback.state || before?.place !== callback.place || before === callback) {
      this.dispatchEvent(new CustomEvent('directcallback', { bubbles: true, composed: true, detail: { state: callback.state, place: callback.place } }));
    }
  }

  /** #watch listens until the end. Where a stream does not get through it looks now and then. */
  async #watch(ticket, page, signal) {
    for (let silent = 0; !signal.aborted && !this.#over;) {
      if (silent < streamTries && await this.#listen(ticket, page, signal)) silent = 0;
      else silent++;
      if (!signal.aborted && !this.#over && !await this.#look(ticket, page, signal)) return;
      await sleep(document.visibilityState === 'visible' ? pollEvery : 4 * pollEvery, signal);
    }
  }

  get #over() { return ends.includes(this.#callback.state); }

  /** #listen shows what a stream tells, until it ends. It tells whether there was anything. */
  async #listen(ticket, page, signal) {
    let heard = false;
    try {
      for await (const callback of this.#client.events(ticket, this.#callback.tag, signal)) {
        if (signal.aborted) break;
        heard = true;
        this.#news(callback, page);
      }
    } catch {} // why a stream ended does not matter: one looks how things stand
    return heard;
  }

  /** #look shows how things stand. It tells whether there is still a callback to look at. */
  async #look(ticket, page, signal) {
    try {
      const callback = await this.#client.callback(ticket, this.#callback.tag);
      if (callback && !signal.aborted) this.#news(callback, page);
    } catch (error) {
      if (signal.aborted || ![401, 404].includes(error.status)) return true;
      this.#save(); // it was erased, or the token is no longer good
      this.#open();
      return false;
    }
    return true;
  }

  // Changes. Each takes the place of the buttons, and gives it back.

  async #move(ticket, page) {
    const { text } = this.#speaker;
    const submit = h('button', { type: 'submit', class: 'primary' }, text('move'));
    const when = new When(this.#speaker, this.#client, () => put(submit, this.#moveTo(when)));
    const form = page.ask('move', [when.element], submit, 'back', () => when.hold.release(), async () => {
      if (!when.check()) {
        when.focus();
        return;
      }
      const { wish } = when;
      const refused = (error) => {
        if (error.kind === 'slot-full') {
          when.full(wish, error.body.nextAvailable);
          (when.offer ?? when).focus();
        } else if (error.kind === 'invalid-request') {
          when.error(text(wish === 'asap' ? 'nowWrong' : 'timeWrong'));
          when.focus();
        } else return false;
        return true;
      };
      await this.#change(ticket, page, form, { ...when.body, timeZone: this.#speaker.zone }, { done: 'moved', refused, taken: () => when.hold.spent() });
    });
    this.#view.signal.addEventListener('abort', () => when.hold.release());
    try {
      const known = await this.#learn();
      when.told(known);
      when.choose(known.slots.length ? 'slot' : 'asap');
    } catch (error) {
      form.fail(this.#why(error));
    }
  }

  #moveTo(when) {
    const { wish } = when;
    if (wish === 'asap') return this.#speaker.text('moveNow');
    return wish ? this.#speaker.say('moveTo', { time: this.#speaker.window(wish) }) : this.#speaker.text('move');
  }

  #correct(ticket, page) {
    const { text } = this.#speaker;
    const phone = new PhoneField(this.#speaker, this.#country);
    const submit = h('button', { type: 'submit', class: 'primary' }, text('correctDo'));
    const form = page.ask('correct', [phone.element], submit, 'back', undefined, async () => {
      if (!phone.check()) {
        phone.focus();
        return;
      }
      const refused = (error) => {
        if (error.kind !== 'invalid-request' && error.kind !== 'duplicate') return false;
        phone.error(text(error.kind === 'duplicate' ? 'duplicate' : 'phoneRefused'));
        phone.focus();
        return true;
      };
      await this.#change(ticket, page, form, { phone: phone.number }, { done: 'corrected', refused });
    });
  }

  /** #change sends what is to be different. refused may show an error itself, and then tells so. */
  async #change(ticket, page, form, body, { done, refused, taken }) {
    const free = this.#busy(form.submit);
    try {
      const { underWay, ...callback } = await this.#client.change(ticket, this.#callback.tag, body);
      taken?.();
      this.#news(callback, page);
      form.close();
      page.note(underWay ? '' : this.#speaker.text(done));
    } catch (error) {
      if (this.#life.signal.aborted || refused(error)) return;
      await this.#refused(error, ticket, page, form);
    } finally {
      free();
    }
  }

  /** #refused says why something was not done, and shows how things stand. */
  async #refused(error, ticket, page, form) {
    await this.#catchUp(ticket, page);
    if (form.closed) page.note(this.#why(error)); // it cannot be asked any more
    else form.fail(this.#why(error));
  }

  #cancel(ticket, page) {
    const submit = h('button', { type: 'submit', class: 'danger' }, this.#speaker.text('cancelDo'));
    const lead = this.#speaker.text(this.#callback.window ? 'cancelLeadBooked' : 'cancelLead');
    const form = page.ask('cancelTitle', [h('p', {}, lead)], submit, 'keep', undefined, async () => {
      const free = this.#busy(submit);
      try {
        await this.#client.cancel(ticket);
        form.close();
        await this.#catchUp(ticket, page);
      } catch (error) {
        if (!this.#life.signal.aborted) await this.#refused(error, ticket, page, form);
      } finally {
        free();
      }
    });
  }

  /** #catchUp shows how things stand, as far as they can be learnt. */
  async #catchUp(ticket, page) {
    const callback = await this.#client.callback(ticket).catch(() => undefined);
    if (callback) this.#news(callback, page);
  }
}

/** Consent is the customer's agreement, and the words of it. */
class Consent {
  constructor(text, missing) {
    this.missing = missing;
    this.input = h('input', { type: 'checkbox', id: 'consent', required: true, 'aria-describedby': 'consent-error', change: () => this.error() });
    this.slot = h('slot', { name: 'consent' }, text);
    this.note = h('p', { class: 'error', id: 'consent-error' });
    this.element = h('div', { class: 'field consent' }, h('label', {}, this.input, h('span', {}, this.slot)), this.note);
  }

  /** text is what was agreed to: the page's own words, if it has some. */
  get text() {
    const own = this.slot.assignedNodes().map((n) => n.textContent).join(' ');
    return (own || this.slot.textContent).replace(/\s+/g, ' ').trim();
  }

  check() {
    this.error(this.input.checked ? '' : this.missing);
    return this.input.checked;
  }

  error(text) {
    put(this.note, text);
    if (text) this.input.setAttribute('aria-invalid', 'true');
    else this.input.removeAttribute('aria-invalid');
  }

  focus() { this.input.focus(); }
}

/** Confirmation shows a callback: how far it is, and what can be done about it. */
class Confirmation {
  #form;
  #shown; // which end, or that it goes on

  constructor(speaker, actions) {
    Object.assign(this, { speaker, actions });
    const tile = (name) => {
      const value = h('dd');
      return { value, element: h('div', { class: `tile ${name}`, 'aria-live': 'polite', 'aria-atomic': 'true' }, h('dt', {}, speaker.text(name)), value) };
    };
    this.title = h('h2', { tabindex: '-1' });
    this.lead = h('p', { class: 'lead' });
    this.state = h('p', { class: 'state', 'aria-live': 'polite' });
    this.booked = tile('booked');
    this.place = tile('place');
    this.wait = tile('wait');
    this.tiles = h('dl', { class: 'tiles' }, this.booked.element, this.place.element, this.wait.element);
    this.steps = h('ol', { class: 'steps', 'aria-label': speaker.text('steps') });
    this.news = h('p', { class: 'news', role: 'status' });
    this.buttons = h('div', { class: 'buttons' });
    this.asking = h('div');
    this.mark = h('div', { class: 'marks' });
    this.element = h('div', { class: 'confirmation' }, h('div', { class: 'head' }, this.mark, h('div', {}, this.title, this.lead)), this.steps, this.tiles, this.state, this.news, this.buttons, this.asking);
  }

  /** tell shows a callback. */
  tell(callback) {
    const { state } = callback;
    if (ends.includes(state)) this.#end(state);
    else this.#going(callback);
  }

  #going(callback) {
    const { speaker } = this;
    const { state, place, window: booked, estimatedWait } = callback;
    put(this.title, speaker.text('promised'));
    this.mark.replaceChildren(...(this.#shown ? this.mark.children : [mark('phone')]));
    const lead = fill(speaker.text('promisedLead'), { phone: number(spaced(callback.phone)) });
    if (this.lead.textContent !== lead.map((part) => part.textContent ?? part).join('')) this.lead.replaceChildren(...lead);
    this.#step(state, booked);
    this.tiles.hidden = !booked && !place;
    this.booked.element.hidden = !booked;
    for (const { element } of [this.place, this.wait]) element.hidden = !place;
    put(this.booked.value, booked ? speaker.window(booked) : '');
    put(this.place.value, place ? String(place) : '');
    put(this.wait.value, estimatedWait ? speaker.minutes(estimatedWait, 'short') : speaker.text('waitUnknown'));
    put(this.state, speaker.text(state === 'waiting' && place === 1 ? 'next' : toldAs[state] ?? state));
    this.#offer(callback);
    this.#shown = 'going';
  }

  #step(state, booked) {
    const at = stepOf[state];
    this.steps.hidden = at === undefined;
    const names = [booked && state === 'scheduled' ? 'stepBooked' : 'stepWaiting', 'stepTurn', 'stepCall'];
    const steps = names.map((name, i) => h('li', { 'aria-current': i === at ? 'step' : undefined, class: i < at ? 'past' : undefined }, this.speaker.text(name)));
    if (this.steps.dataset.at === `${at} ${names[0]}`) return;
    this.steps.dataset.at = `${at} ${names[0]}`;
    this.steps.replaceChildren(...steps);
  }

  /** #offer shows the buttons of what can still be done. */
  #offer({ links }) {
    const possible = [['move', links.change], ['correct', links.change], ['cancel', links.cancel]].filter(([, link]) => link).map(([name]) => name);
    if (this.buttons.dataset.has === possible.join(' ')) return;
    this.buttons.dataset.has = possible.join(' ');
    const focused = this.buttons.contains(this.#active);
    this.buttons.replaceChildren(...possible.map((name) => h('button', { type: 'button', class: name === 'cancel' ? 'quiet' : 'secondary', 'data-action': name, click: () => this.actions[name]() }, this.speaker.text(name))));
    if (!possible.includes('move')) this.#form?.close();
    if (focused) (this.buttons.firstChild ?? this.title).focus();
  }

  /** #active is what has the focus. */
  get #active() { return this.element.getRootNode().activeElement; }

  #end(state) {
    const { speaker } = this;
    if (this.#shown === state) return;
    this.#shown = state;
    this.#form?.close();
    const text = state === 'failed' ? 'failedEnd' : state;
    const focused = this.element.contains(this.#active);
    this.mark.replaceChildren(mark(state === 'completed' || state === 'served' ? 'check' : state === 'cancelled' ? 'cross' : 'phone'));
    put(this.title, speaker.text(text));
    this.lead.replaceChildren(speaker.text(`${text}Lead`));
    for (const gone of [this.steps, this.tiles]) gone.hidden = true;
    put(this.state, '');
    put(this.news, '');
    this.buttons.dataset.has = 'again';
    this.buttons.replaceChildren(h('button', { type: 'button', class: 'secondary', 'data-action': 'again', click: () => this.actions.again() }, speaker.text('again')));
    if (focused) this.title.focus();
  }

  note(text) { put(this.news, text); }

  /** ask puts a question in the place of the buttons. */
  ask(title, content, submit, back, closed, answered) {
    const { speaker } = this;
    this.#form?.close();
    this.note('');
    const failure = h('div', { class: 'failure', role: 'alert' });
    const from = this.#active?.dataset.action;
    const form = {
      submit, closed: false,
      fail: (text) => failure.replaceChildren(h('p', {}, text)),
      close: () => {
        if (form.closed) return;
        form.closed = true;
        this.#form = undefined;
        closed?.();
        const focused = element.contains(this.#active);
        element.remove();
        this.buttons.hidden = false;
        if (focused) (this.buttons.querySelector(`[data-action=${from}]`) ?? this.title).focus();
      },
    };
    const heading = h('h3', { tabindex: '-1' }, speaker.text(title));
    const element = h(
      'form', {
        class: 'question', novalidate: true,
        submit: (event) => {
          event.preventDefault();
          failure.replaceChildren();
          if (!submit.getAttribute('aria-disabled')) answered();
        },
        keydown: (event) => { if (event.key === 'Escape') form.close(); },
      },
      heading, content, failure, h('div', { class: 'buttons' }, submit, h('button', { type: 'button', class: 'quiet', click: () => form.close() }, speaker.text(back))),
    );
    this.#form = form;
    this.buttons.hidden = true;
    this.asking.replaceChildren(element);
    heading.focus();
    return form;
  }
}

/** unique draws a key that nobody else has; pages without HTTPS have no randomUUID. */
function unique() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, '0')).join('');
}

const shapes = {
  phone: 'M6.6 10.8c1.4 2.8 3.8 5.1 6.6 6.6l2.2-2.2c.3-.3.7-.4 1-.2 1.1.4 2.3.6 3.6.6.6 0 1 .4 1 1V20c0 .6-.4 1-1 1C10.6 21 3 13.4 3 4c0-.6.4-1 1-1h3.5c.6 0 1 .4 1 1 0 1.3.2 2.5.6 3.6.1.3 0 .7-.2 1z',
  check: 'M9 16.2 4.8 12l-1.4 1.4L9 19 21 7l-1.4-1.4z',
  cross: 'M19 6.4 17.6 5 12 10.6 6.4 5 5 6.4 10.6 12 5 17.6 6.4 19l5.6-5.6 5.6 5.6 1.4-1.4-5.6-5.6z',
};

/** mark is a small picture that says nothing which the text does not. */
function mark(shape) {
  const space = 'http://www.w3.org/2000/svg';
  const picture = document.createElementNS(space, 'svg');
  const path = document.createElementNS(space, 'path');
  for (const [name, value] of Object.entries({ viewBox: '0 0 24 24', 'aria-hidden': 'true', focusable: 'false', class: `mark ${shape}` })) picture.setAttribute(name, value);
  path.setAttribute('d', shapes[shape]);
  picture.append(path);
  return picture;
}

// Styles.

let shared;

/** sheet is made by a script, which a policy without inline styles allows, and is one for all elements. */
function sheet() {
  if (!shared) {
    shared = new CSSStyleSheet();
    shared.replaceSync(styles);
  }
  return shared;
}

const styles = `
:host {
  --_accent: var(--direct-callback-accent, light-dark(#0b5a7a, #86d0ec));
  --_on-accent: var(--direct-callback-on-accent, light-dark(#fff, #06222e));
  --_surface: var(--direct-callback-surface, light-dark(#fff, #1b2126));
  --_ink: var(--direct-callback-ink, light-dark(#1a2328, #e9eef1));
  --_soft: var(--direct-callback-soft, light-dark(#55636b, #a9b6bd));
  --_line: var(--direct-callback-line, light-dark(#7d8a92, #7f8d95));
  --_faint: light-dark(color-mix(in srgb, var(--_ink) 12%, var(--_surface)), color-mix(in srgb, var(--_ink) 18%, var(--_surface)));
  --_tint: color-mix(in srgb, var(--_accent) 8%, var(--_surface));
  --_wrong: light-dark(#a8231b, #ffb0a6);
  --_radius: var(--direct-callback-radius, 0.75rem);
  display: block;
  color-scheme: light dark;
  container-type: inline-size;
}
:host([hidden]) { display: none; }

*, ::before, ::after { box-sizing: border-box; }

.card {
  max-inline-size: 40rem;
  padding: clamp(1rem, 5cqi, 2rem);
  background: var(--_surface);
  color: var(--_ink);
  border: 1px solid var(--_faint);
  border-radius: calc(var(--_radius) * 1.5);
  line-height: 1.5;
  overflow-wrap: anywhere;
}

h2, h3, p, dl, dd, ol, fieldset, legend { margin: 0; padding: 0; border: 0; min-inline-size: 0; }
h2 { font-size: 1.5rem; line-height: 1.2; font-weight: 650; text-wrap: balance; }
h3 { font-size: 1.125rem; line-height: 1.3; font-weight: 650; }
h2:focus, h3:focus { outline: none; }
.lead { margin-block-start: 0.5rem; color: var(--_soft); }
.loading { margin-block-start: 1rem; color: var(--_soft); min-block-size: 6rem; }
.otherwise { margin-block-start: 1rem; }
.card > p { margin-block-start: 0.75rem; }
.card > button { margin-block-start: 1rem; }
.number { white-space: nowrap; font-variant-numeric: tabular-nums; }
[hidden] { display: none !important; }

.spoken {
  position: absolute; inline-size: 1px; block-size: 1px; margin: -1px;
  overflow: hidden; clip-path: inset(50%); white-space: nowrap;
}

form { display: grid; gap: 1.25rem; margin-block-start: 1.5rem; }
legend, .field > label { font-weight: 600; margin-block-end: 0.375rem; display: block; }
.optional { font-weight: 400; color: var(--_soft); }
.hint, .read { font-size: 0.875rem; color: var(--_soft); margin-block-start: 0.375rem; }
.hint:empty, .read:empty, .error:empty, .kept:empty, .failure:empty, .news:empty, .state:empty { display: none; }
.read { color: var(--_ink); font-weight: 600; }
.pair { display: grid; gap: 1.25rem; }

input, textarea, button { font: inherit; color: inherit; letter-spacing: inherit; }
input[type=tel], input[type=text], textarea {
  display: block; inline-size: 100%; min-block-size: 2.875rem; padding: 0.5rem 0.75rem;
  background: var(--_surface); border: 1px solid var(--_line); border-radius: calc(var(--_radius) * 0.67);
}
input[type=tel] { text-align: start; font-variant-numeric: tabular-nums; }
:dir(rtl) input[type=tel] { text-align: end; }
textarea { resize: vertical; min-block-size: 4.5rem; }
:is(input, textarea)[aria-invalid=true] { border-color: var(--_wrong); border-width: 2px; }

:focus-visible { outline: 3px solid var(--_accent); outline-offset: 2px; }

.error, .failure { color: var(--_wrong); font-weight: 600; font-size: 0.9375rem; }
.error { margin-block-start: 0.375rem; padding-inline-start: 1.5rem; position: relative; }
.error::before {
  content: '!' / ''; position: absolute; inset-inline-start: 0; inset-block-start: 0.15em;
  inline-size: 1.125rem; block-size: 1.125rem; line-height: 1.125rem; text-align: center; font-size: 0.75rem;
  border-radius: 50%; background: var(--_wrong); color: var(--_surface);
}
.failure { padding: 0.75rem 1rem; border: 2px solid var(--_wrong); border-radius: calc(var(--_radius) * 0.67); }

.option {
  display: grid; grid-template-columns: 1.5rem 1fr; gap: 0.75rem; align-items: start;
  padding: 0.75rem 1rem; border: 1px solid var(--_line); cursor: pointer;
}
.option:first-of-type { border-start-start-radius: var(--_radius); border-start-end-radius: var(--_radius); }
.option + .option { margin-block-start: -1px; border-end-start-radius: var(--_radius); border-end-end-radius: var(--_radius); }
.option:has(:checked) { background: var(--_tint); border-color: var(--_accent); position: relative; z-index: 1; }
.option:has(:disabled) { cursor: not-allowed; color: var(--_soft); }
.option:has(:focus-visible) { outline: 3px solid var(--_accent); outline-offset: 2px; z-index: 2; }
.option :focus-visible { outline: none; }
.option-title { display: block; font-weight: 600; }
.option-note { display: block; color: var(--_soft); font-size: 0.9375rem; }
.option-note::first-letter { text-transform: uppercase; }
input[type=radio], input[type=checkbox] { inline-size: 1.5rem; block-size: 1.5rem; margin: 0; accent-color: var(--_accent); flex: none; }

.picker { display: grid; gap: 1rem; margin-block-start: 1rem; }
.picker > .hint { margin: 0; }
.chips { display: grid; gap: 0.5rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 8.5rem), 1fr)); }
.days { grid-template-columns: repeat(auto-fill, minmax(min(100%, 7.25rem), 1fr)); }
.chip { position: relative; display: grid; }
.chip input { position: absolute; inset: 0; inline-size: 100%; block-size: 100%; opacity: 0; cursor: pointer; }
.chip span {
  display: grid; place-content: center; text-align: center; min-block-size: 2.75rem; padding: 0.375rem 0.5rem;
  border: 1px solid var(--_line); border-radius: calc(var(--_radius) * 0.67); background: var(--_surface);
  font-variant-numeric: tabular-nums; line-height: 1.25; overflow-wrap: break-word; text-wrap: balance;
}
.chip strong { font-weight: 600; }
.chip:hover span { border-color: var(--_accent); background: var(--_tint); }
.chip :checked + span { background: var(--_accent); border-color: var(--_accent); color: var(--_on-accent); font-weight: 600; }
.chip :focus-visible + span { outline: 3px solid var(--_accent); outline-offset: 2px; }

.parts { border: 1px solid var(--_faint); border-radius: var(--_radius); }
details + details { border-block-start: 1px solid var(--_faint); }
summary { display: flex; gap: 0.75rem; align-items: center; padding: 0.625rem 1rem; min-block-size: 2.75rem; cursor: pointer; font-weight: 600; border-radius: var(--_radius); list-style: none; }
summary::-webkit-details-marker { display: none; }
summary::before {
  content: ''; inline-size: 0.5rem; block-size: 0.5rem; border-inline-end: 2px solid; border-block-end: 2px solid; rotate: -45deg; flex: none;
}
summary:dir(rtl)::before { rotate: 45deg; }
details[open] > summary::before { rotate: 45deg; translate: 0 -2px; }
details[open] > summary:dir(rtl)::before { rotate: -45deg; }
.count { margin-inline-start: auto; font-weight: 400; color: var(--_soft); font-size: 0.875rem; }
details > .chips { padding: 0.25rem 1rem 1rem; }

.kept { margin-block-start: 0.75rem; padding: 0.75rem 1rem; border-inline-start: 4px solid var(--_accent); background: var(--_tint); border-radius: 0 calc(var(--_radius) * 0.67) calc(var(--_radius) * 0.67) 0; }
:dir(rtl) .kept { border-radius: calc(var(--_radius) * 0.67) 0 0 calc(var(--_radius) * 0.67); }
.kept button { margin-block-start: 0.5rem; }

.consent label { display: grid; grid-template-columns: 1.5rem 1fr; gap: 0.75rem; font-weight: 400; align-items: start; margin: 0; cursor: pointer; }

button {
  min-block-size: 2.875rem; padding: 0.625rem 1.25rem; border-radius: calc(var(--_radius) * 0.67);
  border: 1px solid var(--_accent); background: transparent; color: var(--_accent); font-weight: 600; line-height: 1.3; cursor: pointer; text-wrap: balance;
}
.primary, .danger { background: var(--_accent); color: var(--_on-accent); }
.danger { background: var(--_wrong); border-color: var(--_wrong); color: var(--_surface); }
.quiet { border-color: transparent; text-decoration: underline; text-underline-offset: 0.2em; }
button:hover { background: var(--_tint); }
.primary:hover { background: color-mix(in srgb, var(--_accent) 88%, var(--_ink)); }
.danger:hover { background: color-mix(in srgb, var(--_wrong) 88%, var(--_ink)); }
[aria-disabled=true] { opacity: 0.7; cursor: progress; }
.buttons { display: flex; flex-wrap: wrap; gap: 0.75rem; }

.head { display: flex; gap: 1rem; align-items: start; }
.marks { line-height: 0; }
.mark { inline-size: 3rem; block-size: 3rem; padding: 0.75rem; border-radius: 50%; background: var(--_tint); fill: var(--_accent); border: 1px solid transparent; }
.confirmation > .buttons, .state, .news { margin-block-start: 1.25rem; }
.state { font-weight: 600; }
.news { padding-inline-start: 1rem; border-inline-start: 4px solid var(--_accent); }
.question { padding-block-start: 1.25rem; border-block-start: 1px solid var(--_faint); }

.steps { display: grid; grid-template-columns: repeat(3, 1fr); gap: 0.5rem; margin-block-start: 1.5rem; list-style: none; }
.steps li { border-block-start: 4px solid var(--_faint); padding-block-start: 0.5rem; font-size: 0.875rem; color: var(--_soft); line-height: 1.3; }
.steps .past { border-color: var(--_accent); }
.steps [aria-current] { border-color: var(--_accent); color: var(--_ink); font-weight: 600; }

.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 9rem), 1fr)); gap: 0.75rem; margin-block-start: 1.25rem; }
.tile { padding: 0.875rem 1rem; background: var(--_tint); border-radius: var(--_radius); border: 1px solid transparent; display: grid; align-content: start; }
.booked { grid-column: 1 / -1; }
.booked dd { font-size: 1.25rem; }
dt { font-size: 0.875rem; color: var(--_soft); }
dd { font-size: 1.5rem; font-weight: 650; line-height: 1.25; font-variant-numeric: tabular-nums; }

@container (min-width: 34rem) {
  .pair { grid-template-columns: 1fr 1fr; align-items: start; }
}
@container (max-width: 26rem) {
  .buttons > button { inline-size: 100%; }
}
@container (max-width: 22rem) {
  .option { padding-inline: 0.75rem; }
  .chips { grid-template-columns: repeat(2, 1fr); }
  details > .chips { padding-inline: 0.5rem; }
}
@media (prefers-reduced-motion: no-preference) {
  button, .chip span, .option { transition: background-color 120ms, border-color 120ms; }
  summary::before { transition: rotate 120ms; }
}
@media (forced-colors: active) {
  .chip :checked + span { forced-color-adjust: none; background: Highlight; color: HighlightText; border-color: Highlight; }
  .option:has(:checked) { outline: 2px solid Highlight; outline-offset: -3px; }
  .steps [aria-current], .steps .past { border-color: Highlight; }
  .primary, .danger { border-width: 2px; }
  .mark { fill: CanvasText; border-color: CanvasText; }
  .tile { border-color: CanvasText; }
  .error::before { border: 1px solid; }
}
@media print { .buttons, form { display: none; } }
`;

if (!customElements.get('direct-callback')) customElements.define('direct-callback', DirectCallback);
