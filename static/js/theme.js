// The theme: follows the system until the person chooses; the choice is a cookie, so the server draws the next page right.
(() => {
  const root = document.documentElement;
  const system = matchMedia('(prefers-color-scheme: dark)');
  const chosen = () => (root.dataset.theme === 'light' || root.dataset.theme === 'dark' ? root.dataset.theme : 'system');

  const apply = (name) => {
    root.dataset.theme = name;
    const dark = name === 'dark' || (name === 'system' && system.matches);
    root.classList.toggle('dark', dark);
    root.classList.toggle('light', !dark);
    document.querySelectorAll('[data-theme-form] button').forEach((b) => b.setAttribute('aria-pressed', String(b.value === name)));
    document.dispatchEvent(new CustomEvent('app:theme', { detail: { dark } }));
  };

  apply(chosen());
  system.addEventListener('change', () => apply(chosen()));
  // In the capture phase, before htmx sends the form: the server is not needed for this.
  document.addEventListener('submit', (event) => {
    if (!event.target.matches('[data-theme-form]') || !event.submitter) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    document.cookie = `theme=${event.submitter.value}; path=/; max-age=31536000; samesite=lax`;
    apply(event.submitter.value);
  }, true);
  document.addEventListener('htmx:after:swap', () => apply(chosen()));
})();
