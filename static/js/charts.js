// Draws every <div data-chart="id"> from the JSON in <script type="application/json" id="id">, in the colours of the theme.
// The server sends data and meaning only; size, fonts and colours are decided here.
(() => {
  "use strict";
  const root = document.documentElement;
  const css = (name) => getComputedStyle(root).getPropertyValue(name).trim();
  const series = () => [1, 2, 3, 4, 5, 6].map((n) => css(`--series-${n}`));
  const compact = window.matchMedia("(max-width: 575.98px)");

  function axis(given = {}) {
    return {
      automargin: true, gridcolor: css("--line"), linecolor: css("--line-strong"), zerolinecolor: css("--line-strong"),
      tickfont: { size: 11, color: css("--text-2") }, ticks: "", fixedrange: true, ...given,
      title: given.title ? { ...(given.title.text ? given.title : { text: given.title }), font: { size: 11, color: css("--text-2") } } : undefined,
    };
  }

  function layout(given) {
    return {
      height: compact.matches ? 220 : 260, margin: { l: 40, r: 8, t: 8, b: 28 }, bargap: 0.35, hovermode: "x unified",
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", colorway: series(),
      font: { family: css("--font"), size: 12, color: css("--text") },
      legend: { orientation: "h", y: -0.16, traceorder: "normal", font: { size: 11, color: css("--text-2") } },
      hoverlabel: { bgcolor: css("--surface-3"), bordercolor: css("--line-strong"), font: { family: css("--font"), size: 12, color: css("--text") } },
      ...given,
      xaxis: axis({ showgrid: false, type: given.xaxis?.range ? "date" : "category", ...given.xaxis }), yaxis: axis({ rangemode: "tozero", ...given.yaxis }),
    };
  }

  function draw(area) {
    const source = document.getElementById(area.dataset.chart);
    if (!source || !window.Plotly) return;
    const { data, layout: given } = JSON.parse(source.textContent);
    const options = { displayModeBar: false, responsive: true, showTips: false, doubleClick: false };
    window.Plotly.react(area, data, layout(given), options);
    area.dataset.drawn = root.dataset.bsTheme;
  }

  const drawAll = () => document.querySelectorAll("[data-chart]").forEach(draw);
  const drawNew = () => document.querySelectorAll("[data-chart]:not([data-drawn])").forEach(draw);
  drawAll();
  document.addEventListener("mci:theme", drawAll);
  document.addEventListener("htmx:after:swap", drawNew);
  compact.addEventListener("change", drawAll);
})();
