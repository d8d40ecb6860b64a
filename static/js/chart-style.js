// How charts look: an option of ECharts in, the same with our colours, axes, units and tooltip out.
window.waymarkChart = (() => {
  // Colours that people with any colour vision can tell apart, in this order.
  const palette = {
    light: ['#0b7a5c', '#e08a1e', '#2c6fbb', '#b5478a', '#66707a', '#a3821a', '#6a5acd', '#c2410c'],
    dark: ['#4cc39a', '#f0a63c', '#7fb2ec', '#e08cc0', '#a3adb8', '#dcc25c', '#a79df0', '#f28a5f'],
  };
  const list = (x) => (Array.isArray(x) ? x : x ? [x] : []);

  const unit = (name) => (value) => {
    if (value === null || value === undefined || value === '' || value === '-') return 'no data';
    if (typeof value !== 'number') return Array.isArray(value) ? value.join(', ') : String(value);
    const digits = Math.abs(value) < 10 ? 2 : 0;
    if (/^[A-Z]{3}$/.test(name)) return value.toLocaleString('en-US', { style: 'currency', currency: name, minimumFractionDigits: 0, maximumFractionDigits: digits });
    const text = value.toLocaleString('en-US', { maximumFractionDigits: Math.abs(value) < 100 ? 1 : 0 });
    if (name === '%') return `${text}%`;
    return name ? `${text} ${name}` : text;
  };

  const axis = (a, along, ink, show) => {
    const type = a.type || (along === 'x' || a.data?.length ? 'category' : 'value');
    const value = type === 'value' || type === 'log';
    return {
      ...a,
      type,
      nameTextStyle: { color: ink.quiet },
      ...(along === 'x' && a.name ? { nameLocation: 'middle', nameGap: 28 } : {}),
      axisLine: { show: !value, lineStyle: { color: ink.line } },
      axisTick: { show: false },
      splitLine: { show: value, lineStyle: { color: ink.line } },
      axisLabel: { color: ink.quiet, hideOverlap: true, ...(value && show ? { formatter: show } : {}), ...a.axisLabel },
    };
  };

  const one = (s, paper, ink) => {
    const base = { ...s, markLine: s.markLine && { symbol: 'none', lineStyle: { color: ink.quiet, type: 'dashed' }, label: { color: ink.quiet, position: 'insideEndTop', formatter: '{b}' }, ...s.markLine } };
    if (s.type === 'bar') return { barMaxWidth: 44, ...base, itemStyle: { borderColor: paper, borderWidth: s.stack ? 1 : 0, borderRadius: s.stack ? 0 : 3, ...s.itemStyle } };
    if (s.type === 'line') return { symbolSize: 6, symbol: 'circle', showSymbol: list(s.data).length < 40, ...base, lineStyle: { width: 2, ...s.lineStyle }, areaStyle: s.areaStyle && { opacity: 0.14, ...s.areaStyle } };
    if (s.type === 'pie') return { ...base, itemStyle: { borderColor: paper, borderWidth: 2, ...s.itemStyle }, label: { color: ink.text, ...s.label } };
    if (s.type === 'radar') return { symbolSize: 5, ...base, areaStyle: { opacity: 0.08 } };
    return base;
  };

  const dress = (option, box, dark) => {
    const style = getComputedStyle(box);
    const ink = { text: style.color, quiet: dark ? '#a9b5af' : '#52605a', line: dark ? 'rgb(255 255 255 / .12)' : 'rgb(10 40 30 / .11)' };
    const paper = getComputedStyle(box.closest('.panel') || document.body).backgroundColor;
    const show = unit(box.dataset.unit || '');
    const series = list(option.series);
    const plain = series.some((s) => s.type === 'pie' || s.type === 'radar');
    const named = series.length > 1 || series.some((s) => s.type === 'radar' && list(s.data).length > 1);
    const bothValues = list(option.xAxis)[0]?.type === 'value' && series.some((s) => s.type === 'scatter');
    return {
      ...option,
      title: [],
      toolbox: [],
      grid: { left: 6, right: 16, top: named ? 40 : 24, bottom: list(option.xAxis).some((a) => a.name) ? 28 : 10, containLabel: true },
      color: palette[dark ? 'dark' : 'light'],
      backgroundColor: 'transparent',
      textStyle: { fontFamily: style.fontFamily, fontSize: 12, color: ink.text },
      animation: !matchMedia('(prefers-reduced-motion: reduce)').matches,
      animationDuration: 250,
      legend: named ? { ...(option.radar ? { bottom: 0, left: 'center' } : { top: 0, left: 0 }), icon: 'roundRect', itemWidth: 10, itemHeight: 10, itemGap: 14, type: 'scroll', textStyle: { color: ink.text } } : { show: false },
      tooltip: { trigger: plain || bothValues ? 'item' : 'axis', axisPointer: { type: series.every((s) => s.type === 'bar') ? 'shadow' : 'line' }, valueFormatter: show, renderMode: 'richText', confine: true, backgroundColor: dark ? '#22302c' : '#fff', borderColor: ink.line, textStyle: { color: dark ? '#eef4f1' : '#17241f', fontSize: 12 } },
      ...(plain ? { xAxis: undefined, yAxis: undefined } : {}),
      ...(!plain && option.xAxis ? { xAxis: list(option.xAxis).map((a) => axis(a, 'x', ink, bothValues ? null : show)) } : {}),
      ...(!plain && option.yAxis ? { yAxis: list(option.yAxis).map((a) => axis(a, 'y', ink, show)) } : {}),
      ...(option.radar ? { radar: list(option.radar).map((r) => ({ axisName: { color: ink.quiet }, splitArea: { show: false }, splitLine: { lineStyle: { color: ink.line } }, axisLine: { lineStyle: { color: ink.line } }, center: ['50%', '48%'], radius: '62%', ...r })) } : {}),
      series: series.map((s) => one(s, paper, ink)),
    };
  };
  return { dress };
})();
