// Draws [data-chart] with ECharts as SVG; the library is fetched only when a page has a chart.
(() => {
  const drawn = new Map();
  let library;

  // Colours that people with any colour vision can tell apart, in this order.
  const palette = {
    light: ['#0b7a5c', '#d97706', '#2c6fbb', '#b5478a', '#6b7280', '#9a6b00', '#5b4fc7', '#c2410c'],
    dark: ['#4cc39a', '#f0a63c', '#7fb2ec', '#e08cc0', '#a3adb8', '#dcc25c', '#a79df0', '#f28a5f'],
  };

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

  const unit = (name) => (value) => {
    if (value === null || value === undefined || value === '' || value === '-') return 'no data';
    if (typeof value !== 'number') return String(value);
    const text = value.toLocaleString('en-US', { maximumFractionDigits: Math.abs(value) < 10 ? 2 : 0 });
    if (name === '%') return `${text}%`;
    if (/^[A-Z]{3}$/.test(name)) return value.toLocaleString('en-US', { style: 'currency', currency: name, maximumFractionDigits: Math.abs(value) < 10 ? 2 : 0 });
    return name ? `${text} ${name}` : text;
  };
  const list = (x) => (Array.isArray(x) ? x : x ? [x] : []);

  const dress = (option, box, dark) => {
    const style = getComputedStyle(box);
    const text = style.color;
    const line = dark ? 'rgb(255 255 255 / .13)' : 'rgb(10 40 30 / .12)';
    const show = unit(box.dataset.unit || '');
    const axis = (a) => ({ ...a, axisLine: { lineStyle: { color: line }, ...a.axisLine }, axisTick: { show: false, ...a.axisTick }, splitLine: { lineStyle: { color: line }, show: a.type === 'value', ...a.splitLine }, axisLabel: { color: text, hideOverlap: true, ...(a.type === 'value' ? { formatter: show } : {}), ...a.axisLabel } });
    return {
      grid: { left: 4, right: 12, top: 36, bottom: 4, containLabel: true },
      ...option,
      color: option.color?.length ? option.color : palette[dark ? 'dark' : 'light'],
      backgroundColor: 'transparent',
      textStyle: { fontFamily: style.fontFamily, fontSize: 12, color: text },
      animation: !matchMedia('(prefers-reduced-motion: reduce)').matches,
      animationDuration: 250,
      title: [],
      legend: option.series?.length > 1 || option.legend?.show ? { top: 0, left: 0, icon: 'roundRect', itemWidth: 10, itemHeight: 10, type: 'scroll', ...option.legend, textStyle: { color: text } } : { show: false },
      tooltip: { trigger: list(option.series)[0]?.type === 'pie' ? 'item' : 'axis', valueFormatter: show, ...option.tooltip, renderMode: 'richText', confine: true, backgroundColor: dark ? '#22302c' : '#fff', borderColor: line, textStyle: { color: dark ? '#eef4f1' : '#17241f', fontSize: 12 } },
      ...(option.xAxis ? { xAxis: list(option.xAxis).map(axis) } : {}),
      ...(option.yAxis ? { yAxis: list(option.yAxis).map(axis) } : {}),
    };
  };

  const draw = async (box) => {
    const source = document.getElementById(box.dataset.chart);
    if (!source) return;
    const echarts = await load();
    if (!box.isConnected) return;
    drawn.get(box)?.dispose();
    const chart = echarts.init(box.firstElementChild, null, { renderer: 'svg' });
    chart.setOption(dress(JSON.parse(source.textContent), box, document.documentElement.classList.contains('dark')));
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
