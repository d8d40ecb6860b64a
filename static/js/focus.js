// After a swap: to the first field with an error; after a whole new page, to its heading, so that it is read out.
(() => {
  const firstError = (within) => within.querySelector('[data-focus-error] [aria-invalid=true], [data-focus-error][aria-invalid=true]');

  const settle = (scope, wholePage) => {
    const bad = firstError(scope);
    if (bad) {
      bad.focus();
      return;
    }
    if (wholePage && document.activeElement === document.body) {
      const start = document.querySelector('main h1') || document.querySelector('main');
      if (!start) return;
      start.setAttribute('tabindex', '-1');
      start.focus({ preventScroll: true });
    }
  };

  // What stands where the target stood. A message beside a field holds no field: the check as one types must not pull the person back to a wrong one.
  const swapped = (target) => {
    if (!(target instanceof Element)) return document;
    return target.isConnected ? target : (target.id && document.getElementById(target.id)) || document;
  };

  document.addEventListener('DOMContentLoaded', () => settle(document, false));
  document.addEventListener('htmx:after:swap', (event) => {
    const target = event.detail?.ctx?.target;
    const whole = target === document.body;
    settle(whole ? document : swapped(target), whole);
  });
})();
