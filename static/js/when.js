// Fields that count only under a condition: data-when holds it; hidden ones are disabled, so they are not sent.
(() => {
  const values = (form, name) => [...form.elements].filter((e) => e.name === name && !('asleep' in e.dataset))
    .flatMap((e) => ((e.type === 'checkbox' || e.type === 'radio') && !e.checked ? [] : [e.value]));

  const holds = (form, { All, Not }) => {
    const all = (All || []).every(({ Field, Values }) => {
      const got = values(form, Field);
      if (!Values?.length) return got.length > 0 && got[0] !== '' && got[0] !== 'false';
      return (got.length === 0 && Values.includes('false')) || got.some((v) => Values.includes(v));
    });
    return all !== Boolean(Not);
  };

  const apply = (form) => form.querySelectorAll('[data-when]').forEach((part) => {
    const shown = JSON.parse(part.dataset.when).every((w) => holds(form, w));
    part.hidden = !shown;
    part.querySelectorAll('input, select, textarea').forEach((e) => {
      if (!shown && !e.disabled) {
        e.disabled = true;
        e.dataset.asleep = '';
      } else if (shown && 'asleep' in e.dataset) {
        e.disabled = false;
        delete e.dataset.asleep;
      }
    });
  });

  const all = () => new Set([...document.querySelectorAll('[data-when]')].map((p) => p.closest('form')).filter(Boolean)).forEach(apply);
  document.addEventListener('change', (event) => { if (event.target.form) apply(event.target.form); });
  document.addEventListener('DOMContentLoaded', all);
  document.addEventListener('htmx:after:swap', all);
})();
