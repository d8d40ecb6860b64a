// A field whose message was replaced by the check as one types says the same to those who do not see it.
document.addEventListener('htmx:after:swap', (event) => {
  const id = event.detail?.ctx?.target?.id;
  const message = id ? document.getElementById(id) : null;
  if (!message?.matches('.field-msg')) return;
  document.querySelectorAll(`[aria-describedby~="${CSS.escape(id)}"]`).forEach((control) => {
    control.setAttribute('aria-invalid', String(message.dataset.tone === 'bad'));
  });
});
