// The palette: arrow keys over the options, Enter goes to the marked one; the answers come from the server by htmx.
(() => {
  const parts = () => {
    const dialog = document.getElementById('palette');
    return dialog && { dialog, input: dialog.querySelector('input'), box: dialog.querySelector('[role=listbox]') };
  };
  const options = (box) => [...box.querySelectorAll('[role=option]')].filter((o) => !o.closest('[hidden]') && !o.hidden);

  const mark = ({ input, box }, option) => {
    box.querySelectorAll('[aria-selected=true]').forEach((o) => o.setAttribute('aria-selected', 'false'));
    if (!option) {
      input.removeAttribute('aria-activedescendant');
      return;
    }
    option.id ||= `palette-${Math.random().toString(36).slice(2)}`;
    option.setAttribute('aria-selected', 'true');
    option.scrollIntoView({ block: 'nearest' });
    input.setAttribute('aria-activedescendant', option.id);
  };

  // Pages of the navigation are filtered here, without asking.
  const filter = (p) => {
    const words = p.input.value.trim().toLowerCase();
    p.box.querySelectorAll('[data-local]').forEach((group) => {
      let shown = 0;
      group.querySelectorAll('[role=option]').forEach((o) => {
        o.hidden = words !== '' && !o.textContent.toLowerCase().includes(words);
        shown += o.hidden ? 0 : 1;
      });
      group.hidden = shown === 0;
    });
    if (words === '') p.dialog.querySelector('[data-found]').replaceChildren();
    mark(p, options(p.box)[0]);
  };

  document.addEventListener('input', (event) => {
    const p = parts();
    if (p && event.target === p.input) filter(p);
  });
  document.addEventListener('htmx:after:swap', (event) => {
    const p = parts();
    if (p && event.detail?.ctx?.target?.matches?.('[data-found]')) filter(p);
  });
  document.addEventListener('keydown', (event) => {
    const p = parts();
    if (!p || event.target !== p.input) return;
    const list = options(p.box);
    const at = list.findIndex((o) => o.getAttribute('aria-selected') === 'true');
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      const next = at + (event.key === 'ArrowDown' ? 1 : -1);
      mark(p, list[(next + list.length) % list.length]);
    } else if (event.key === 'Enter' && list[at]) {
      event.preventDefault();
      p.dialog.close();
      list[at].click();
    }
  });
  // A click in the search of the top bar opens the palette; without scripts that field is a plain form.
  document.addEventListener('click', (event) => {
    const p = parts();
    if (!p) return;
    if (event.target.closest('.palette [role=option]')) p.dialog.close();
    if (event.target.closest('[data-palette]') && !p.dialog.open) p.dialog.showModal();
  });
  document.addEventListener('toggle', (event) => {
    const p = parts();
    if (!p || event.target !== p.dialog || !p.dialog.open) return;
    p.input.value = '';
    filter(p);
    p.input.focus();
  }, true);
})();
