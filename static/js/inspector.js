// Draws one part of a session: the last frame before the chosen moment, the cursor path up to it, clicks as rings.
// A frame is fetched only when the replay reaches it, because each fetch is a look that is logged.
const root = document.querySelector("[data-inspector]");
if (root) {
  const data = JSON.parse(document.getElementById("inspection").textContent);
  const canvas = root.querySelector("canvas");
  const frame = root.querySelector(".inspector-frame");
  const slider = root.querySelector("[data-time]");
  const clock = root.querySelector("[data-clock]");
  const play = root.querySelector("[data-play]");
  const speed = root.querySelector("[data-speed]");
  const steps = [...root.querySelectorAll("[data-step]")];
  const pen = canvas.getContext("2d");
  const address = root.dataset.frames;
  let now = Number(slider.value);
  let shown = "";
  let running = 0;
  let before = 0;

  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const lastAt = (rows, at, time) => {
    let low = 0;
    let high = rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (time(rows[middle]) <= at) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  function drawPath() {
    pen.clearRect(0, 0, canvas.width, canvas.height);
    const count = lastAt(data.path, now, (point) => point[0]);
    const tail = data.path.slice(Math.max(0, count - 240), count);
    const unit = canvas.width / 900;
    pen.lineWidth = 2 * unit;
    pen.lineJoin = "round";
    pen.strokeStyle = token("--series-1");
    pen.beginPath();
    tail.forEach(([, x, y], index) => (index ? pen.lineTo(x, y) : pen.moveTo(x, y)));
    pen.stroke();
    pen.strokeStyle = token("--series-6");
    for (const [t, x, y] of data.clicks) {
      if (t > now || t < now - 6000) continue;
      pen.beginPath();
      pen.arc(x, y, 9 * unit, 0, 2 * Math.PI);
      pen.stroke();
    }
    const end = tail.at(-1);
    if (end) {
      pen.fillStyle = token("--series-1");
      pen.beginPath();
      pen.arc(end[1], end[2], 5 * unit, 0, 2 * Math.PI);
      pen.fill();
    }
  }

  function showFrame() {
    const index = lastAt(data.frames, now, (shot) => shot.t) - 1;
    const wanted = index < 0 ? "" : data.frames[index].sha256;
    if (wanted === shown) return;
    shown = wanted;
    frame.hidden = !wanted;
    if (wanted) frame.src = address.replace("0".repeat(64), wanted);
  }

  function markStep() {
    const index = Math.max(0, lastAt(steps, now, (step) => Number(step.dataset.step)) - 1);
    steps.forEach((step) => step.removeAttribute("aria-current"));
    const current = steps[index];
    if (!current) return;
    current.setAttribute("aria-current", "true");
    if (running) current.scrollIntoView({ block: "nearest" });
  }

  function show(moment) {
    now = Math.min(Math.max(moment, data.from), data.to);
    slider.value = String(now);
    const seconds = Math.floor(now / 1000);
    clock.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    showFrame();
    drawPath();
    markStep();
  }

  function tick(stamp) {
    const passed = before ? stamp - before : 0;
    before = stamp;
    show(now + passed * Number(speed.value));
    running = now < data.to ? requestAnimationFrame(tick) : 0;
    if (!running) setPlaying(false);
  }

  function setPlaying(on) {
    if (running) cancelAnimationFrame(running);
    before = 0;
    running = 0;
    play.setAttribute("aria-pressed", String(on));
    play.setAttribute("aria-label", on ? "Pause" : "Play");
    if (on) {
      if (now >= data.to) show(data.from);
      running = requestAnimationFrame(tick);
    }
  }

  play.addEventListener("click", () => setPlaying(!running));
  slider.addEventListener("input", () => show(Number(slider.value)));
  steps.forEach((step) => step.addEventListener("click", () => show(Number(step.dataset.step))));
  new MutationObserver(drawPath).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
  show(now);
}
