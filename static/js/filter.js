// A filter form sends itself when a box is ticked; without scripts its button does.
document.addEventListener('change', (event) => {
  const form = event.target.closest('form[data-auto]');
  if (form) form.requestSubmit();
});
