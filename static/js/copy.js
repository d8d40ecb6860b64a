// Copy buttons: data-copy holds the text, or data-copy-from the id of the element with it.
document.addEventListener('click', async (event) => {
  const button = event.target.closest('[data-copy], [data-copy-from]');
  if (!button) return;
  const text = button.dataset.copy ?? document.getElementById(button.dataset.copyFrom)?.textContent ?? '';
  const label = button.querySelector('[data-label]');
  const before = label?.textContent;
  try {
    await navigator.clipboard.writeText(text);
    if (label) label.textContent = 'Copied';
  } catch {
    if (label) label.textContent = 'Press Ctrl C';
    const range = document.createRange();
    const source = document.getElementById(button.dataset.copyFrom);
    if (source) {
      range.selectNodeContents(source);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
    }
  }
  if (label) setTimeout(() => { label.textContent = before; }, 1800);
});
