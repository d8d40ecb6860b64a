// Toasts: the server answers HX-Trigger {"app:toast": {category, title, description}}; text only, never markup.
(() => {
  const icons = { success: 'circle-check', error: 'circle-x', warning: 'triangle-alert', info: 'info' };

  const show = ({ category = 'info', title = '', description = '' }) => {
    const shape = document.getElementById('toast-shape');
    const toaster = document.getElementById('toaster');
    if (!shape || !toaster) return;
    const toast = shape.content.firstElementChild.cloneNode(true);
    toast.dataset.category = category;
    toast.setAttribute('role', category === 'error' ? 'alert' : 'status');
    toast.querySelector('h2').textContent = title;
    toast.querySelector('p').textContent = description;
    const use = toast.querySelector('use');
    use.setAttribute('href', use.getAttribute('href').replace(/#.*$/, `#${icons[category] || 'info'}`));
    toaster.append(toast);
    leave(toast, category === 'error' ? 12000 : 5000);
  };

  // Leaves after a while, but never under the pointer or the focus.
  const leave = (toast, after) => setTimeout(() => {
    if (toast.matches(':hover, :focus-within')) leave(toast, 2000);
    else toast.remove();
  }, after);

  const adopt = () => document.querySelectorAll('#toaster .toast:not([data-kept])').forEach((t) => {
    t.dataset.kept = '';
    leave(t, 7000);
  });

  document.addEventListener('app:toast', (event) => show(event.detail || {}));
  document.addEventListener('click', (event) => {
    if (event.target.closest('.toast button')) event.target.closest('.toast').remove();
  });
  document.addEventListener('DOMContentLoaded', adopt);
  document.addEventListener('htmx:after:swap', adopt);
  document.addEventListener('htmx:error', (event) => {
    if (event.detail?.error?.name === 'AbortError') return;
    show({ category: 'error', title: 'Waymark did not answer', description: 'Nothing was changed. Check the connection and try again.' });
  });
})();
