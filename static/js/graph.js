// A graph that is larger than its frame moves with the mouse; the keyboard scrolls it by itself and + and - follow its zoom links.
document.addEventListener('pointerdown', (event) => {
  const frame = event.target.closest('[data-pan]');
  if (!frame || event.button !== 0 || event.pointerType !== 'mouse' || event.target.closest('a')) return;
  const from = { x: event.clientX + frame.scrollLeft, y: event.clientY + frame.scrollTop };
  const move = (e) => frame.scrollTo(from.x - e.clientX, from.y - e.clientY);
  const end = () => {
    frame.classList.remove('panning');
    removeEventListener('pointermove', move);
    removeEventListener('pointerup', end);
    removeEventListener('pointercancel', end);
  };
  frame.classList.add('panning');
  addEventListener('pointermove', move);
  addEventListener('pointerup', end);
  addEventListener('pointercancel', end);
  event.preventDefault();
  frame.focus({ preventScroll: true });
});
document.addEventListener('keydown', (event) => {
  if (!event.target.closest?.('[data-pan]') || event.ctrlKey || event.metaKey || event.altKey) return;
  const step = { '+': 1, '=': 1, '-': -1 }[event.key];
  const zooms = [...document.querySelectorAll('.graph-zoom > *')];
  const next = step && zooms[zooms.findIndex((z) => z.ariaCurrent === 'true') + step];
  if (next?.href) next.click();
});
