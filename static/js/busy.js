// Shows that something is under way when it takes longer than 300 ms, and keeps a button from being pressed twice.
(() => {
  const root = document.documentElement;
  let open = 0;
  let timer;

  document.addEventListener('htmx:before:request', (event) => {
    open += 1;
    timer ||= setTimeout(() => { root.dataset.busy = ''; }, 300);
    const submitter = event.detail?.ctx?.request?.submitter;
    if (submitter && event.detail.ctx.request.method !== 'GET') {
      submitter.disabled = true;
      submitter.dataset.pressed = '';
    }
  });
  document.addEventListener('htmx:finally:request', (event) => {
    open = Math.max(0, open - 1);
    const submitter = event.detail?.ctx?.request?.submitter;
    if (submitter && 'pressed' in submitter.dataset) {
      submitter.disabled = false;
      delete submitter.dataset.pressed;
    }
    if (open > 0) return;
    clearTimeout(timer);
    timer = undefined;
    delete root.dataset.busy;
  });
})();
