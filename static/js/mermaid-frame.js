// The frame's side: no origin, no cookies, only text in and SVG out.
(() => {
  addEventListener('message', async (event) => {
    const { id, text, dark } = event.data || {};
    if (event.source !== parent || typeof text !== 'string') return;
    try {
      window.mermaid.initialize({
        startOnLoad: false,
        securityLevel: 'strict',
        theme: dark ? 'dark' : 'neutral',
        htmlLabels: false,
        fontFamily: 'system-ui, sans-serif',
        flowchart: { useMaxWidth: false, htmlLabels: false },
        sequence: { useMaxWidth: false },
        class: { useMaxWidth: false, htmlLabels: false },
        state: { useMaxWidth: false },
        er: { useMaxWidth: false },
        gantt: { useMaxWidth: false },
      });
      const { svg } = await window.mermaid.render(`d${id}`, text);
      const box = new DOMParser().parseFromString(svg, 'image/svg+xml').documentElement.getAttribute('viewBox')?.split(/[\s,]+/).map(Number) || [];
      parent.postMessage({ id, svg, width: Math.ceil(box[2]) || 0, height: Math.ceil(box[3]) || 0 }, '*');
    } catch (error) {
      parent.postMessage({ id, error: String(error?.message || error) }, '*');
    }
  });
  parent.postMessage({ ready: true }, '*');
})();
