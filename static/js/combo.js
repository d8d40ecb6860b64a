// Texts whose choices the server searches: opens the list, moves in it, takes a choice. Without scripts they are plain texts.
(() => {
  const combo = (e) => (e.target instanceof Element ? e.target.closest('input[role=combobox]') : null);
  const pop = (input) => document.getElementById(`${input.id}-pop`);
  const options = (input) => [...(pop(input)?.querySelectorAll('[role=option]') || [])];
  const isOpen = (input) => input.getAttribute('aria-expanded') === 'true';

  const mark = (input, option) => {
    options(input).forEach((o) => o.setAttribute('aria-selected', String(o === option)));
    if (option) {
      input.setAttribute('aria-activedescendant', option.id);
      option.scrollIntoView({ block: 'nearest' });
    } else {
      input.removeAttribute('aria-activedescendant');
    }
  };

  const close = (input) => {
    input.setAttribute('aria-expanded', 'false');
    mark(input, null);
  };

  const show = (input) => {
    const list = pop(input)?.querySelector('[role=listbox]');
    if (!list || document.activeElement !== input) return;
    input.setAttribute('aria-expanded', 'true');
    const count = input.parentElement.querySelector('.combo-count');
    if (count) count.textContent = list.dataset.count;
  };

  const take = (input, option) => {
    input.value = option.dataset.value;
    close(input);
    input.dispatchEvent(new Event('change', { bubbles: true }));
  };

  const ask = (input) => input.dispatchEvent(new Event('combo:open'));

  const move = (input, by) => {
    const all = options(input);
    if (!isOpen(input) || !all.length) return ask(input);
    const at = all.findIndex((o) => o.getAttribute('aria-selected') === 'true');
    return mark(input, all[at < 0 && by < 0 ? all.length - 1 : (at + by + all.length) % all.length]);
  };

  let taken = false; // the key that was pressed chose something: it sends no form
  document.addEventListener('keypress', (event) => { if (taken && event.key === 'Enter') event.preventDefault(); });
  document.addEventListener('keyup', () => { taken = false; });

  document.addEventListener('keydown', (event) => {
    const input = combo(event);
    if (!input || event.isComposing) return;
    const active = isOpen(input) && document.getElementById(input.getAttribute('aria-activedescendant') || '');
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      move(input, event.key === 'ArrowDown' ? 1 : -1);
    } else if (event.key === 'Enter' && active) {
      event.preventDefault();
      taken = true;
      take(input, active);
    } else if (event.key === 'Enter' && input.value && input.closest('[data-adder]')) {
      event.preventDefault();
      taken = true;
      input.dispatchEvent(new Event('change', { bubbles: true }));
    } else if (event.key === 'Escape' && isOpen(input)) {
      event.preventDefault();
      event.stopPropagation();
      close(input);
    }
  });

  document.addEventListener('mousedown', (event) => {
    const option = event.target instanceof Element && event.target.closest('.combo-pop [role=option]');
    const input = option?.closest('.combo')?.querySelector('input[role=combobox]');
    if (!input) return;
    event.preventDefault();
    take(input, option);
  });
  document.addEventListener('click', (event) => { if (combo(event) && !isOpen(combo(event))) ask(combo(event)); });
  document.addEventListener('focusout', (event) => { if (combo(event)) close(combo(event)); });

  const plain = () => document.querySelectorAll('input[role=combobox][list]').forEach((input) => input.removeAttribute('list')); // suggestions are for without scripts
  document.addEventListener('DOMContentLoaded', plain);
  document.addEventListener('htmx:after:swap', (event) => {
    plain();
    const target = event.detail?.ctx?.target;
    if (!(target instanceof Element)) return;
    if (target.matches('.combo-pop')) {
      const input = target.closest('.combo')?.querySelector('input[role=combobox]');
      if (input) show(input);
    } else if (target.id === 'form-fields') { // what was picked stands above by now
      target.querySelectorAll('[data-adder] input').forEach((input) => { input.value = ''; });
    }
  });
})();
