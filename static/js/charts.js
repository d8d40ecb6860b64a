// Draws [data-chart] with ECharts as SVG; the library is fetched only when a page has a chart.
(() => {
  const drawn = new Map();
  let library;

  const load = () => {
    library ||= new Promise((resolve, reject) => {
      // ECharts writes style attributes, which the policy forbids; through the style object they are allowed.
      const plain = Element.prototype.setAttribute;
      SVGElement.prototype.setAttribute = function setAttribute(name, value) {
        if (name === 'style') this.style.cssText = value;
        else plain.call(this, name, value);
      };
      const script = document.createElement('script');
      script.src = document.querySelector('meta[name=waymark-echarts]').content;
      script.onload = () => resolve(window.echarts);
      script.onerror = reject;
      document.head.append(script);
    });
    return library;
  };

  const draw = async (box) => {
    const source = document.getElementById(box.dataset.chart);
    if (!source) return;
    const echarts = await load();
    if (!box.isConnected) return;
    drawn.get(box)?.dispose();
    const chart = echarts.init(box.firstElementChild, null, { renderer: 'svg' });
    chart.setOption(window.waymarkChart.dress(JSON.parse(source.textContent), box, document.documentElement.classList.contains('dark')));
    drawn.set(box, chart);
    sizes.observe(box);
  };
  const sizes = new ResizeObserver((entries) => entries.forEach((e) => drawn.get(e.target)?.resize()));

  const all = (redraw) => {
    drawn.forEach((chart, box) => {
      if (box.isConnected) return;
      chart.dispose();
      drawn.delete(box);
    });
    document.querySelectorAll('[data-chart]').forEach((box) => { if (redraw || !drawn.has(box)) draw(box); });
  };
  document.addEventListener('DOMContentLoaded', () => all(false));
  document.addEventListener('htmx:after:swap', () => all(false));
  document.addEventListener('app:theme', () => { if (drawn.size) all(true); });
})();
