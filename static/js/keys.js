// Keys: / or Ctrl K search, g then a letter goes to a page of the navigation, ? shows the list.
(() => {
  let waiting = 0;
  const typing = (element) => element.closest?.('input, textarea, select, [contenteditable=true]');
  const open = (id) => {
    const dialog = document.getElementById(id);
    if (!dialog || dialog.open || document.querySelector('dialog[open]')) return false;
    dialog.showModal();
    return true;
  };

  document.addEventListener('keydown', (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === 'k') {
      if (open('palette')) event.preventDefault();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector('dialog[open]')) return;
    if (waiting && Date.now() - waiting < 1500) {
      waiting = 0;
      const link = document.querySelector(`.nav [data-go="${CSS.escape(event.key.toLowerCase())}"]`);
      if (link) {
        event.preventDefault();
        link.click();
      }
      return;
    }
    if (event.key === '/' && open('palette')) event.preventDefault();
    else if (event.key === '?' && open('keys')) event.preventDefault();
    else if (event.key === 'g') waiting = Date.now();
  });
})();
