// The display of listening.live_training: the loss between its yardsticks, and the sound so far. The kernel is busy
// training all the while: whatever is pressed here is answered here. controls.js and player.js stand before this file.

const LIVE_HEIGHT = 240;

/** 75 s as 1:15. */
const asClock = (seconds) => `${Math.floor(Math.round(seconds) / 60)}:${String(Math.round(seconds) % 60).padStart(2, "0")}`;

/** Steps at which to write a number below the axis: 1, 2 or 5 of a power of ten apart, six of them at most. */
function roundSteps(steps) {
  const least = steps / 6;
  const unit = 10 ** Math.floor(Math.log10(least));
  const apart = Math.max(1, unit * [1, 2, 5, 10].find((each) => each * unit >= least));
  return Array.from({ length: Math.floor(steps / apart) + 1 }, (_, i) => i * apart);
}

/** Labels at these heights, moved apart so that none lies over another, in the order they came. */
function apart(heights, least, lowest) {
  const order = heights.map((_, i) => i).sort((a, b) => heights[a] - heights[b]);
  const placed = [...heights];
  for (let n = 1; n < order.length; n++) placed[order[n]] = Math.max(placed[order[n]], placed[order[n - 1]] + least);
  for (let n = order.length - 1, limit = lowest; n >= 0; n--, limit -= least) {
    placed[order[n]] = Math.min(placed[order[n]], limit);
  }
  return placed;
}

function render({ model, el }) {
  const sampleRate = model.get("sample_rate");
  const yardsticks = Object.entries(model.get("yardsticks"));
  const target = curve(model.get("target"));
  const silence = target && new Float32Array(target.length);

  let chosen = 1;
  let sound = null; // what the model plays, as soon as it has played

  const figures = make("p", { class: "ddsp-figures", role: "timer", "aria-live": "off" });
  const bar = make("progress", { "aria-label": "Training", max: "1", value: "0" });
  const picture = make("canvas", { role: "img" });
  picture.style.height = `${LIVE_HEIGHT}px`;
  const playButton = make("button", { type: "button", class: "ddsp-play" });
  const takeButtons = ["target", "model so far"].map((name) =>
    make("button", { type: "button", role: "radio" }, make("span", { class: "ddsp-name" }, name)));
  const status = make("span", { class: "ddsp-status", role: "status", "aria-live": "polite" });
  const listen = make("div", { class: "ddsp-row" }, playButton,
    make("div", { class: "ddsp-takes", role: "radiogroup", "aria-label": "Take" }, ...takeButtons), status);
  listen.hidden = !target;
  const root = make("div", { class: "ddsp-widget ddsp-live", role: "group", "aria-label": "Training, live" },
    figures, bar, picture, listen);

  // Sound

  const deck = new Deck(root, sampleRate, pause);

  function play(from = 0) {
    const player = deck.open([target, sound ?? silence], [1, 1]);
    player.choose(chosen);
    player.start(from, [0, player.duration], true);
    show();
  }

  function pause() {
    if (!deck.playing) return;
    deck.stop();
    show();
  }

  function choose(take) {
    chosen = take;
    deck.player?.choose(chosen);
    show();
  }

  /** A newer model: what plays goes on where it is, and what it plays now fades into the newer sound. */
  function heardAnew() {
    const bytes = model.get("sound");
    if (!target || !bytes?.byteLength) return;
    sound = curve(bytes);
    status.textContent = `The model plays as it did after step ${model.get("sound_step")}.`;
    if (deck.playing) play(deck.position());
    else show();
  }

  playButton.onclick = () => (deck.playing ? pause() : play());
  for (const [i, button] of takeButtons.entries()) button.onclick = () => choose(i);
  const onKey = (event) => {
    if (!event.composedPath().includes(root) || event.ctrlKey || event.altKey || event.metaKey) return;
    event.stopPropagation(); // no key here is a shortcut of JupyterLab's as well
    const step = { ArrowLeft: 1, ArrowUp: 1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    if (event.key === " ") deck.playing ? pause() : play();
    else if (step && event.target.getAttribute("role") === "radio") {
      choose(1 - chosen);
      takeButtons[chosen].focus();
    } else return;
    event.preventDefault();
  };
  window.addEventListener("keydown", onKey, true);

  // Picture

  function points() {
    const flat = curve(model.get("points")) ?? new Float32Array(0);
    return Array.from({ length: flat.length / 3 }, (_, i) => flat.subarray(3 * i, 3 * i + 3));
  }

  function draw() {
    const width = Math.round(root.clientWidth - 24);
    if (width <= 0) return;
    const theme = themeOf(root);
    const [across, down] = [width * theme.pixels, LIVE_HEIGHT * theme.pixels].map(Math.round);
    if (picture.width !== across || picture.height !== down) [picture.width, picture.height] = [across, down];
    const drawing = picture.getContext("2d");
    drawing.setTransform(theme.pixels, 0, 0, theme.pixels, 0, 0);
    drawing.clearRect(0, 0, width, LIVE_HEIGHT);
    drawing.font = `11px ${theme.font}`;
    drawing.textBaseline = "middle";
    const write = (text, x, y, align, colour = theme.ink) => {
      drawing.textAlign = align;
      drawing.fillStyle = colour;
      drawing.fillText(text, x, y);
    };
    const seen = points();
    const losses = seen.flatMap(([, loss, held]) => [loss, held]).filter(Number.isFinite);
    const highest = 1.06 * Math.max(1, ...yardsticks.map(([, loss]) => loss), Math.min(Math.max(0, ...losses), 40));
    const steps = model.get("steps") || Math.max(100, seen.at(-1)?.[0] ?? 0);
    const names = [...yardsticks.map(([name]) => name), "held out", "training"];
    const right = width - Math.min(width / 3, 14 + Math.max(...names.map((name) => drawing.measureText(name).width)));
    const [left, top, bottom] = [44, 8, LIVE_HEIGHT - 38];
    const x = (step) => left + (step / steps) * (right - left);
    const y = (loss) => bottom - (Math.min(loss, highest) / highest) * (bottom - top);

    const unit = [0.5, 1, 2, 5, 10, 20].find((each) => highest / each <= 6) ?? 50;
    for (let loss = 0; loss <= highest; loss += unit) {
      drawing.fillStyle = theme.faint;
      drawing.fillRect(left - 4, y(loss) - 0.5, 4, 1);
      write(`${loss}`, left - 7, y(loss), "right");
    }
    for (const step of roundSteps(steps)) {
      drawing.fillStyle = theme.faint;
      drawing.fillRect(x(step) - 0.5, bottom, 1, 4);
      write(`${step}`, x(step), bottom + 12, "center");
    }
    write("Step", (left + right) / 2, bottom + 28, "center");
    drawing.save();
    drawing.translate(9, (top + bottom) / 2);
    drawing.rotate(-Math.PI / 2);
    write("Spectral loss", 0, 0, "center");
    drawing.restore();
    drawing.strokeStyle = theme.faint;
    drawing.lineWidth = 1;
    drawing.strokeRect(left, top, right - left, bottom - top);

    const line = (column, colour, dashes) => {
      drawing.beginPath();
      let begun = false;
      for (const point of seen) {
        if (!Number.isFinite(point[column])) continue;
        begun ? drawing.lineTo(x(point[0]), y(point[column])) : drawing.moveTo(x(point[0]), y(point[column]));
        begun = true;
      }
      drawing.setLineDash(dashes);
      drawing.lineWidth = 2;
      drawing.strokeStyle = colour;
      drawing.stroke();
      drawing.setLineDash([]);
    };
    for (const [, loss] of yardsticks) {
      drawing.beginPath();
      drawing.moveTo(left, y(loss));
      drawing.lineTo(right, y(loss));
      drawing.setLineDash([2, 4]);
      drawing.lineWidth = 1.5;
      drawing.strokeStyle = theme.soft;
      drawing.stroke();
      drawing.setLineDash([]);
    }
    line(1, theme.wave, []);
    line(2, theme.head, [7, 3]);
    const last = seen.at(-1);
    const labels = yardsticks.map(([name, loss]) => [name, loss, theme.soft]);
    if (last && Number.isFinite(last[1])) labels.push(["training", last[1], theme.wave]);
    if (last && Number.isFinite(last[2])) labels.push(["held out", last[2], theme.head]);
    const heights = apart(labels.map(([, loss]) => y(loss)), 13, bottom);
    for (const [i, [name, , colour]] of labels.entries()) write(name, right + 6, heights[i], "left", colour);
  }

  // Words

  function describe() {
    const [step, steps, left] = ["step", "steps", "seconds_left"].map((name) => model.get(name));
    const last = points().at(-1);
    if (!last) return ["The training has not begun yet.", "Spectral loss over the steps of training: nothing yet."];
    const ends = steps && step >= steps;
    const words = [`Step ${step}${steps ? ` of ${steps}` : ""}`, `loss ${last[1].toFixed(2)}`];
    if (Number.isFinite(last[2])) words.push(`held out ${last[2].toFixed(2)}`);
    if (ends) words.push(`done in ${asClock(model.get("seconds"))} min`);
    else if (left >= 0) words.push(`${asClock(left)} min left`);
    const between = yardsticks.map(([name, loss]) => `${name} ${loss.toFixed(2)}`).join(", ");
    return [words.join(" · "), `Spectral loss over the steps of training: ${last[1].toFixed(2)} after step ${step}` +
      `${between ? `; yardsticks: ${between}` : ""}.`];
  }

  function show() {
    const [words, alt] = describe();
    figures.textContent = words;
    picture.setAttribute("aria-label", alt);
    bar.value = model.get("steps") ? model.get("step") / model.get("steps") : 0;
    playButton.innerHTML = deck.playing ? `${icon("pause")}Pause` : `${icon("play")}Play`;
    takeButtons[1].querySelector(".ddsp-name").textContent = sound ? `model, step ${model.get("sound_step")}`
      : "model so far";
    for (const [i, button] of takeButtons.entries()) {
      button.setAttribute("aria-checked", i === chosen);
      button.tabIndex = i === chosen ? 0 : -1;
    }
    draw();
  }

  model.on("change:points", show);
  model.on("change:sound_step", heardAnew);
  el.append(root);
  const unwatch = watchLooks(root, draw);
  root.ddsp = { apart, roundSteps, points,
    state: () => ({ chosen, playing: deck.playing, place: deck.playing ? deck.position() : 0 }),
    listen: () => deck.listen() };
  show();
  heardAnew();

  return () => {
    model.off("change:points", show);
    model.off("change:sound_step", heardAnew);
    window.removeEventListener("keydown", onKey, true);
    unwatch();
    deck.close();
  };
}

export default { render };
