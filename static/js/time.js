// Times as people say them, kept fresh; the exact time stands in the title, in the person's zone.
(() => {
  const ago = (n, unit, past) => (past ? `${n} ${unit} ago` : `in ${n} ${unit}`);
  const plural = (n, word) => (n === 1 ? word : `${word}s`);

  // The same words as ui.Ago in Go.
  const say = (then, now) => {
    const past = then <= now;
    const seconds = Math.floor(Math.abs(now - then) / 1000);
    const units = (length) => Math.floor(seconds / length + (past ? 0 : 0.5));
    const minutes = units(60);
    const hours = units(3600);
    const days = units(86400);
    if (seconds < 45) return past ? 'just now' : 'in a moment';
    if (seconds < 3600) return ago(Math.max(minutes, 1), 'min', past);
    if (seconds < 86400) return ago(hours, 'h', past);
    if (days === 1) return past ? 'yesterday' : 'tomorrow';
    if (days < 14) return ago(days, 'days', past);
    if (days < 60) return ago(Math.floor(days / 7), 'weeks', past);
    const months = Math.floor(days / 30.44);
    if (months < 24) return ago(months, plural(months, 'month'), past);
    return ago(Math.floor(days / 365.25), 'years', past);
  };

  const zone = () => document.querySelector('[data-zone]')?.dataset.zone || undefined;
  const exact = (date) => {
    const options = { dateStyle: 'medium', timeStyle: 'medium' };
    try {
      return `${date.toLocaleString('en-GB', { ...options, timeZone: zone() })} ${zone() || ''}`.trim();
    } catch {
      return date.toLocaleString('en-GB', options);
    }
  };

  const refresh = () => {
    const now = Date.now();
    document.querySelectorAll('time[data-rel]').forEach((element) => {
      const date = new Date(element.dateTime);
      if (Number.isNaN(date.getTime())) return;
      const words = say(date.getTime(), now);
      if (element.textContent !== words) element.textContent = words;
      element.title = exact(date);
    });
  };

  document.addEventListener('DOMContentLoaded', refresh);
  document.addEventListener('htmx:after:swap', refresh);
  setInterval(refresh, 30000);
})();
