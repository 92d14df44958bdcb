// The instrument of listening.play_harmonics: what is moved and pressed here is heard from the audio thread, and the
// kernel is told afterwards. controls.js, harmonics_sound.js, harmonics_pad.js and harmonics_piano.js stand before this
// file, in one module.

const TELL_MS = 80; // the kernel hears of a movement when it rests
const REST_MS = 20000; // so long after the last note the sound device is let go

const SLIDERS = [
  { name: "brightness_db", label: "Brightness", step: 0.5, words: (value) => `${signed(value, 1)} dB per octave` },
  { name: "odd_even", label: "Odd and even", step: 0.05, words: (value) =>
    value === 0 ? "as they are" : `${value > 0 ? "even" : "odd"} ${signed(-100 * Math.abs(value))} %` },
  { name: "vibrato_hz", label: "Vibrato rate", step: 0.1, words: (value) => `${value.toFixed(1)} Hz` },
  { name: "vibrato_cents", label: "Vibrato depth", step: 1, words: (value) => `${value.toFixed(0)} cents` },
];

function render({ model, el }) {
  const sampleRate = model.get("sample_rate");
  const ranges = model.get("ranges");
  let state = structuredClone(model.get("state"));
  let [context, node, loading] = [null, null, null]; // until the first note: browsers let no page sound before that
  let [holds, octave, bend] = [false, 0, 0]; // holds: sounds with no key down
  const pressed = new Map(); // what is down, in order: a name for it, and its note if it has one
  let closed = false;

  // What there is to see

  const playButton = make("button", { type: "button", class: "ddsp-play", "aria-keyshortcuts": "Space" });
  const midiButton = make("button", { type: "button" }, "MIDI keyboard");
  midiButton.hidden = !navigator.requestMIDIAccess;
  const readout = make("span", { class: "ddsp-readout" });
  const status = make("span", { class: "ddsp-status", role: "status", "aria-live": "polite" });
  const note = make("p", { class: "ddsp-note", role: "alert" });
  note.hidden = true;
  const keys = make("details", { class: "ddsp-keys" }, make("summary", {}, "Keys"));
  keys.insertAdjacentHTML("beforeend", `<dl>
    <dt>letters, digits</dt><dd>a piano of two rows, lit below; it plays wherever the focus is in here</dd>
    <dt>[ &nbsp; ]</dt><dd>an octave lower, higher (the keys right of the upper row)</dd>
    <dt>Space</dt><dd>sound without a key, silence</dd>
    <dt>← → on the pad</dt><dd>a semitone (with Shift: 5 cents)</dd>
    <dt>↑ ↓ on the pad</dt><dd>1 dB (with Shift: 6 dB)</dd>
    <dt>↑ ↓ on a harmonic</dt><dd>stronger, weaker; ← → go to the next one</dd>
    <dt>Escape</dt><dd>silence</dd></dl>`);
  const picture = make("canvas", { "aria-hidden": "true" });
  picture.style.height = `${PAD_HEIGHT}px`;
  const pad = make("div", { class: "ddsp-pad", role: "slider", tabindex: "0", "aria-label": "Pitch and level",
    "aria-roledescription": "pad", "aria-valuemin": ranges.f0_hz[0].toFixed(1),
    "aria-valuemax": ranges.f0_hz[1].toFixed(1) }, picture);

  /** Upright sliders side by side, of which Tab finds one. */
  function bank(name, title, labels, names, hint, look) {
    const inputs = labels.map((_, i) => make("input", { type: "range", min: 0, max: 1, step: 0.01, orient: "vertical",
      "aria-orientation": "vertical", "aria-label": names[i], tabindex: i ? "-1" : "0" }));
    const columns = inputs.map((input, i) => make("div", { class: "ddsp-column" },
      make("div", { class: "ddsp-shaft" }, input),
      make("span", { class: "ddsp-number", "aria-hidden": "true" }, labels[i])));
    const box = make("div", { class: `ddsp-bank ${look}`, role: "group", "aria-label": title },
      make("div", { class: "ddsp-heading" }, make("span", {}, title), make("span", { class: "ddsp-gain" }, hint)),
      make("div", { class: "ddsp-columns" }, ...columns));
    const stand = (i) => inputs.forEach((input, j) => { input.tabIndex = i === j ? 0 : -1; });
    for (const [i, input] of inputs.entries()) {
      input.oninput = () => put({ [name]: state[name].map((old, j) => (i === j ? Number(input.value) : old)) });
      input.onfocus = () => stand(i);
    }
    return { box, inputs, columns };
  }

  const count = state.harmonics.length;
  const numbers = Array.from({ length: count }, (_, i) => i + 1);
  const harmonics = bank("harmonics", "Harmonics", numbers, numbers.map((k) => `Harmonic ${k}`),
    "bars: as they sound", "ddsp-heard");
  const bands = state.noise_magnitudes.map((_, i, all) => (i * sampleRate) / 2 / (all.length - 1));
  const kilo = (hz) => `${Number((hz / 1000).toFixed(1))}`;
  const noise = bank("noise_magnitudes", "Noise", bands.map(kilo), bands.map((hz) => `Noise at ${kilo(hz)} kHz`),
    "kHz", "");
  const sliders = SLIDERS.map((slider) => {
    const [min, max] = ranges[slider.name];
    const input = make("input", { type: "range", min, max, step: slider.step, "aria-label": slider.label });
    input.oninput = () => put({ [slider.name]: Number(input.value) });
    const title = make("span", { "aria-hidden": "true" }, slider.label);
    return { ...slider, input, title, output: make("output", { "aria-hidden": "true" }) };
  });
  const piano = pianoStrip({ lowest: () => LOWEST_KEY + 12 * octave, press, release });
  const root = make("div", { class: "ddsp-widget ddsp-harmonics", role: "group", "aria-label": "Play harmonics" },
    make("div", { class: "ddsp-row" }, playButton, midiButton, readout, status, keys), note,
    make("div", { class: "ddsp-panel" }, pad, harmonics.box),
    make("div", { class: "ddsp-panel" },
      make("div", { class: "ddsp-sliders" }, ...sliders.flatMap(({ title, input, output }) => [title, input, output])),
      noise.box),
    piano.element);

  // Sound

  const sounds = () => holds || pressed.size > 0;
  const say = (text) => { status.textContent = text; };

  /** What the hand asks for goes to the audio thread at once. asked: a number that it answers with. */
  function post(asked) {
    node?.port.postMessage({ controls: controlsOf(state), gate: sounds() ? 1 : 0, asked });
  }

  /** A context and its synthesizer; the first note waits for it, some hundredths of a second. */
  function prepare() {
    clearTimeout(resting);
    if (context) return void (context.state === "suspended" && context.resume());
    context = new AudioContext({ sampleRate, latencyHint: "interactive" });
    if (!context.audioWorklet) {
      note.hidden = false;
      note.textContent = "This browser lets no page of this address make sound by itself: open the notebook by " +
        "localhost or https. In Python, render() makes the sound all the same.";
      return;
    }
    loading = synthesizer(context, controlsOf(state), 0).then((made) => {
      if (closed) return;
      node = made;
      node.connect(context.destination);
      post();
    }).catch((error) => {
      note.hidden = false;
      note.textContent = `The synthesizer does not start: ${error.message}`;
    });
  }

  let resting = 0;
  let sounding = false;
  /** After anything was pressed or let go. */
  function gate() {
    const now = sounds();
    if (now) prepare();
    if (now && !sounding) window.dispatchEvent(new CustomEvent(PLAYS, { detail: root }));
    if (!now && sounding) resting = setTimeout(() => context?.state === "running" && context.suspend(), REST_MS);
    sounding = now;
    post();
    show();
  }

  function press(what, midi = null) {
    pressed.delete(what);
    pressed.set(what, midi);
    if (midi !== null) put({ f0_hz: hzOfMidi(midi + bend) });
    gate();
  }

  function release(what) {
    if (!pressed.delete(what)) return;
    const last = [...pressed.values()].at(-1) ?? null;
    if (last !== null) put({ f0_hz: hzOfMidi(last + bend) });
    gate();
  }

  function silence() {
    if (!sounds()) return;
    holds = false;
    pressed.clear();
    gate();
  }

  function toggle() {
    if (sounds()) silence();
    else {
      holds = true;
      gate();
    }
    say(holds ? "Sounds." : "Silent.");
  }

  // State

  let timer = null;
  /** Change the state by hand: heard at once, told to the kernel when the hand rests. */
  function put(changes) {
    for (const [name, value] of Object.entries(changes)) {
      state[name] = name in ranges ? clamp(value, ranges[name]) : value;
    }
    post();
    show();
    clearTimeout(timer);
    timer = setTimeout(tell, TELL_MS);
  }

  function tell() {
    clearTimeout(timer);
    timer = null;
    model.set("state", structuredClone(state));
    try { model.save_changes(); } catch { /* no kernel any more */ }
  }

  /** By a line of Python; not while a hand moves something. */
  function told() {
    if (timer !== null) return;
    state = structuredClone(model.get("state"));
    post();
    show();
  }

  function setOctave(to) {
    octave = clamp(to, [-2, 1]);
    say(`Keys from ${nameOf(LOWEST_KEY + 12 * octave)} to ${nameOf(LOWEST_KEY + 12 * octave + PIANO_KEYS - 1)}.`);
    show();
  }

  playButton.onclick = toggle;
  // Fingers may make sound only after they were lifted once.
  root.addEventListener("pointerup", () => context?.state === "suspended" && sounds() && context.resume());
  // Whoever has clicked in here plays on the keys: without the focus, letters would be JupyterLab's commands.
  root.addEventListener("mousedown", (event) => {
    if (event.target.closest("input, button, summary, .ddsp-pad")) return;
    event.preventDefault();
    pad.focus({ preventScroll: true });
  });

  // The pad

  function touched(event) {
    const box = pad.getBoundingClientRect();
    const { hzAt, dbAt } = padScale(box.width, ranges);
    put({ f0_hz: hzAt(event.clientX - box.left), level_db: dbAt(event.clientY - box.top) });
  }
  let finger = null; // the one that is followed
  pad.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || finger !== null) return;
    finger = event.pointerId;
    pad.setPointerCapture(finger);
    touched(event);
    press("pad");
  });
  pad.addEventListener("pointermove", (event) => { if (event.pointerId === finger) touched(event); });
  for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
    pad.addEventListener(end, (event) => {
      if (event.pointerId !== finger) return;
      finger = null;
      release("pad");
    });
  }

  /** What an arrow on the pad does; it sounds while it is down. */
  function arrow(event) {
    const [pitch, level] = event.shiftKey ? [5 / 100, 6] : [1, 1];
    const moves = { ArrowLeft: { semitones: -pitch }, ArrowRight: { semitones: pitch },
      ArrowUp: { db: level }, ArrowDown: { db: -level } };
    const move = event.target === pad && moves[event.key];
    if (!move) return false;
    if (move.semitones) put({ f0_hz: state.f0_hz * 2 ** (move.semitones / 12) });
    else put({ level_db: Math.round(state.level_db + move.db) });
    if (!event.repeat) press(event.code);
    return true;
  }

  /** Left and right on an upright slider: to its neighbour. */
  function aside(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const own = [harmonics, noise].find(({ inputs }) => inputs.includes(event.target));
    if (!step || !own) return false;
    own.inputs[own.inputs.indexOf(event.target) + step]?.focus();
    return true;
  }

  // Keys, on the window and on the way down: no key here is a shortcut of JupyterLab's as well

  const onKey = (event) => {
    if (!event.composedPath().includes(root) || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Enter" && event.shiftKey) return;
    event.stopPropagation();
    const step = { BracketLeft: -1, BracketRight: 1 }[event.code];
    if (event.code in PIANO) {
      if (!event.repeat) press(event.code, LOWEST_KEY + 12 * octave + PIANO[event.code]);
    } else if (step) setOctave(octave + step);
    else if (event.key === " " && !event.target.closest("summary, button:not(.ddsp-play)")) {
      if (!event.repeat) toggle();
    } else if (event.key === "Escape") silence();
    else if (!aside(event) && !arrow(event)) return;
    event.preventDefault();
  };
  const onKeyUp = (event) => {
    release(event.code);
    if (event.key === " " && event.target === playButton) event.preventDefault(); // or it were a click as well
  };
  const letGo = () => { // what is let go elsewhere is never heard of
    if (!pressed.size) return;
    pressed.clear();
    gate();
  };
  window.addEventListener("keydown", onKey, true);
  window.addEventListener("keyup", onKeyUp, true);
  window.addEventListener("blur", letGo);

  // MIDI

  let unplug = null;
  midiButton.onclick = async () => {
    prepare();
    unplug?.();
    unplug = await watchMidi(heardMidi, say);
    if (closed) unplug?.();
  };
  /** How hard a key is struck is how loud it is, the wheel is vibrato. */
  function heardMidi(id, message) {
    if ("press" in message) {
      put({ level_db: ranges.level_db[1] + message.db });
      press(`${id} ${message.press}`, message.press);
    } else if ("release" in message) release(`${id} ${message.release}`);
    else if ("wheel" in message) put({ vibrato_cents: Math.round(message.wheel * ranges.vibrato_cents[1]) });
    else if ("silence" in message) silence();
    else if ("bend" in message) {
      bend = message.bend;
      const last = [...pressed.values()].at(-1) ?? null;
      if (last !== null) put({ f0_hz: hzOfMidi(last + bend) });
    }
  }

  // What is shown

  function show() {
    const playing = sounds();
    playButton.innerHTML = playing ? `${icon("pause")}Silence` : `${icon("play")}Sound`;
    const words = `${pitchInWords(state.f0_hz)}, ${state.level_db.toFixed(1).replace("-", "−")} dB`;
    readout.textContent = words;
    pad.setAttribute("aria-valuenow", state.f0_hz.toFixed(1));
    pad.setAttribute("aria-valuetext", words);
    for (const { name, input, output, words: inWords } of sliders) {
      input.value = state[name];
      output.textContent = inWords(state[name]);
      input.setAttribute("aria-valuetext", output.textContent);
    }
    const audible = numbers.map((k) => k * state.f0_hz < sampleRate / 2);
    const weights = controlsOf(state).weights.map((weight, i) => (audible[i] ? weight : 0));
    const most = Math.max(...weights) || 1;
    for (const [i, input] of harmonics.inputs.entries()) {
      input.value = state.harmonics[i];
      const muted = audible[i] ? "" : `, silent: ${kilo((i + 1) * state.f0_hz)} kHz is not below half the sample rate`;
      input.setAttribute("aria-valuetext", `${state.harmonics[i].toFixed(2)}${muted}`);
      harmonics.columns[i].style.setProperty("--part", (weights[i] / most).toFixed(4));
      harmonics.columns[i].classList.toggle("ddsp-muted", !audible[i]);
      harmonics.columns[i].title = muted ? `Harmonic ${i + 1}${muted}` : "";
    }
    for (const [i, input] of noise.inputs.entries()) {
      input.value = state.noise_magnitudes[i];
      input.setAttribute("aria-valuetext", state.noise_magnitudes[i].toFixed(2));
    }
    piano.show(playing ? midiOf(state.f0_hz) : NaN);
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(drawPad);
  }

  let frame = 0;
  function drawPad() {
    const width = Math.round(pad.clientWidth);
    if (width) paintPad(picture, { ...state, width, ranges, sounds: sounds(), theme: themeOf(root) });
  }

  // What comes from elsewhere

  model.on("change:state", told);
  const quiet = (event) => { if (event.detail !== root) silence(); };
  window.addEventListener(PLAYS, quiet);
  el.append(root);
  const unwatch = watchLooks(pad, drawPad);

  /** How long from here to the audio thread and back to the air, in ms: for the report of latencies. */
  async function latency() {
    await loading;
    const before = performance.now();
    const answer = await new Promise((done) => {
      node.port.addEventListener("message", ({ data }) => { if (data.asked === before) done(data); });
      node.port.start();
      post(before);
    });
    const { contextTime, performanceTime } = context.getOutputTimestamp();
    return { thread: performance.now() - before, block: 128000 / sampleRate,
      output: 1000 * (context.outputLatency || 0), base: 1000 * context.baseLatency,
      total: performanceTime + 1000 * (answer.frame / sampleRate - contextTime) - before };
  }
  root.ddsp = { controlsOf, synthesizer, pitchInWords, latency,
    state: () => ({ ...state, holds, octave, pressed: pressed.size, sounds: sounds(), ready: Boolean(node),
      running: context?.state === "running", waiting: timer !== null }),
    listen: () => { const tap = new AnalyserNode(context, { fftSize: 8192 }); node.connect(tap); return tap; } };
  show();

  return () => {
    if (timer !== null) tell();
    closed = true;
    clearTimeout(resting);
    cancelAnimationFrame(frame);
    model.off("change:state", told);
    window.removeEventListener("keydown", onKey, true);
    window.removeEventListener("keyup", onKeyUp, true);
    window.removeEventListener("blur", letGo);
    window.removeEventListener(PLAYS, quiet);
    unwatch();
    unplug?.();
    context?.close();
  };
}

export default { render };
