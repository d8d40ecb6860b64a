// The frame's side: no origin, no cookies, only text in and SVG out.
(() => {
  addEventListener('message', async (event) => {
    const { id, text, dark } = event.data || {};
    if (event.source !== parent || typeof text !== 'string') return;
    try {
      const ink = dark ? '#e8f0ec' : '#17241f';
      const line = dark ? '#5f7269' : '#8aa097';
      const paper = dark ? '#1c2925' : '#f1f7f4';
      window.mermaid.initialize({
        startOnLoad: false,
        securityLevel: 'strict',
        theme: 'base',
        look: 'classic',
        themeVariables: {
          darkMode: Boolean(dark), fontSize: '14px', background: dark ? '#101715' : '#ffffff',
          primaryColor: paper, primaryTextColor: ink, primaryBorderColor: dark ? '#4cc39a' : '#0b7a5c', lineColor: line, textColor: ink,
          secondaryColor: dark ? '#2b2a1e' : '#fdf3e1', tertiaryColor: dark ? '#1b2530' : '#eef4fb', edgeLabelBackground: dark ? '#101715' : '#ffffff', noteBkgColor: dark ? '#2b2a1e' : '#fdf3e1', noteTextColor: ink, noteBorderColor: line,
        },
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
