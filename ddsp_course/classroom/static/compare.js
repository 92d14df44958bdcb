// The player of listening.compare: takes to switch between while they play. It needs the kernel only until the sounds
// have come; controls.js, takes.js, player.js and pictures.js stand before this file, in one module.

const SEEK_S = 0.5;
const SHORTEST_S = 0.02; // of a part that is looped

function render({ model, el }) {
  const names = model.get("names");
  const sampleRate = model.get("sample_rate");
  const length = Math.max(...model.get("lengths"));
  const duration = length / sampleRate;
  const several = names.length > 1;

  let takes = null; // until the sounds have come
  let [chosen, place, part, loop, matched] = [0, 0, null, several, false];
  const images = new Map(); // spectrograms: levels once for each take and size, colours for each scale

  // What there is to see

  const playButton = make("button", { type: "button", class: "ddsp-play", "aria-keyshortcuts": "Space" });
  const takeButtons = names.map((name, i) =>
    make("button", { type: "button", role: "radio", title: name, "aria-keyshortcuts": `${i + 1}` },
      make("span", { class: "ddsp-key", "aria-hidden": "true" }, `${i + 1}`),
      make("span", { class: "ddsp-name" }, name),
      make("span", { class: "ddsp-gain" })));
  const toggle = (label, key) => make("button", { type: "button", role: "switch", "aria-keyshortcuts": key }, label);
  const loopButton = toggle("Loop", "L");
  loopButton.insertAdjacentHTML("afterbegin", icon("loop"));
  const matchButton = toggle("Loudness-matched", "M");
  const clearButton = make("button", { type: "button", class: "ddsp-part", "aria-keyshortcuts": "Escape" });
  const clock = make("span", { class: "ddsp-clock", role: "timer", "aria-live": "off" });
  const note = make("p", { class: "ddsp-note", role: "note" });
  const status = make("span", { class: "ddsp-status", role: "status", "aria-live": "polite" });
  const picture = make("canvas", { role: "img" });
  const overlay = make("canvas", { "aria-hidden": "true" });
  picture.style.height = overlay.style.height = `${HEIGHT}px`;
  const slider = make("div", { class: "ddsp-slider", role: "slider", tabindex: "0", "aria-label": "Position",
    "aria-valuemin": "0", "aria-valuemax": duration.toFixed(2) }, overlay);
  const keys = make("details", { class: "ddsp-keys" }, make("summary", {}, "Keys"));
  keys.insertAdjacentHTML("beforeend", `<dl>
    <dt>Space</dt><dd>play, pause</dd>
    ${several ? "<dt>1 to 9, ↑ ↓</dt><dd>choose a take</dd>" : ""}
    <dt>← →</dt><dd>half a second back, forth (with Shift: 0.05 s)</dd>
    <dt>Home, End</dt><dd>to the beginning, to the end</dd>
    <dt>[ &nbsp; ]</dt><dd>a part begins here, ends here (or drag across the picture)</dd>
    <dt>Escape</dt><dd>the whole take again</dd>
    <dt>L${several ? ", M" : ""}</dt><dd>loop${several ? ", loudness-matched" : ""}</dd></dl>`);
  const root = make("div", { class: "ddsp-widget ddsp-compare", role: "group",
      "aria-label": several ? `Compare by ear: ${names.join(", ")}` : `Listen: ${names[0]}` },
    make("div", { class: "ddsp-row" }, playButton,
      several ? make("div", { class: "ddsp-takes", role: "radiogroup", "aria-label": "Take" }, ...takeButtons)
              : make("span", { class: "ddsp-name" }, names[0])),
    make("div", { class: "ddsp-pictures" }, picture, slider),
    make("div", { class: "ddsp-row" }, loopButton, ...(several ? [matchButton] : []), clearButton,
      status, clock, keys),
    note);

  // What can be done

  const gains = () => (matched ? model.get("matched") : names.map(() => model.get("gain")));
  const bounds = () => part ?? [0, duration];
  const deck = new Deck(root, sampleRate, pause);
  const now = () => (deck.playing ? deck.position() : place);
  const say = (text) => { status.textContent = text; };

  function play(from = place) {
    if (!takes) return say("The sound has not come yet.");
    const before = deck.playing;
    const player = deck.open(takes, gains());
    player.onended = () => { deck.ended(); place = bounds()[0]; show("At the end."); };
    player.choose(chosen);
    const [begin, end] = bounds();
    player.start(from < begin || from >= end - 1 / sampleRate ? begin : from, [begin, end], loop);
    if (!before) { show(`Playing ${names[chosen]}.`); follow(); }
  }

  function pause() {
    if (!deck.playing) return;
    place = now();
    deck.stop();
    show(`Paused at ${inSeconds(place)}.`);
  }

  function go(to) {
    place = Math.max(0, Math.min(duration, to));
    if (part && (place < part[0] || place > part[1])) part = null;
    if (deck.playing) play(place);
    show();
  }

  function choose(take) {
    if (take < 0 || take >= names.length) return;
    chosen = take;
    deck.player?.choose(chosen, undefined, gains());
    show(`${deck.playing ? "Playing " : ""}${names[chosen]}.`);
  }

  function setLoop(on) {
    loop = on;
    if (deck.playing) play(now());
    show(`Loop ${on ? "on" : "off"}.`);
  }

  function setMatched(on) {
    if (!several) return;
    matched = on;
    deck.player?.choose(chosen, undefined, gains());
    show(on ? "All takes equally loud." : "All takes at their own level.");
  }

  function setPart(begin, end) {
    place = now();
    part = begin === null || end - begin < SHORTEST_S ? null : [Math.max(0, begin), Math.min(duration, end)];
    if (part) loop = true;
    if (deck.playing) play(place);
    else if (part && (place < part[0] || place >= part[1])) place = part[0];
    show(part ? `Loop from ${inSeconds(part[0])} to ${inSeconds(part[1])}.` : "The whole take.");
  }

  playButton.onclick = () => (deck.playing ? pause() : play());
  loopButton.onclick = () => setLoop(!loop);
  matchButton.onclick = () => setMatched(!matched);
  clearButton.onclick = () => { setPart(null); slider.focus(); };
  for (const [i, button] of takeButtons.entries()) button.onclick = () => choose(i);

  // On the window and on the way down, so that no key of the player is a shortcut of JupyterLab's as well: there, a
  // mere "d d" deletes a cell. What is pressed together with Ctrl is JupyterLab's.
  const onKey = (event) => {
    const bracket = event.key === "[" || event.key === "]"; // AltGr types these on many keyboards
    const modified = event.ctrlKey || event.altKey || event.metaKey || (event.shiftKey && event.key === "Enter");
    if (!event.composedPath().includes(root) || (modified && !bracket)) return;
    event.stopPropagation();
    const ownSpace = event.target.closest("[role=switch], summary, .ddsp-part"); // these answer to Space themselves
    const step = event.shiftKey ? 0.05 : SEEK_S;
    const begin = part?.[0] ?? 0;
    const end = part?.[1] ?? duration;
    const answers = {
      " ": ownSpace ? null : () => (deck.playing ? pause() : play()),
      ArrowLeft: () => go(now() - step),
      ArrowRight: () => go(now() + step),
      ArrowUp: several && (() => choose((chosen + names.length - 1) % names.length)),
      ArrowDown: several && (() => choose((chosen + 1) % names.length)),
      Home: () => go(begin),
      End: () => go(end),
      "[": () => setPart(now(), end > now() + SHORTEST_S ? end : duration),
      "]": () => setPart(begin < now() - SHORTEST_S ? begin : 0, now()),
      Escape: part && (() => setPart(null)),
      l: () => setLoop(!loop),
      m: several && (() => setMatched(!matched)),
    };
    const answer = answers[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (answer) answer();
    else if (several && /^[1-9]$/.test(event.key)) choose(Number(event.key) - 1);
    else return;
    event.preventDefault();
    if (event.target.getAttribute("role") === "radio") takeButtons[chosen].focus();
  };
  window.addEventListener("keydown", onKey, true);

  let drag = null; // where it began, in seconds and in pixels
  const momentAt = (event) => {
    const box = slider.getBoundingClientRect();
    const { left, width } = layout(box.width);
    return Math.max(0, Math.min(duration, ((event.clientX - box.left - left) / width) * duration));
  };
  slider.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    slider.setPointerCapture(event.pointerId);
    drag = { from: momentAt(event), x: event.clientX, to: null };
  });
  slider.addEventListener("pointermove", (event) => {
    if (!drag || (drag.to === null && Math.abs(event.clientX - drag.x) < 4)) return;
    drag.to = momentAt(event);
    drawOverlay();
  });
  slider.addEventListener("pointerup", () => {
    const { from, to } = drag ?? {};
    drag = null;
    if (from === undefined) return;
    if (to === null) go(from);
    else setPart(Math.min(from, to), Math.max(from, to));
  });
  slider.addEventListener("pointercancel", () => { drag = null; drawOverlay(); });

  // What is shown

  function show(text) {
    if (text) say(text);
    playButton.innerHTML = deck.playing ? `${icon("pause")}Pause` : `${icon("play")}Play`;
    for (const [i, button] of takeButtons.entries()) {
      button.setAttribute("aria-checked", i === chosen);
      button.tabIndex = i === chosen ? 0 : -1;
      button.querySelector(".ddsp-gain").textContent = matched ? inDb(model.get("matched")[i]) : "";
    }
    loopButton.setAttribute("aria-checked", loop);
    matchButton.setAttribute("aria-checked", matched);
    clearButton.hidden = !part;
    clearButton.textContent = part ? `${part[0].toFixed(2)} to ${part[1].toFixed(2)} s  ×` : "";
    clearButton.setAttribute("aria-label", part ? `Clear the part from ${part.map(inSeconds).join(" to ")}` : "");
    const clips = model.get("gain") < 1 && !matched;
    note.hidden = !clips;
    note.textContent = clips
      ? `The highest peak is ${model.get("peak").toPrecision(3)} and would clip above 1, so all takes play ` +
        `${inDb(1 / model.get("gain"))} softer: they still compare.`
      : "";
    slider.setAttribute("aria-valuenow", now().toFixed(2));
    slider.setAttribute("aria-valuetext", `${now().toFixed(2)} of ${inSeconds(duration)}`);
    picture.setAttribute("aria-label", `Waveform and spectrogram of ${names[chosen]}, ${inSeconds(duration)}, ` +
      `${LOWEST_HZ} to ${sampleRate / 2} Hz${model.get("f0_hz")[chosen] ? ", with its fundamental as a line" : ""}.`);
    drawPicture();
    drawOverlay();
  }

  const theme = () => themeOf(root);

  /** A canvas of so many CSS pixels, sharp on every screen; null where it cannot be seen. */
  function sized(canvas) {
    const width = Math.round(slider.clientWidth);
    if (!width) return null;
    const area = layout(width);
    const pixels = window.devicePixelRatio || 1;
    const [across, down] = [width * pixels, area.height * pixels].map(Math.round);
    if (canvas.width !== across || canvas.height !== down) [canvas.width, canvas.height] = [across, down];
    const drawing = canvas.getContext("2d");
    drawing.setTransform(pixels, 0, 0, pixels, 0, 0);
    return { drawing, area, width };
  }

  function imageOf(take, columns, rows, topDb) {
    const [size, scale] = [`${columns} ${rows}`, `${topDb}`];
    let kept = images.get(take);
    if (kept?.size !== size) {
      images.set(take, (kept = { size, levels: spectrogram(takes[take], sampleRate, length, columns, rows) }));
    }
    if (kept.scale !== scale) Object.assign(kept, { scale, image: coloured(kept.levels, columns, rows, topDb) });
    return kept.image;
  }

  let peaks = [];
  function drawPicture() {
    const place = takes && sized(picture);
    if (!place) return;
    const gain = gains()[chosen];
    const peak = Math.max(...peaks.map((each, i) => each * gains()[i]));
    const topDb = peak ? 5 * Math.ceil(4 * Math.log10(peak) - 1e-6) : 0;
    const columns = Math.min(1600, Math.round(place.area.width * theme().pixels));
    const rows = Math.round(place.area.picture.height * theme().pixels);
    const image = imageOf(chosen, columns, rows, topDb - 20 * Math.log10(gain));
    const f0_hz = curve(model.get("f0_hz")[chosen]);
    paint(place.drawing, place.area,
      { sound: takes[chosen], sampleRate, length, gain, peak, topDb, image, f0_hz, theme: theme() });
  }

  function drawOverlay() {
    const moment = now();
    clock.textContent = `${moment.toFixed(2)} / ${inSeconds(duration)}`;
    const place = sized(overlay);
    if (!place) return;
    const { drawing, area, width } = place;
    const { head } = theme();
    const [top, bottom] = [area.wave.top, area.picture.top + area.picture.height];
    const across = (seconds) => area.left + (seconds / duration) * area.width;
    drawing.clearRect(0, 0, width, area.height);
    const dragged = drag?.to != null ? [Math.min(drag.from, drag.to), Math.max(drag.from, drag.to)] : part;
    if (dragged) {
      const [from, to] = dragged.map(across);
      drawing.fillStyle = head;
      drawing.globalAlpha = 0.14;
      drawing.fillRect(from, top, to - from, bottom - top);
      drawing.globalAlpha = 1;
      for (const x of [from, to]) drawing.fillRect(x - 0.75, top, 1.5, bottom - top);
    }
    const x = across(moment);
    drawing.fillStyle = "#000a";
    drawing.fillRect(x - 2, top, 4, bottom - top);
    drawing.fillStyle = head;
    drawing.fillRect(x - 1, top, 2, bottom - top);
    drawing.beginPath();
    drawing.moveTo(x - 5, top - 7);
    drawing.lineTo(x + 5, top - 7);
    drawing.lineTo(x, top);
    drawing.fill();
  }

  let frame = 0;
  function follow() {
    cancelAnimationFrame(frame);
    drawOverlay();
    if (deck.playing) frame = requestAnimationFrame(follow);
  }

  // What comes from elsewhere: the sounds, another size, another theme, another player

  const unwatch = watchLooks(slider, () => { drawPicture(); drawOverlay(); });

  root.classList.add("ddsp-waiting");
  el.append(root);
  // For tests, and for the curious in the browser's console.
  root.ddsp = { Player, spectrogram, heightOf, magma, takes: () => takes, gains,
    state: () => ({ chosen, playing: deck.playing, place: now(), part, loop, matched, sounding: deck.sounding }),
    listen: () => deck.listen() };
  say("The sound is on its way.");
  show();
  const unload = whenReceived(model, (sounds) => {
    takes = sounds;
    peaks = takes.map((take) => take.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0));
    root.classList.remove("ddsp-waiting");
    show(" ");
  }, say);

  return () => {
    unload();
    unwatch();
    window.removeEventListener("keydown", onKey, true);
    cancelAnimationFrame(frame);
    deck.close();
  };
}

export default { render };
