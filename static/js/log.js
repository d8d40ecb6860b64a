// A log that grows stays at its end, unless the reader scrolled up; says when the stream is lost and found.
(() => {
  const near = (log) => log.scrollHeight - log.scrollTop - log.clientHeight < 60;
  const watch = () => document.querySelectorAll('.log[data-follow]:not([data-watched])').forEach((log) => {
    log.dataset.watched = '';
    let follow = true;
    log.addEventListener('scroll', () => { follow = near(log); }, { passive: true });
    const end = () => { if (follow) log.scrollTop = log.scrollHeight; };
    new MutationObserver(() => {
      log.querySelector('.log-empty')?.remove();
      end();
    }).observe(log, { childList: true });
    if (!location.hash) end();
  });
  const say = (event, words) => {
    const label = document.querySelector(`[data-live-for="${CSS.escape(event.target.id || '')}"]`);
    if (!label) return;
    label.textContent = words;
    const dot = label.previousElementSibling;
    dot?.classList.toggle('pulse', words === 'live');
    if (words === 'ended') dot?.removeAttribute('data-tone');
  };

  document.addEventListener('DOMContentLoaded', watch);
  document.addEventListener('htmx:after:swap', watch);
  document.addEventListener('htmx:sse:after:connection', (event) => say(event, 'live'));
  document.addEventListener('htmx:sse:error', (event) => say(event, 'reconnecting'));
  document.addEventListener('htmx:sse:close', (event) => say(event, event.detail?.reason === 'message' ? 'ended' : 'paused'));
})();
