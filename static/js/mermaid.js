// Diagrams: the source goes to a sandboxed frame and comes back as an SVG picture, when the reader gets near it.
(() => {
  const waiting = new Map();
  let frame;
  let ready;
  let next = 0;

  const start = () => {
    ready ||= new Promise((resolve) => {
      frame = document.createElement('iframe');
      frame.src = '/docs/diagram';
      frame.setAttribute('sandbox', 'allow-scripts');
      frame.className = 'offstage';
      frame.title = 'Draws the diagrams of this page';
      frame.tabIndex = -1;
      frame.setAttribute('aria-hidden', 'true');
      addEventListener('message', (event) => {
        if (event.source !== frame.contentWindow) return;
        if (event.data?.ready) resolve();
        else if (waiting.has(event.data?.id)) waiting.get(event.data.id)(event.data);
      });
      document.documentElement.append(frame);
    });
    return ready;
  };

  const source = (figure) => figure.dataset.source ?? (figure.dataset.source = figure.querySelector('pre').textContent);
  const draw = async (figure) => {
    const text = source(figure);
    await start();
    const id = (next += 1);
    waiting.set(id, ({ svg, width, height, error }) => {
      waiting.delete(id);
      if (error || !svg) {
        figure.dataset.failed = '';
        return;
      }
      const img = figure.querySelector('img') || document.createElement('img');
      img.alt = figure.dataset.alt || 'Diagram; its source stands below';
      if (width) img.width = width;
      if (height) img.height = height;
      img.src = `data:image/svg+xml,${encodeURIComponent(svg)}`;
      const pre = figure.querySelector('pre');
      if (img.isConnected) return;
      const more = document.createElement('details');
      const summary = document.createElement('summary');
      summary.className = 'muted small';
      summary.textContent = 'Source of the diagram';
      pre.replaceWith(img, more);
      more.append(summary, pre);
    });
    frame.contentWindow.postMessage({ id, text, dark: document.documentElement.classList.contains('dark') }, '*');
  };

  const near = new IntersectionObserver((entries) => entries.forEach((entry) => {
    if (!entry.isIntersecting) return;
    near.unobserve(entry.target);
    draw(entry.target);
  }), { rootMargin: '300px' });
  const watch = () => document.querySelectorAll('[data-mermaid]:not([data-watched])').forEach((figure) => {
    figure.dataset.watched = '';
    near.observe(figure);
  });
  document.addEventListener('DOMContentLoaded', watch);
  document.addEventListener('htmx:after:swap', watch);
  document.addEventListener('app:theme', () => document.querySelectorAll('[data-mermaid] img').forEach((img) => draw(img.closest('[data-mermaid]'))));
})();
